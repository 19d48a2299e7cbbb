"""How strictly a project's work is measured and inspected: reading and setting it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Invalid
from core.tenancy.scope import require_tenant, scope
from tenants.projects.services import get_project
from workforce.quality.gates import checked_marks
from workforce.quality.models import QualityPolicy
from workforce.quality.sampling.tables import AQLS, CODE_LETTERS

#: A lot's rest is accepted in one transaction.
LARGEST_LOT = 500


def policy_of(project_id: UUID) -> QualityPolicy:
    """The project's policy in the open scope, or the default one (not stored)."""
    found: QualityPolicy | None = QualityPolicy.objects.filter(project_id=project_id).first()
    return found or QualityPolicy(tenant_id=require_tenant(), project_id=project_id)


def policies_of(project_ids: Iterable[UUID]) -> dict[UUID, QualityPolicy]:
    """The policies of projects in the open scope, or the default ones, in one query."""
    tenant, wanted = require_tenant(), set(project_ids)
    found = {row.project_id: row for row in QualityPolicy.objects.filter(project_id__in=wanted)}
    return {
        project: found.get(project) or QualityPolicy(tenant_id=tenant, project_id=project)
        for project in wanted
    }


def set_policy(
    *, actor: Actor, tenant: UUID, project_id: UUID, values: Mapping[str, Any]
) -> QualityPolicy:
    """Set how strictly a project is measured; fields of QualityPolicy that are not named go back
    to their defaults. Raises NotFound, Invalid."""
    wanted = QualityPolicy(tenant_id=tenant, project_id=project_id, **values)
    wanted.marks = checked_marks(wanted.marks)
    _check_gold(wanted)
    _check_sampling(wanted)
    _check_consensus(wanted)
    stored = {name: getattr(wanted, name) for name in SET}
    with scope(tenant):
        project = get_project(project_id)
        policy: QualityPolicy
        policy, _ = QualityPolicy.objects.update_or_create(
            tenant_id=tenant, project=project, defaults=stored
        )
        record(
            action="quality_policy.set",
            actor=actor,
            tenant=tenant,
            subject=("project", project_id),
            details=stored,
        )
    return policy


SET = (
    *("pass_mark", "gold_rate_min", "gold_rate_max", "marks", "max_exposures"),
    *("sampling", "aql", "level", "lot_size", "lot_hours"),
    *("consensus_share", "consensus_mark"),
)


def _check_gold(policy: QualityPolicy) -> None:
    if not 0 < policy.pass_mark <= 1:
        raise Invalid("The pass mark is a HOTA above 0 and up to 1.", field="pass_mark")
    if not 0 <= policy.gold_rate_min <= policy.gold_rate_max <= 1:
        raise Invalid("Gold rates are shares with 0 <= min <= max <= 1.", field="gold_rate_max")
    if policy.max_exposures < 1:
        raise Invalid("Gold is shown to at least one person.", field="max_exposures")


def _check_sampling(policy: QualityPolicy) -> None:
    if policy.sampling not in QualityPolicy.Sampling.values:
        raise Invalid("Sampling is 'share' or 'iso2859'.", field="sampling")
    if policy.aql not in AQLS:
        raise Invalid(f"The standard knows these AQL: {', '.join(AQLS)}.", field="aql")
    if policy.level not in CODE_LETTERS:
        raise Invalid("The inspection level is I, II or III.", field="level")
    if not 2 <= policy.lot_size <= LARGEST_LOT:
        raise Invalid(f"A lot closes at 2 to {LARGEST_LOT} submissions.", field="lot_size")
    if not 1 <= policy.lot_hours <= 24 * 90:
        raise Invalid("A lot closes after 1 to 2160 hours.", field="lot_hours")


def _check_consensus(policy: QualityPolicy) -> None:
    if not 0 <= policy.consensus_share <= 1:
        raise Invalid("The share that is labelled twice is 0 to 1.", field="consensus_share")
    if not 0 < policy.consensus_mark <= 1:
        raise Invalid("The mark for agreement is above 0 and up to 1.", field="consensus_mark")
