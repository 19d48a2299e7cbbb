"""Writes of this room: draft and sign."""

from typing import Any
from uuid import UUID

from django.db.models import Max

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, NotFound
from core.notices.services import notify
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tenants.contracts.terms import DEFAULT_TERMS, Terms, read_terms


def draft_contract(*, actor: Actor, tenant: UUID, terms: dict[str, Any] | None = None) -> Contract:
    """Write the next contract for the client to sign; an unsigned one before it is withdrawn.

    Raises Invalid for terms that are not sound.
    """
    document = terms if terms is not None else DEFAULT_TERMS
    read_terms(document)
    with scope(tenant):
        Contract.objects.filter(state=Contract.State.DRAFT).update(state=Contract.State.WITHDRAWN)
        last = Contract.objects.aggregate(last=Max("number"))["last"] or 0
        contract = Contract.objects.create(tenant_id=tenant, number=last + 1, terms=document)
        record(
            action="contract.drafted",
            actor=actor,
            tenant=tenant,
            subject=("contract", contract.id),
            details={"number": contract.number, "terms": document},
        )
        notify(
            "terms_drafted", key=str(contract.id), parts={"version": contract.number}, path="terms"
        )
    return contract


def sign_contract(*, actor: Actor, tenant: UUID, contract_id: UUID) -> Contract:
    """Sign for the client. Raises NotFound, or Conflict when it is not open for signing."""
    with scope(tenant):
        contract = Contract.objects.select_for_update().filter(id=contract_id).first()
        if contract is None:
            raise NotFound
        if contract.state != Contract.State.DRAFT:
            raise Conflict(f"This contract is {contract.state} already.")
        contract.state = Contract.State.SIGNED
        contract.signed_at = now()
        contract.signed_by_id = actor.id
        contract.save(update_fields=["state", "signed_at", "signed_by"])
        record(
            action="contract.signed",
            actor=actor,
            tenant=tenant,
            subject=("contract", contract.id),
            details={"number": contract.number},
        )
        emit("contract.signed", tenant=tenant, data={"contract": str(contract.id)})
    return contract


def contract_in_force() -> Contract:
    """Give the newest signed contract of the open scope. Raises Conflict when there is none."""
    contract: Contract | None = (
        Contract.objects.filter(state=Contract.State.SIGNED).order_by("-number").first()
    )
    if contract is None:
        raise Conflict("There is no signed contract yet. Sign one first.")
    return contract


def terms_in_force() -> Terms:
    """Give the terms in force in the open scope. Raises Conflict when nothing is signed."""
    return read_terms(contract_in_force().terms)
