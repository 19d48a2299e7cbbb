"""Where a batch is: its stages with their instants, its clocks, and what waits for whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from core.errors import NotFound
from tenants.contracts.terms import PauseReason
from tenants.intake.models import Batch, Clip, Upload
from workforce.delivery.models import ClockEvent, Release
from workforce.delivery.outlook import Outlook, outlooks
from workforce.delivery.sla import ClockAction
from workforce.labels.models import LabelSet
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import Task

#: States of clips that are no part of what a batch comes to.
NOT_COUNTED = (Clip.State.REFUSED, Clip.State.ERASED)
#: Reasons of a pause that the client can end.
CLIENTS = {PauseReason.AWAITING_CLIENT, PauseReason.CLIENT_HOLD, PauseReason.FOOTAGE_DAMAGED}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `done` of `total` things are through it; began and ended where it did."""

    name: str
    done: int
    total: int
    what: str
    began: datetime | None
    ended: datetime | None

    @property
    def state(self) -> str:
        """One of done, current, todo."""
        if self.total and self.done >= self.total:
            return "done"
        return "current" if self.began else "todo"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which a clip's clock stood still; ended=None while it does."""

    clip: Clip
    began: datetime
    ended: datetime | None
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that does not go on by itself: who can move it, and where."""

    who: str
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """All of a batch. clips are those that count: not refused, not erased.

    outlooks: by clip, in the order of `clips`.
    """

    batch: Batch
    clips: list[Clip]
    refused: list[Clip]
    stages: list[Stage]
    outlooks: dict[UUID, Outlook]
    pauses: list[Pause]
    waiting: list[Waiting]
    releases: list[Release]

    @property
    def latest(self) -> Outlook | None:
        """The outlook of the clip that is expected last: the batch is done when it is."""
        known = [o for o in self.outlooks.values() if o.forecast]
        return max(known, key=lambda o: o.high or o.instant, default=None)

    @property
    def riskiest(self) -> Outlook | None:
        """The outlook of the clip that is late, or most probably will be."""
        order = ("done", "unstarted", "done_late", "on_track", "paused", "at_risk", "late")
        return max(
            self.outlooks.values(),
            key=lambda o: (order.index(o.state), o.breach_percent),
            default=None,
        )

    @property
    def due(self) -> datetime | None:
        """When the last of its clips that still run is due."""
        return max((o.clock.due_at for o in self.outlooks.values() if o.clock.due_at), default=None)

    @property
    def bar(self) -> list[dict[str, object]]:
        """The stages for the stage bar."""
        return [
            {"name": s.name, "state": s.state, "share": s.done / s.total if s.total else 0.0}
            for s in self.stages
        ]

    @property
    def stage(self) -> Stage:
        """The first stage that is not done; the last when all are."""
        return next((s for s in self.stages if s.state != "done"), self.stages[-1])


def get_batch(batch_id: UUID) -> Batch:
    """Find a batch of the open scope. Raises NotFound."""
    batch = Batch.objects.select_related("project").filter(id=batch_id).first()
    if batch is None:
        raise NotFound
    return batch


def progress_of_batches(batches: Iterable[Batch]) -> list[BatchProgress]:
    """Read all of some batches, in the open scope and their order."""
    rows = list(batches)
    counted = Clip.objects.filter(batch__in=rows).exclude(state__in=NOT_COUNTED)
    found = outlooks(list(counted.values_list("id", flat=True)))
    return [batch_progress(row, found) for row in rows]


def batch_progress(batch: Batch, found: Mapping[UUID, Outlook] | None = None) -> BatchProgress:
    """Read all of a batch, in the open scope; the number of queries does not rise with its clips.

    found: outlooks, where they were read already.
    A clip counts as accepted with the first version that was accepted and holds it.
    """
    every = list(batch.clips.select_related("camera__site").order_by("created_at", "id"))
    refused = [clip for clip in every if clip.state == Clip.State.REFUSED]
    clips = [clip for clip in every if clip.state not in NOT_COUNTED]
    ids = [clip.id for clip in clips]
    releases = _releases_of(batch, ids)
    # A clip that came in between is not among those that were read.
    read = found is not None and all(clip in found for clip in ids)
    known = {clip: found[clip] for clip in ids} if found and read else outlooks(ids)
    pauses = _pauses(clips)
    stages = [
        *_arrival(clips),
        *_work(ids),
        _redaction(ids),
        *_delivery(ids, releases),
    ]
    return BatchProgress(
        batch,
        clips,
        refused,
        stages,
        known,
        pauses,
        _waiting(batch, refused, stages, pauses, releases),
        releases,
    )


def _releases_of(batch: Batch, clips: Iterable[UUID]) -> list[Release]:
    wanted = {str(clip) for clip in clips}
    # A version's manifest names every box: it is long, and not needed here.
    rows = Release.objects.filter(project_id=batch.project_id).defer("manifest", "units")
    return [row for row in rows.order_by("-number") if wanted & set(row.clips)]


def _span(instants: Iterable[datetime | None]) -> tuple[datetime | None, datetime | None]:
    known = [instant for instant in instants if instant is not None]
    return (min(known), max(known)) if known else (None, None)


def _arrival(clips: Sequence[Clip]) -> list[Stage]:
    came, came_last = _span(clip.created_at for clip in clips)
    prepared = [clip for clip in clips if clip.state == Clip.State.READY]
    _, ready_last = _span(clip.prepared_at for clip in prepared)
    total = len(clips)
    return [
        Stage("Received", total, total, "clips", came, came_last),
        Stage("Prepared", len(prepared), total, "clips", came, ready_last),
    ]


def _work(clips: list[UUID]) -> list[Stage]:
    tasks = Task.objects.filter(clip_id__in=clips, is_copy=False)
    submitted, accepted = Task.State.SUBMITTED, Task.State.ACCEPTED
    count = tasks.aggregate(
        total=Count("id"),
        handed_in=Count("id", filter=Q(state__in=[submitted, accepted])),
        accepted=Count("id", filter=Q(state=accepted)),
        cut=Min("created_at"),
    )
    work = Q(task__clip_id__in=clips, task__is_copy=False, kind=LabelSet.Kind.WORK)
    sets = LabelSet.objects.filter(work).aggregate(
        first=Min("submitted_at"), last=Max("submitted_at")
    )
    looked = tasks.aggregate(first=Min("reviews__decided_at"), last=Max("reviews__decided_at"))
    total = count["total"]
    return [
        Stage("Labelled", count["handed_in"], total, "tasks", count["cut"], sets["last"]),
        Stage(
            "Reviewed",
            count["accepted"],
            total,
            "tasks",
            looked["first"] or sets["first"],
            looked["last"] or sets["last"],
        ),
    ]


def _redaction(clips: list[UUID]) -> Stage:
    runs = RedactionRun.objects.filter(clip_id__in=clips)
    done = runs.filter(state=RedactionRun.State.DONE)
    began, ended = (
        runs.aggregate(at=Min("created_at"))["at"],
        done.aggregate(at=Max("finished_at"))["at"],
    )
    count = done.values("clip_id").distinct().count()
    return Stage("Redacted", count, len(clips), "clips", began, ended)


def _delivery(clips: list[UUID], releases: Sequence[Release]) -> list[Stage]:
    wanted = {str(clip) for clip in clips}
    built = [r for r in releases if r.ready_at]
    taken = [r for r in releases if r.state == Release.State.ACCEPTED]
    held = {clip for r in built for clip in r.clips} & wanted
    accepted = {clip for r in taken for clip in r.clips} & wanted
    ordered, _ = _span(r.created_at for r in releases)
    ready, ready_last = _span(r.ready_at for r in built)
    _, decided = _span(r.decided_at for r in taken)
    return [
        Stage("Released", len(held), len(wanted), "clips", ordered, ready_last),
        Stage("Accepted", len(accepted), len(wanted), "clips", ready, decided),
    ]


def _pauses(clips: Sequence[Clip]) -> list[Pause]:
    by_id = {clip.id: clip for clip in clips}
    pauses: list[Pause] = []
    running: dict[UUID, ClockEvent] = {}
    for event in ClockEvent.objects.filter(clip_id__in=by_id).order_by("at", "recorded_at"):
        if event.action == ClockAction.PAUSE:
            running.setdefault(event.clip_id, event)
        elif event.action in {ClockAction.RESUME, ClockAction.STOP}:
            begun = running.pop(event.clip_id, None)
            if begun is not None:
                pauses.append(_pause(by_id, begun, event.at))
    pauses += [_pause(by_id, begun, None) for begun in running.values()]
    return sorted(pauses, key=lambda pause: pause.began)


def _pause(clips: dict[UUID, Clip], event: ClockEvent, ended: datetime | None) -> Pause:
    return Pause(clips[event.clip_id], event.at, ended, event.reason, event.note)


def _waiting(
    batch: Batch,
    refused: Sequence[Clip],
    stages: Sequence[Stage],
    pauses: Sequence[Pause],
    releases: Sequence[Release],
) -> list[Waiting]:
    return [
        *_for_client(batch, refused, releases),
        *(_standing(pause) for pause in pauses if pause.ended is None),
        *_for_us(stages, releases),
    ]


def _for_client(
    batch: Batch, refused: Sequence[Clip], releases: Sequence[Release]
) -> list[Waiting]:
    waiting = [
        Waiting("You", f"Decide on version {release.number}", f"releases/{release.id}")
        for release in releases
        if release.state == Release.State.READY
    ]
    waiting += [Waiting("You", f"Replace {clip.filename}", f"clips/{clip.id}") for clip in refused]
    unfinished = batch.uploads.filter(state=Upload.State.OPEN).count()
    if unfinished:
        waiting.append(Waiting("You", f"Finish {_counted(unfinished, 'upload')}", "clips"))
    return waiting


def _standing(pause: Pause) -> Waiting:
    reason = pause.reason.replace("_", " ")
    words = f"The clock of {pause.clip.filename} stands still: {pause.note or reason}"
    who = "You" if pause.reason in CLIENTS else "Us"
    return Waiting(who, words, f"sla/{pause.clip.id}")


def _for_us(stages: Sequence[Stage], releases: Sequence[Release]) -> list[Waiting]:
    _, prepared, labelled, reviewed, redacted, released, _ = stages
    waiting = []
    if prepared.state == "current":
        waiting.append(Waiting("Us", f"Prepare {_counted(_left(prepared), 'clip')}"))
    if _left(labelled):
        waiting.append(Waiting("Annotators", f"Label {_counted(_left(labelled), 'task')}"))
    in_review = labelled.done - reviewed.done
    if in_review:
        waiting.append(Waiting("Reviewers", f"Check {_counted(in_review, 'task')}"))
    finished = reviewed.state == "done"
    if finished and _left(redacted):
        clips = _counted(_left(redacted), "clip")
        waiting.append(Waiting("Us", f"Hide faces and plates in {clips}"))
    elif finished and _left(released) and not releases:
        waiting.append(Waiting("Us", "Build a version of what is finished"))
    waiting += [
        Waiting("Us", f"Version {r.number} could not be built", f"releases/{r.id}")
        for r in releases[:1]
        if r.state == Release.State.FAILED
    ]
    return waiting


def _left(stage: Stage) -> int:
    return max(stage.total - stage.done, 0)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
