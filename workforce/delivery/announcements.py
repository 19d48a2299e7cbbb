"""What people hear of deliveries: versions that are ready, failed, disputed, and clocks."""

from datetime import timedelta
from uuid import UUID

from core.clock import now
from core.notices.hearers import managers_by_vendor
from core.notices.kinds import ADMIN
from core.notices.rounds import enqueue_round
from core.notices.services import notify
from core.outbox.events import on
from core.outbox.jobs import JobContext, job
from core.outbox.periodic import every
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.provider import provider
from core.tenancy.scope import require_tenant, scope
from workforce.delivery.clocks import CLIENTS, last_pause
from workforce.delivery.models import Dispute, Release
from workforce.delivery.outlook import outlooks
from workforce.delivery.running import running_clips
from workforce.delivery.services import get_release

WATCH = "delivery.watch_clocks"
#: Clips looked at, newest first: what is older has been told of.
MOST = 2_000


def _of(release: Release) -> dict[str, object]:
    return {"number": release.number, "project": release.project.name}


@on("release.ready", job_name="delivery.announce_ready")
def announce_ready(context: JobContext, *, release: str, **_: object) -> None:
    """Tell the client's administrators that a version waits for them."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = get_release(UUID(release))
        notify("release_ready", key=release, parts=_of(row), path=f"releases/{release}")


@on("release.failed", job_name="delivery.announce_failed")
def announce_failed(context: JobContext, *, release: str, **_: object) -> None:
    """Tell them that it could not be built."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = get_release(UUID(release))
        notify("release_failed", key=release, parts=_of(row), path="releases")


@on("release.accepted", job_name="delivery.announce_silence")
def announce_silence(
    context: JobContext, *, release: str, by_silence: bool = False, **_: object
) -> None:
    """Tell them that nobody decided, so that it is accepted."""
    assert context.tenant is not None
    if not by_silence:
        return
    with scope(context.tenant):
        row = get_release(UUID(release))
        notify("release_silent", key=release, parts=_of(row), path=f"releases/{release}")


@on("clock.pause", job_name="delivery.announce_question")
def announce_question(context: JobContext, *, clip: str, **_: object) -> None:
    """Tell the client's people that a clock stands still until they answer."""
    assert context.tenant is not None
    with scope(context.tenant):
        asked = last_pause(UUID(clip))
        if asked is not None and asked.reason in CLIENTS:
            notify(
                "clip_question",
                key=str(asked.id),
                parts={"project": asked.clip.project.name},
                path=f"sla/{clip}",
            )


@on("clock.answered", job_name="delivery.announce_answer")
def announce_answer(context: JobContext, *, clip: str, event: str, **_: object) -> None:
    """Tell the operator that the client answered."""
    assert context.tenant is not None
    with scope(context.tenant):
        client = Organization.objects.get(id=context.tenant)
    with scope(provider().id):
        notify(
            "client_answered",
            key=event,
            parts={"organization": name_of(client)},
            path=f"/t/{client.slug}/sla/{clip}",
        )


@on("release.disputed", job_name="delivery.announce_dispute")
def announce_dispute(context: JobContext, *, release: str, **_: object) -> None:
    """Tell the vendors' managers that work came back."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = get_release(UUID(release))
        dispute = Dispute.objects.filter(release=row).first()
        parts = {**_of(row), "tasks": len(dispute.tasks) if dispute else 0}
        for vendor, managers in managers_by_vendor(context.tenant).items():
            notify(
                "release_disputed",
                key=release,
                people=managers,
                parts=parts,
                path=f"/t/{vendor}/board",
            )


@every(300)
def watch_clocks() -> int:
    """Look at each client's clocks once an hour."""
    return enqueue_round(WATCH, kind="client", again_after=timedelta(hours=1))


@job(WATCH)
def tell_of_clocks(context: JobContext) -> None:
    """Tell client and vendors of clips that are late or may be: once a day, and once they are."""
    assert context.tenant is not None
    with scope(context.tenant):
        late, risky = _behind()
        if not late and not risky:
            return
        key = f"{now():%Y-%m-%d} {'late' if late else 'risk'}"
        parts = {"late": late, "risky": risky}
        notify("clips_late", key=key, roles=ADMIN, parts=parts, path="sla")
        for vendor, managers in managers_by_vendor(require_tenant()).items():
            board = f"/t/{vendor}/board"
            notify("clips_late", key=key, people=managers, parts=parts, path=board)


def _behind() -> tuple[int, int]:
    """Count the clips of the open scope that are late, and those that may be."""
    running = running_clips()
    ahead = list(running.clips[running.late : running.late + MOST])
    risky = sum(outlook.state == "at_risk" for outlook in outlooks(ahead).values())
    return running.late, risky
