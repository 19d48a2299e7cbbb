"""Who may correct and check a project's masks: by policy its administrators, or reviewers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from core.access.door import Entry, frame_rule
from core.access.permissions import Permission
from core.clock import now
from core.errors import NotFound
from core.tenancy.scope import scope
from workforce.people.models import Standing
from workforce.redaction.models import MaskLease
from workforce.redaction.policies import Policy, policy_in_force


def admits(policy: Policy, entry: Entry, person: UUID) -> bool:
    """Whether a policy lets this person correct and check masks, at this instant."""
    if Permission.REDACTION_CHECK not in entry.permissions:
        return False
    if entry.vendor_id is None:
        return policy.checkers != "reviewers"
    if policy.checkers == "admins":
        return False
    held = _standing(entry.vendor_id, person)
    if ("conflict", str(entry.organization.id)) in held:
        return False
    clearance = policy.check_clearance
    return not clearance or ("clearance", clearance) in held


def _standing(vendor: UUID, person: UUID) -> set[tuple[str, str]]:
    instant = now()
    rows = Standing.objects.filter(
        Q(starts_at=None) | Q(starts_at__lte=instant),
        Q(expires_at=None) | Q(expires_at__gt=instant),
        vendor_id=vendor,
        person_id=person,
    )
    return set(rows.values_list("kind", "value"))


def require_checker(entry: Entry, person: UUID, project_id: UUID) -> Policy:
    """The policy in force, in the open scope. Raises NotFound unless it admits this person."""
    policy = policy_in_force(project_id).policy
    if not admits(policy, entry, person):
        raise NotFound
    return policy


@frame_rule
def frames_of_masks(
    entry: Entry, user_id: UUID, clip_id: UUID, first: int, last: int
) -> UUID | None:
    """Open a clip to the one who holds the lease of its masks, while the policy admits them."""
    if Permission.REDACTION_CHECK not in entry.permissions:
        return None
    with scope(entry.organization.id):
        lease = (
            MaskLease.objects.select_related("run__clip")
            .filter(run__clip_id=clip_id, person_id=user_id, lease_until__gt=now())
            .first()
        )
        if lease is None:
            return None
        policy = policy_in_force(lease.run.clip.project_id).policy
        found: UUID = lease.id
        return found if admits(policy, entry, user_id) else None
