"""What is recorded of some batches, read for all of them at once: so many queries, however many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from tenants.intake.models import Batch, Clip, Upload
from workforce.delivery.models import ClockEvent, Release
from workforce.delivery.sla import ClockAction
from workforce.labels.models import LabelSet
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import Task


class Counted(Protocol):
    """What is asked of a clip."""

    id: UUID
    batch_id: UUID | None
    filename: str
    state: str
    created_at: datetime
    prepared_at: datetime | None


@dataclass(slots=True)
class InShort:
    """What a list reads of a clip: of hundreds no more than that."""

    id: UUID
    batch_id: UUID | None
    filename: str
    state: str
    created_at: datetime
    prepared_at: datetime | None


_SHORT = [each.name for each in fields(InShort)]


@dataclass(slots=True)
class Span:
    """The first and the last of some instants; None where there is none."""

    first: datetime | None = None
    last: datetime | None = None

    def take(self, *instants: datetime | None) -> Self:
        """Widen it to some more instants; None is no instant."""
        known = [instant for instant in (*instants, self.first, self.last) if instant is not None]
        if known:
            self.first, self.last = min(known), max(known)
        return self


@dataclass(slots=True)
class Labelling:
    """Tasks: how many there are, are handed in and are accepted, and when what happened to them."""

    total: int = 0
    handed_in: int = 0
    accepted: int = 0
    cut: Span = field(default_factory=Span)
    submitted: Span = field(default_factory=Span)
    decided: Span = field(default_factory=Span)


@dataclass(slots=True)
class Hiding:
    """How many clips' faces are hidden, and when that was begun and done."""

    clips: int = 0
    began: Span = field(default_factory=Span)
    done: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class ClockAct:
    """What was done to a clip's clock."""

    clip_id: UUID
    action: str
    at: datetime
    reason: str
    note: str


@dataclass(slots=True)
class BatchFacts:
    """All that is recorded of one batch.

    clips: those that count, in the order of their arrival. releases: those that hold one of them,
    the newest first. events: of clocks that ever stood still. unfinished: uploads under way.
    """

    clips: list[Counted] = field(default_factory=list)
    refused: list[Counted] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    labelling: Labelling = field(default_factory=Labelling)
    hiding: Hiding = field(default_factory=Hiding)
    events: list[ClockAct] = field(default_factory=list)
    unfinished: int = 0


def read_facts(batches: Sequence[Batch], *, instants: bool = True) -> list[BatchFacts]:
    """Read what is recorded of batches of the open scope, in their order.

    instants: without them, when what was handed in and decided is not read of every task: that it
    was is told by the instant at which the tasks were cut.
    """
    facts = {batch.id: BatchFacts() for batch in batches}
    by_clip: dict[UUID, BatchFacts] = {}
    rows = Clip.objects.filter(batch_id__in=facts).order_by("created_at", "id")
    clips: Iterable[Counted]
    if instants:
        clips = rows.select_related("camera__site")
    else:
        clips = (InShort(*row) for row in rows.values_list(*_SHORT))
    for clip in clips:
        assert clip.batch_id is not None, "they were found by it"
        fact = facts[clip.batch_id]
        if clip.state == Clip.State.REFUSED:
            fact.refused.append(clip)
        elif clip.state not in Clip.OVER:
            fact.clips.append(clip)
            by_clip[clip.id] = fact
    _releases(batches, facts)
    _labelling(facts, instants=instants)
    _hiding(facts)
    stood = ClockEvent.objects.filter(clip__id__any_of=list(by_clip), action=ClockAction.PAUSE)
    events = ClockEvent.objects.filter(clip_id__in=stood.values("clip_id"))
    acts = events.order_by("at", "recorded_at")
    for act in acts.values_list("clip_id", "action", "at", "reason", "note"):
        by_clip[act[0]].events.append(ClockAct(*act))
    open_uploads = Upload.objects.filter(batch_id__in=facts, state=Upload.State.OPEN)
    for batch_id, number in open_uploads.values_list("batch_id").annotate(number=Count("id")):
        facts[batch_id].unfinished = number
    return list(facts.values())


def _releases(batches: Iterable[Batch], facts: dict[UUID, BatchFacts]) -> None:
    wanted = {
        batch.id: (batch.project_id, {str(clip.id) for clip in facts[batch.id].clips})
        for batch in batches
    }
    projects = {project for project, _ in wanted.values()}
    # A version's manifest names every box: it is long, and not needed here.
    rows = Release.objects.filter(project_id__in=projects).defer("manifest", "units")
    held = [(row, set(row.clips)) for row in rows.order_by("-number")]
    for batch_id, (project, clips) in wanted.items():
        facts[batch_id].releases = [
            row for row, holds in held if row.project_id == project and clips & holds
        ]


def _counts(batches: Iterable[UUID], clip: str = "clip") -> Q:
    """Narrow rows to those of clips that count. clip: how the rows name their clip."""
    over = Q(**{f"{clip}__state__in": Clip.OVER})
    return Q(**{f"{clip}__batch_id__in": list(batches)}) & ~over


def _labelling(facts: Mapping[UUID, BatchFacts], *, instants: bool) -> None:
    tasks = Task.objects.filter(_counts(facts), is_copy=False)
    submitted, accepted = Task.State.SUBMITTED, Task.State.ACCEPTED
    counted = tasks.values_list("clip__batch_id").annotate(
        total=Count("id"),
        handed_in=Count("id", filter=Q(state__in=[submitted, accepted])),
        accepted=Count("id", filter=Q(state=accepted)),
        first=Min("created_at"),
        last=Max("created_at"),
    )
    for batch, total, handed_in, done, first, last in counted:
        sums = facts[batch].labelling
        sums.total, sums.handed_in, sums.accepted = total, handed_in, done
        sums.cut.take(first, last)
        if handed_in and not instants:
            sums.submitted.take(first)
    if not instants:
        return
    work = _counts(facts, "task__clip")
    sets = LabelSet.objects.filter(work, task__is_copy=False, kind=LabelSet.Kind.WORK)
    ends = {"first": Min("submitted_at"), "last": Max("submitted_at")}
    for batch, first, last in sets.values_list("task__clip__batch_id").annotate(**ends):
        facts[batch].labelling.submitted.take(first, last)
    looked = tasks.filter(reviews__isnull=False).values_list("clip__batch_id")
    ends = {"first": Min("reviews__decided_at"), "last": Max("reviews__decided_at")}
    for batch, first, last in looked.annotate(**ends):
        facts[batch].labelling.decided.take(first, last)


def _hiding(facts: Mapping[UUID, BatchFacts]) -> None:
    done = Q(state=RedactionRun.State.DONE)
    runs = RedactionRun.objects.filter(_counts(facts)).values_list("clip__batch_id").order_by()
    for batch, first, last, began, finished, clips in runs.annotate(
        first=Min("created_at"),
        last=Max("created_at"),
        began=Min("finished_at", filter=done),
        finished=Max("finished_at", filter=done),
        number=Count("clip_id", filter=done, distinct=True),
    ):
        hiding = facts[batch].hiding
        hiding.began.take(first, last)
        hiding.done.take(began, finished)
        hiding.clips = clips
