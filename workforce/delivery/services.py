"""Releases: what can be in one, ordering one, finding one, and that it was read."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Sum

from core.access.actors import Actor
from core.audit.log import record
from core.audit.receipts import read_receipt
from core.errors import Conflict, Invalid, NotFound
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from tenants.contracts.services import contract_in_force
from tenants.intake.models import Clip
from tenants.projects.services import get_project
from workforce.delivery.models import FORMATS, Release
from workforce.delivery.release_gate import require_decided
from workforce.redaction.models import RedactionRun
from workforce.redaction.services import latest_run, start_redaction
from workforce.tasks.models import Task


def finished_clips(project_id: UUID) -> list[UUID]:
    """List the project's clips whose every task is accepted, in the open scope."""
    return _accepted_clips(project_id, Q(tasks__is_copy=False))


def count_finished(projects: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Count the finished clips of each of the projects, and their open questions as last counted.

    In the open scope and in one query.
    """
    work = Task.objects.filter(clip=OuterRef("pk"), is_copy=False)
    # Almost all are accepted: the index of what is left says which are not.
    left = work.filter(state__in=[Task.State.OPEN, Task.State.SUBMITTED])
    rows = (
        Clip.objects.filter(project_id__in=projects, state=Clip.State.READY)
        .filter(Exists(work), ~Exists(left), ~Exists(work.filter(state=Task.State.CLOSED)))
        .order_by()
        .values_list("project_id")
        .annotate(finished=Count("id"), questions=Sum("open_seams__questions"))
    )
    counted = {project: (finished, asked or 0) for project, finished, asked in rows}
    return {project: counted.get(project, (0, 0)) for project in projects}


def labelled_clips(project_id: UUID) -> list[UUID]:
    """List the project's clips whose labels are all accepted, linked or not, in the open scope."""
    return _accepted_clips(project_id, Q(tasks__is_copy=False) & ~Q(tasks__task_type=Task.LINKS))


def _accepted_clips(project_id: UUID, work: Q) -> list[UUID]:
    rows = (
        Clip.objects.filter(project_id=project_id, state=Clip.State.READY)
        .annotate(
            all_tasks=Count("tasks", filter=work),
            accepted=Count("tasks", filter=work & Q(tasks__state=Task.State.ACCEPTED)),
        )
        .order_by("created_at", "id")
    )
    return list(rows.filter(all_tasks__gt=0, all_tasks=F("accepted")).values_list("id", flat=True))


def order_release(
    *, actor: Actor, tenant: UUID, project_id: UUID, formats: Sequence[str] = FORMATS
) -> Release:
    """Order the next version of a project's dataset: all clips that are finished now.

    Clips that were never redacted are redacted first; the build waits for them.

    Raises Invalid for an unknown format, NotFound, Conflict when no clip is finished, none is
    signed, a version is being built, or the project's releases wait for open questions.
    """
    for name in formats:
        if name not in FORMATS:
            raise Invalid(f"{name} is none of: {', '.join(FORMATS)}.", field="formats")
    if not formats:
        raise Invalid(f"Choose formats out of: {', '.join(FORMATS)}.", field="formats")
    with scope(tenant):
        project = get_project(project_id, lock=True)
        contract_in_force()
        if project.releases.filter(state=Release.State.BUILDING).exists():
            raise Conflict("A version of this project is being built; wait for it.")
        clips = finished_clips(project_id)
        if not clips:
            raise Conflict("No clip of this project is finished: each has tasks still open.")
        require_decided(project_id, clips)
        last = project.releases.aggregate(last=Max("number"))["last"] or 0
        release = Release.objects.create(
            tenant_id=tenant,
            project=project,
            number=last + 1,
            formats=sorted(set(formats)),
            clips=[str(clip) for clip in clips],
            created_by_id=actor.id,
        )
        record(
            action="release.ordered",
            actor=actor,
            tenant=tenant,
            subject=("release", release.id),
            details={"number": release.number, "clips": release.clips},
        )
        for clip in clips:
            _redact_if_never(actor, tenant, clip)
        enqueue("delivery.build", tenant=tenant, args={"release": str(release.id)})
    return release


def _redact_if_never(actor: Actor, tenant: UUID, clip_id: UUID) -> None:
    """Start what nobody has started: footage leaves the house redacted or not at all."""
    run = latest_run(clip_id)
    if run is None or run.state == RedactionRun.State.FAILED:
        start_redaction(actor=actor, tenant=tenant, clip_id=clip_id)


def get_release(release_id: UUID, *, lock: bool = False) -> Release:
    """Find a release of the open scope. Raises NotFound."""
    rows = Release.objects.select_for_update() if lock else Release.objects.all()
    release = rows.filter(id=release_id).first()
    if release is None:
        raise NotFound
    return release


def log_release_read(*, actor: Actor, release: Release) -> None:
    """Log that somebody reads a version, and commit, before it is given out.

    While it is being built there is nothing of it to read: who waits for it asks every few seconds.
    """
    if release.state == Release.State.BUILDING:
        return
    read_receipt(
        actor=actor,
        tenant=release.tenant_id,
        action="release.read",
        subject=("release", release.id),
        purpose="inspect",
    )


def earlier_release(release: Release, number: str = "") -> Release | None:
    """Give the version of that number, or the last built one before, in the open scope."""
    rows = Release.objects.filter(
        project_id=release.project_id, number__lt=release.number, manifest__isnull=False
    )
    if number:
        rows = rows.filter(number=int(number)) if number.isdecimal() else rows.none()
    return rows.order_by("-number").first()
