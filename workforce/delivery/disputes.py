"""A client says what is wrong, frame by frame; the tasks behind those frames go round again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.delivery.clocks import tick
from workforce.delivery.models import AcceptanceDue, Dispute, Release
from workforce.delivery.services import get_release
from workforce.delivery.sla import ClockAction
from workforce.labels.store import latest_label_set
from workforce.links.content import Laid, read_content
from workforce.tasks.models import QueueEntry, Task

MOST_PINS = 200
MOST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Pin:
    """What is wrong on one frame of a clip, perhaps with one track.

    identity: it is not the labels of that clip that are wrong, but who it is held to be elsewhere.
    """

    clip: UUID
    frame: int
    text: str
    track: UUID | None = None
    identity: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "clip": str(self.clip),
            "frame": self.frame,
            "text": self.text.strip(),
            "track": str(self.track) if self.track else None,
            "identity": self.identity,
        }


def dispute_release(
    *, actor: Actor, tenant: UUID, release_id: UUID, reason: str, pins: Sequence[Pin] = ()
) -> Release:
    """Dispute with a reason and pinned frames; the tasks that hold those frames are reopened.

    The clocks of the clips that are wrong run on. When all reopened tasks are accepted again, the
    next version is ordered by itself. Raises NotFound, Conflict, or Invalid.
    """
    if not reason.strip() or "\x00" in reason:
        raise Invalid("Say what is wrong, so that it can be put right.", field="reason")
    with scope(tenant):
        release = get_release(release_id, lock=True)
        if release.state != Release.State.READY:
            raise Conflict(f"This release is {release.state}; only a ready one can be decided.")
        _check_pins(release, pins)
        tasks = [task.id for task in (*_tasks_of(pins), *_links_of(release, pins))]
        for task in tasks:
            _send_back(actor, tenant, task, pins)
        Dispute.objects.create(
            tenant_id=tenant,
            release=release,
            reason=reason.strip(),
            pins=[pin.to_json() for pin in pins],
            tasks=[str(task) for task in tasks],
            disputed_by_id=actor.id,
        )
        _decide(release, reason.strip())
        for clip in {pin.clip for pin in pins} or {UUID(clip) for clip in release.clips}:
            tick(clip_id=clip, action=ClockAction.REOPEN)
        record(
            action="release.disputed",
            actor=actor,
            tenant=tenant,
            subject=("release", release.id),
            details={
                "frames": [[str(pin.clip), pin.frame] for pin in pins],
                "tasks": [str(task) for task in tasks],
            },
        )
        emit("release.disputed", tenant=tenant, data={"release": str(release.id)})
    return release


def _decide(release: Release, reason: str) -> None:
    release.state = Release.State.DISPUTED
    release.decided_at = now()
    release.dispute = reason
    release.save(update_fields=["state", "decided_at", "dispute"])
    AcceptanceDue.objects.filter(release_id=release.id).delete()


def _check_pins(release: Release, pins: Sequence[Pin]) -> None:
    if len(pins) > MOST_PINS:
        raise Invalid(f"Pin {MOST_PINS} frames at most.", field="pins")
    assert release.manifest is not None, "a ready release has a manifest"
    clips = {entry["clip"]: entry for entry in release.manifest["clips"]}
    for position, pin in enumerate(pins):
        field = f"pins[{position}]"
        entry = clips.get(str(pin.clip))
        if entry is None:
            raise Invalid("This clip is not in the release.", field=f"{field}.clip")
        if not 0 <= pin.frame < entry["frames"]:
            raise Invalid(
                f"Frame {pin.frame} is outside the clip; use frames 0 to {entry['frames'] - 1}.",
                field=f"{field}.frame",
            )
        if not 0 < len(pin.text.strip()) <= MOST_TEXT or "\x00" in pin.text:
            raise Invalid(
                f"Say what is wrong in 1 to {MOST_TEXT} characters.", field=f"{field}.text"
            )


def _tasks_of(pins: Sequence[Pin]) -> list[Task]:
    """Lock the accepted tasks that hold a frame where labels are said to be wrong."""
    pins = [pin for pin in pins if not pin.identity]
    rows = (
        Task.objects.select_for_update()
        .filter(clip_id__in={pin.clip for pin in pins}, is_copy=False, state=Task.State.ACCEPTED)
        .exclude(task_type=Task.LINKS)
    )
    return [
        task
        for task in rows.order_by("id")
        if any(
            pin.clip == task.clip_id and task.start_frame <= pin.frame <= task.end_frame
            for pin in pins
        )
    ]


def _links_of(release: Release, pins: Sequence[Pin]) -> list[Task]:
    """Lock the accepted tasks of links that joined or asked about what a pin names.

    Of a pin without a track: every track that is seen on its frame. Raises Invalid where nobody
    was ever asked who it is.
    """
    pins = [pin for pin in pins if pin.identity]
    if not pins:
        return []
    rows = Task.objects.select_for_update().filter(
        project_id=release.project_id,
        task_type=Task.LINKS,
        is_copy=False,
        state=Task.State.ACCEPTED,
    )
    found = []
    for task in rows.order_by("id"):
        label_set = latest_label_set(task.id)
        assert label_set is not None, "an accepted task was handed in"
        content = read_content(label_set.content)
        asked = {ref for link in content.links for ref in (link.first, link.second)}
        asked |= set(content.subjects)
        if any(
            item.shown.ref in asked and _names(pin, item) for pin in pins for item in content.items
        ):
            found.append(task)
    if not found:
        raise Invalid("Nobody was asked who this is: no links were made of it.", field="pins")
    return found


def _names(pin: Pin, item: Laid) -> bool:
    shown = item.shown
    if pin.clip != shown.clip or pin.track not in {None, shown.track}:
        return False
    return pin.track is not None or any(run.first <= pin.frame <= run.last for run in shown.runs)


def _send_back(actor: Actor, tenant: UUID, task_id: UUID, pins: Sequence[Pin]) -> None:
    """Open an accepted task again, for anyone eligible, at the head of the queue."""
    Task.objects.filter(id=task_id).update(state=Task.State.OPEN)
    QueueEntry.objects.filter(task_id=task_id, work=QueueEntry.Work.ANNOTATE).update(
        state=QueueEntry.State.WAITING, lessee=None, lease_until=None, priority=0
    )
    record(
        action="task.sent_back",
        actor=actor,
        tenant=tenant,
        subject=("task", task_id),
        details={"frames": sorted({pin.frame for pin in pins})},
    )


def rework_done(*, tenant: UUID, task_id: UUID) -> list[UUID]:
    """Give the projects whose disputed newest version has all its reopened tasks accepted again."""
    with scope(tenant):
        done = []
        for dispute in Dispute.objects.select_related("release").filter(
            tasks__contains=[str(task_id)]
        ):
            release = dispute.release
            newer = Release.objects.filter(
                project_id=release.project_id, number__gt=release.number
            ).exclude(state=Release.State.FAILED)
            open_tasks = Task.objects.filter(id__in=dispute.tasks).exclude(
                state=Task.State.ACCEPTED
            )
            if not newer.exists() and not open_tasks.exists():
                done.append(release.project_id)
    return done
