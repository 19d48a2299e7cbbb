"""The clock starts with the upload; releases are built by a job."""

import logging
from datetime import timedelta
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, CustosError, Unavailable
from core.outbox.events import emit, on
from core.outbox.jobs import JobContext, PermanentFailure, enqueue, job
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from workforce.delivery import (
    announcements,  # noqa: F401 - registers its handlers
    due,
    notices,  # noqa: F401 - registers its handlers
    package_names,  # noqa: F401 - names packages for the rooms below
)
from workforce.delivery.acceptance import accept_silent  # noqa: F401 - registers its upkeep
from workforce.delivery.building import build_release
from workforce.delivery.clocks import follow_standing, tick
from workforce.delivery.disputes import rework_done
from workforce.delivery.link_tasks import make_link_tasks
from workforce.delivery.models import ClockEvent, Release
from workforce.delivery.outlook import DRAW, draw_outlooks
from workforce.delivery.release_gate import COUNT, open_questions, waits_for_seams
from workforce.delivery.seam_review import count_open
from workforce.delivery.services import finished_clips, order_release
from workforce.delivery.sla import ClockAction
from workforce.redaction.services import latest_run
from workforce.tasks.models import Task

log = logging.getLogger(__name__)

BUILDER = Actor.system("builder")
LOOK_AGAIN = timedelta(seconds=5)
ATTEMPTS = 5


@on("upload.finished", job_name="delivery.start_clock")
def start_clock(context: JobContext, *, clip: str, **_: object) -> None:
    """Start a clip's clock at the instant its upload ended, once."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = Clip.objects.select_for_update().get(id=UUID(clip))
        started = ClockEvent.objects.filter(clip=row, action=ClockAction.START.value)
        if not started.exists():
            tick(clip_id=row.id, action=ClockAction.START, at=row.created_at)
            due.tell_queue(row.id)


@job(DRAW)
def forecast_clips(context: JobContext) -> None:
    """Draw the forecasts of a client with much work anew, ordered by who found them old."""
    assert context.tenant is not None
    with scope(context.tenant):
        draw_outlooks()


@on("organization.suspended", job_name="delivery.hold_clocks")
def hold_clocks(context: JobContext, **_: object) -> None:
    """Let the clocks of a suspended client stand still."""
    assert context.tenant is not None
    follow_standing(tenant=context.tenant)


@on("organization.reinstated", job_name="delivery.let_clocks_run")
def let_clocks_run(context: JobContext, **_: object) -> None:
    """Let them run on."""
    assert context.tenant is not None
    follow_standing(tenant=context.tenant)


@on("task.accepted", job_name="delivery.rework_done")
def order_after_rework(context: JobContext, *, task: str, **_: object) -> None:
    """Order the next version when the last reopened task of a dispute is accepted again."""
    assert context.tenant is not None
    for project in rework_done(tenant=context.tenant, task_id=UUID(task)):
        _order(context.tenant, project)


def _order(tenant: UUID, project: UUID) -> None:
    try:
        order_release(actor=BUILDER, tenant=tenant, project_id=project)
    except Conflict as error:
        # One is being built by somebody's order, which holds the rework as well; or questions are
        # open, and the last answer orders it.
        log.info("no version was ordered after rework: %s", error.message)


@on("task.accepted", job_name="delivery.count_seams")
def count_seams(context: JobContext, *, task: str, **_: object) -> None:
    """Count a clip's open questions when the last of its tasks is accepted."""
    assert context.tenant is not None
    with scope(context.tenant):
        done = Task.objects.get(id=UUID(task))
        work = Task.objects.filter(clip_id=done.clip_id, is_copy=False)
        work = work.exclude(task_type=Task.LINKS)
        if not done.is_copy and not work.exclude(state=Task.State.ACCEPTED).exists():
            count_open(Clip.objects.select_for_update().get(id=done.clip_id))


@job(COUNT)
def count_project(context: JobContext, *, project: str) -> None:
    """Count the open questions of clips that were finished before anybody counted."""
    assert context.tenant is not None
    with scope(context.tenant):
        open_questions(finished_clips(UUID(project)))


@on("release.disputed", job_name="delivery.recount_seams")
def recount_seams(context: JobContext, *, release: str, **_: object) -> None:
    """Count anew where a dispute opened tasks again: what is worked on asks nothing."""
    assert context.tenant is not None
    with scope(context.tenant):
        clips = Release.objects.values_list("clips", flat=True).get(id=UUID(release))
        for clip in Clip.objects.select_for_update().filter(id__in=clips).order_by("id"):
            count_open(clip)
            due.tell_queue(clip.id)


@on("seam.decided", job_name="delivery.order_when_decided")
def order_when_decided(context: JobContext, *, clip: str, **_: object) -> None:
    """Order the version that rework is done for and that waited for this decision."""
    assert context.tenant is not None
    with scope(context.tenant):
        project: UUID = Clip.objects.values_list("project_id", flat=True).get(id=UUID(clip))
        if not waits_for_seams(project):
            return
        tasks = list(Task.objects.filter(clip_id=clip, is_copy=False).values_list("id", flat=True))
    done = [rework_done(tenant=context.tenant, task_id=task) for task in tasks]
    if any(project in projects for projects in done):
        _order(context.tenant, project)


@job("delivery.build", max_attempts=ATTEMPTS, timeout=3600)
def build(context: JobContext, *, release: str) -> None:
    """Build a release; one that can't be built says why on its row."""
    assert context.tenant is not None
    release_id = UUID(release)
    with scope(context.tenant):
        waits = _redaction_under_way(release_id)
    if waits:
        # Not a failure, so it costs none of this job's attempts.
        with context.commit():
            enqueue(
                "delivery.build",
                tenant=context.tenant,
                args={"release": release},
                delay=LOOK_AGAIN,
            )
        return
    try:
        build_release(tenant=context.tenant, release_id=release_id)
    except Unavailable:
        # The store comes back; only after the last try is it a failure.
        if context.attempt < ATTEMPTS:
            raise
        _fail(context.tenant, release_id, "The object store was down. Order the release again.")
        raise
    except Conflict as error:
        # The client's to mend, and said on the release: nothing for the operator among dead jobs.
        _fail(context.tenant, release_id, error.message)
        return
    except CustosError as error:
        _fail(context.tenant, release_id, error.message)
        raise PermanentFailure(error.message) from error
    with context.commit(), scope(context.tenant):
        row = Release.objects.get(id=release_id)
        record(
            action="release.built",
            actor=BUILDER,
            tenant=context.tenant,
            subject=("release", row.id),
            details={"number": row.number, "package": str(row.package_id)},
        )
        emit("release.ready", tenant=context.tenant, data={"release": str(row.id)})


@job("delivery.link")
def link(context: JobContext, *, project: str) -> None:
    """Make the tasks of links of a project's finished clips. A second run makes no more."""
    assert context.tenant is not None
    make_link_tasks(tenant=context.tenant, project_id=UUID(project))


def _redaction_under_way(release_id: UUID) -> bool:
    clips = Release.objects.values_list("clips", flat=True).get(id=release_id)
    runs = [latest_run(UUID(clip)) for clip in clips]
    return any(run is not None and not run.is_over for run in runs)


def _fail(tenant: UUID, release_id: UUID, message: str) -> None:
    with scope(tenant):
        building = Release.objects.filter(id=release_id, state=Release.State.BUILDING)
        if building.update(state=Release.State.FAILED, failure=message):
            emit("release.failed", tenant=tenant, data={"release": str(release_id)})
