"""Who may correct and check a project's masks: by policy its administrators, or reviewers.

A reviewer sees the footage uncovered, so the project asks of them what it asks of its annotators
(clearance, NDA, conflicts), and the policy may ask for a clearance more.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from workforce.tasks.models import Requirements
from workforce.tasks.requirements import requirements_of_all


def admits(policy: Policy, entry: Entry, person: UUID, project_id: UUID) -> bool:
    """Whether this person may correct and check masks of a project now, in the open scope."""
    if Permission.REDACTION_CHECK not in entry.permissions:
        return False
    if entry.vendor_id is None:
        return policy.checkers != "reviewers"
    if policy.checkers == "admins":
        return False
    return may_see_footage_of(project_id, entry, person, clearance=policy.check_clearance)


def admitting(policies: Mapping[UUID, Policy], entry: Entry, person: UUID) -> set[UUID]:
    """Those of the projects whose masks this person may check now, in the open scope."""
    if Permission.REDACTION_CHECK not in entry.permissions:
        return set()
    if entry.vendor_id is None:
        return {id_ for id_, policy in policies.items() if policy.checkers != "reviewers"}
    asked = {id_: p.check_clearance for id_, p in policies.items() if p.checkers != "admins"}
    return seen_of(asked, entry, person)


def may_see_footage_of(
    project_id: UUID, entry: Entry, person: UUID, *, clearance: str = ""
) -> bool:
    """Whether a vendor's person holds what the project asks of its annotators, in the open scope.

    clearance: one more that is asked of them.
    """
    return bool(seen_of({project_id: clearance}, entry, person))


def seen_of(projects: Mapping[UUID, str], entry: Entry, person: UUID) -> set[UUID]:
    """Those of the projects, each with one clearance more that is asked, whose footage a vendor's
    person may see, in the open scope; how many they are makes no query more.
    """
    assert entry.vendor_id is not None
    held, client = _standing(entry.vendor_id, person), str(entry.organization.id)
    asked = requirements_of_all(projects)
    return {
        project
        for project, clearance in projects.items()
        if _fit(
            held,
            client,
            asked[project],
            {code for code in (asked[project].clearance, clearance) if code},
        )
    }


def _fit(
    held: set[tuple[str, str]], client: str, asked: Requirements, clearances: set[str]
) -> bool:
    """Whether what a reviewer holds answers what is asked."""
    only_for = {value for kind, value in held if kind == "only_for"}
    return (
        ("conflict", client) not in held
        and (not only_for or client in only_for)
        and (not asked.nda or ("nda", client) in held)
        and all(("clearance", code) in held for code in clearances)
    )


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
    if not admits(policy, entry, person, project_id):
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
        project: UUID = lease.run.clip.project_id
        found: UUID = lease.id
        policy = policy_in_force(project).policy
        return found if admits(policy, entry, user_id, project) else None
