"""What a project's releases wait for, by its policy: that no pair of tracks is undecided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db.models import Sum

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tenants.projects.services import get_project
from workforce.delivery.models import OpenSeams, ReleasePolicy
from workforce.delivery.seam_review import count_open

#: The job that counts the open questions of a project's clips.
COUNT: Final = "delivery.count_project"


def waits_for_seams(project_id: UUID) -> bool:
    """Whether a project's releases wait for open questions, in the open scope."""
    return ReleasePolicy.objects.filter(project_id=project_id, wait_for_seams=True).exists()


def set_waiting(*, actor: Actor, tenant: UUID, project_id: UUID, wait: bool) -> None:
    """Let a project's releases wait for open questions, or not. Raises NotFound."""
    with scope(tenant):
        project = get_project(project_id, lock=True)
        if waits_for_seams(project_id) == wait:
            return
        ReleasePolicy.objects.update_or_create(
            tenant_id=tenant, project=project, defaults={"wait_for_seams": wait}
        )
        record(
            action="release_policy.set",
            actor=actor,
            tenant=tenant,
            subject=("project", project_id),
            details={"wait_for_seams": wait},
        )
        if wait:
            enqueue(COUNT, tenant=tenant, args={"project": str(project_id)})


def counted_questions(clip_ids: Sequence[UUID]) -> int:
    """Sum up the open questions of clips as they were last counted, in the open scope."""
    rows = OpenSeams.objects.filter(clip_id__in=clip_ids)
    total: int = rows.aggregate(total=Sum("questions"))["total"] or 0
    return total


def waiting_for_seams(projects: Sequence[UUID]) -> set[UUID]:
    """List those of the projects whose releases wait for open questions, in the open scope."""
    rows = ReleasePolicy.objects.filter(project_id__in=projects, wait_for_seams=True)
    return set(rows.values_list("project_id", flat=True))


def open_questions(clip_ids: Sequence[UUID]) -> int:
    """Sum up the open questions of finished clips, in the open scope; count what nobody has."""
    known = OpenSeams.objects.filter(clip_id__in=clip_ids).values("clip_id")
    for clip in Clip.objects.filter(id__in=clip_ids).exclude(id__in=known):
        count_open(clip)
    return counted_questions(clip_ids)


def require_decided(project_id: UUID, clip_ids: Iterable[UUID]) -> None:
    """Raise Conflict where the project's releases wait and a pair of these clips is undecided."""
    if not waits_for_seams(project_id):
        return
    count = open_questions(list(clip_ids))
    if count:
        raise Conflict(held_back(count))


def held_back(count: int) -> str:
    """Say what holds a release, and where it is settled."""
    what = "question is" if count == 1 else "questions are"
    return (
        f"{count} {what} open: one object or two? Releases of this project wait for the answers. "
        'Decide on the page "One object or two", or let its releases wait no more.'
    )
