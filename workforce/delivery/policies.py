"""The SLA policy that a clock is pinned to: written once, read back as it was."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.clock import now
from core.errors import Conflict
from core.tenancy.scope import require_tenant
from tenants.contracts.calendars import pin_calendar, read_pinned
from tenants.contracts.models import Contract
from tenants.contracts.services import contract_in_force
from tenants.contracts.terms import Sla, read_sla
from workforce.delivery.models import SlaPolicy
from workforce.delivery.sla import Policy
from workforce.labels.canonical import canonical_json

#: For clocks that run before any contract is signed, so that they can be shown.
NO_POLICY = Policy(turnaround=timedelta(days=3650))


def _in_force() -> tuple[Contract, dict[str, Any]] | None:
    """Give the contract in force and its policy document; None while none is signed."""
    try:
        contract = contract_in_force()
    except Conflict:
        return None
    return contract, _document(contract.terms["sla"])


def _document(sla: Mapping[str, Any]) -> dict[str, Any]:
    """An SLA of a contract's terms with its holidays by date."""
    calendar = sla.get("calendar")
    return {
        "sla": {key: value for key, value in sla.items() if key != "calendar"},
        "calendar": None if calendar is None else pin_calendar(calendar, now().year),
    }


def policy_of(sla: Mapping[str, Any]) -> Policy:
    """Give the policy that clocks would be held against under the SLA of such terms."""
    return read_policy(_document(sla))


def pin_policy() -> SlaPolicy | None:
    """Give the policy of the contract in force, written if it is new, in the open scope.

    None while no contract is signed.
    """
    found = _in_force()
    if found is None:
        return None
    contract, document = found
    policy, _ = SlaPolicy.objects.get_or_create(
        tenant_id=require_tenant(),
        sha256=hashlib.sha256(contract.id.bytes + canonical_json(document)).hexdigest(),
        defaults={"contract": contract, "document": document},
    )
    return policy


def policy_now() -> Policy:
    """Give the policy in force in the open scope, for clocks that no event has pinned yet."""
    found = _in_force()
    return NO_POLICY if found is None else read_policy(found[1])


def agreed_sla(pinned: SlaPolicy | None) -> Sla | None:
    """Give the SLA of a clock that is pinned to `pinned`, or not yet; None without a contract."""
    if pinned is not None:
        return read_sla(pinned.document["sla"])
    found = _in_force()
    return None if found is None else read_sla(found[1]["sla"])


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Give a policy document as clocks use it."""
    sla, calendar = read_sla(document["sla"]), document["calendar"]
    return Policy(
        turnaround=timedelta(hours=sla.turnaround_hours),
        calendar=None if calendar is None else read_pinned(calendar),
        rush=None if sla.rush_hours is None else timedelta(hours=sla.rush_hours),
        at_risk=sla.at_risk_percent / 100,
        credit_percent_per_day=sla.credit_percent_per_day,
        credit_percent_cap=sla.credit_percent_cap,
    )
