"""Where a batch is: its stages with their instants, its clocks, and what waits for whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.permissions import Permission
from core.errors import NotFound
from tenants.intake.models import Batch, Clip
from workforce.delivery.batch_facts import (
    BatchFacts,
    ClockAct,
    Counted,
    Labelling,
    Span,
    read_facts,
)
from workforce.delivery.clocks import CLIENTS
from workforce.delivery.models import Release
from workforce.delivery.outlook import Outlook, outlooks
from workforce.delivery.sla import ClockAction


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

    clip: Counted
    began: datetime
    ended: datetime | None
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that does not go on by itself: who can move it, and where.

    needs: the permission with which the client does; None where it is not the client's to do.
    """

    who: str
    text: str
    path: str = ""
    needs: Permission | None = None


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """All of a batch. clips are those that count: not refused, not erased.

    outlooks: by clip, in the order of `clips`.
    """

    batch: Batch
    clips: list[Counted]
    refused: list[Counted]
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


def sealed_clips(batch: Batch) -> dict[UUID, int | None]:
    """Give all clips of a batch with the version of the client's key that seals their footage.

    None where it is erased: nothing opens its seal any more.
    """
    rows = Clip.objects.filter(batch=batch).values_list("id", "state", "source__key_version")
    return {clip: None if state == Clip.State.ERASED else key for clip, state, key in rows}


def progress_of_batches(batches: Iterable[Batch], *, instants: bool = True) -> list[BatchProgress]:
    """Read all of some batches, in the open scope and their order.

    The number of queries rises neither with the batches nor with their clips. A clip counts as
    accepted with the first version that was accepted and holds it.
    instants: without them the stages of the labels say that they began, not when, nor when they
    ended.
    """
    rows = list(batches)
    facts = read_facts(rows, instants=instants)
    found = outlooks([clip.id for fact in facts for clip in fact.clips])
    return [_progress(row, fact, found) for row, fact in zip(rows, facts, strict=True)]


def batch_progress(batch: Batch) -> BatchProgress:
    """Read all of a batch, in the open scope."""
    (progress,) = progress_of_batches([batch])
    return progress


def _progress(batch: Batch, facts: BatchFacts, found: Mapping[UUID, Outlook]) -> BatchProgress:
    pauses = _pauses(facts)
    stages = [
        *_arrival(facts.clips),
        *_work(facts.labelling),
        _redaction(facts),
        *_delivery(facts),
    ]
    return BatchProgress(
        batch,
        facts.clips,
        facts.refused,
        stages,
        {clip.id: found[clip.id] for clip in facts.clips},
        pauses,
        _waiting(facts, stages, pauses),
        facts.releases,
    )


def _arrival(clips: Sequence[Counted]) -> list[Stage]:
    came = Span().take(*(clip.created_at for clip in clips))
    prepared = [clip for clip in clips if clip.state == Clip.State.READY]
    ready = Span().take(*(clip.prepared_at for clip in prepared))
    total = len(clips)
    return [
        Stage("Received", total, total, "clips", came.first, came.last),
        Stage("Prepared", len(prepared), total, "clips", came.first, ready.last),
    ]


def _work(tasks: Labelling) -> list[Stage]:
    submitted, decided = tasks.submitted, tasks.decided
    return [
        Stage("Labelled", tasks.handed_in, tasks.total, "tasks", tasks.cut.first, submitted.last),
        Stage(
            "Reviewed",
            tasks.accepted,
            tasks.total,
            "tasks",
            decided.first or submitted.first,
            decided.last or submitted.last,
        ),
    ]


def _redaction(facts: BatchFacts) -> Stage:
    hiding = facts.hiding
    done, total = hiding.clips, len(facts.clips)
    return Stage("Redacted", done, total, "clips", hiding.began.first, hiding.done.last)


def _delivery(facts: BatchFacts) -> list[Stage]:
    wanted = {str(clip.id) for clip in facts.clips}
    built = [r for r in facts.releases if r.ready_at]
    taken = [r for r in facts.releases if r.state == Release.State.ACCEPTED]
    held = {clip for r in built for clip in r.clips} & wanted
    accepted = {clip for r in taken for clip in r.clips} & wanted
    ordered = Span().take(*(r.created_at for r in facts.releases))
    ready = Span().take(*(r.ready_at for r in built))
    decided = Span().take(*(r.decided_at for r in taken))
    return [
        Stage("Released", len(held), len(wanted), "clips", ordered.first, ready.last),
        Stage("Accepted", len(accepted), len(wanted), "clips", ready.first, decided.last),
    ]


def _pauses(facts: BatchFacts) -> list[Pause]:
    by_id = {clip.id: clip for clip in facts.clips}
    pauses: list[Pause] = []
    running: dict[UUID, ClockAct] = {}
    for event in facts.events:
        if event.action == ClockAction.PAUSE:
            running.setdefault(event.clip_id, event)
        elif event.action in {ClockAction.RESUME, ClockAction.STOP}:
            begun = running.pop(event.clip_id, None)
            if begun is not None:
                pauses.append(_pause(by_id, begun, event.at))
    pauses += [_pause(by_id, begun, None) for begun in running.values()]
    return sorted(pauses, key=lambda pause: pause.began)


def _pause(clips: dict[UUID, Counted], event: ClockAct, ended: datetime | None) -> Pause:
    return Pause(clips[event.clip_id], event.at, ended, event.reason, event.note)


def _waiting(facts: BatchFacts, stages: Sequence[Stage], pauses: Sequence[Pause]) -> list[Waiting]:
    return [
        *_for_client(facts),
        *(_standing(pause) for pause in pauses if pause.ended is None),
        *_for_us(stages, facts.releases),
    ]


def _for_client(facts: BatchFacts) -> list[Waiting]:
    waiting = [
        _yours(
            f"Decide on version {release.number}",
            f"releases/{release.id}",
            Permission.RELEASE_ACCEPT,
        )
        for release in facts.releases
        if release.state == Release.State.READY
    ]
    waiting += [
        _yours(f"Replace {clip.filename}", f"clips/{clip.id}", Permission.UPLOAD_CREATE)
        for clip in facts.refused
    ]
    if facts.unfinished:
        uploads = _counted(facts.unfinished, "upload")
        waiting.append(_yours(f"Finish {uploads}", "clips/add", Permission.UPLOAD_CREATE))
    return waiting


def _yours(text: str, path: str, needs: Permission) -> Waiting:
    return Waiting("You", text, path, needs)


def _standing(pause: Pause) -> Waiting:
    reason = pause.reason.replace("_", " ")
    words = f"The clock of {pause.clip.filename} stands still: {pause.note or reason}"
    path = f"sla/{pause.clip.id}"
    if pause.reason in CLIENTS:
        return _yours(words, path, Permission.CLOCK_ANSWER)
    return Waiting("Us", words, path)


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
