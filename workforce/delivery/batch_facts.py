"""What is recorded of some batches, read for all of them at once: so many queries, however many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from tenants.intake.models import Batch, Clip, Upload
from workforce.delivery.models import ClockEvent, Release
from workforce.delivery.sla import ClockAction
from workforce.labels.models import LabelSet
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import Task

#: What a list reads of a clip.
IN_SHORT = ("id", "batch_id", "filename", "state", "created_at", "prepared_at")


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
    """Clips whose faces are hidden, and when that was begun and done."""

    clips: set[UUID] = field(default_factory=set)
    began: Span = field(default_factory=Span)
    done: Span = field(default_factory=Span)


@dataclass(slots=True)
class BatchFacts:
    """All that is recorded of one batch.

    clips: those that count, in the order of their arrival. releases: those that hold one of them,
    the newest first. events: of clocks that ever stood still. unfinished: uploads under way.
    """

    clips: list[Clip] = field(default_factory=list)
    refused: list[Clip] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    labelling: Labelling = field(default_factory=Labelling)
    hiding: Hiding = field(default_factory=Hiding)
    events: list[ClockEvent] = field(default_factory=list)
    unfinished: int = 0


def read_facts(batches: Sequence[Batch], *, instants: bool = True) -> list[BatchFacts]:
    """Read what is recorded of batches of the open scope, in their order.

    instants: without them, when what was handed in and decided is not read of every task: that it
    was is told by the instant at which the tasks were cut.
    """
    facts = {batch.id: BatchFacts() for batch in batches}
    by_clip: dict[UUID, BatchFacts] = {}
    clips = Clip.objects.filter(batch_id__in=facts).order_by("created_at", "id")
    for clip in clips.select_related("camera__site") if instants else clips.only(*IN_SHORT):
        assert clip.batch_id is not None, "they were found by it"
        fact = facts[clip.batch_id]
        if clip.state == Clip.State.REFUSED:
            fact.refused.append(clip)
        elif clip.state not in Clip.OVER:
            fact.clips.append(clip)
            by_clip[clip.id] = fact
    _releases(batches, facts)
    _labelling(by_clip, instants=instants)
    _hiding(by_clip)
    stood = ClockEvent.objects.filter(clip_id__in=by_clip, action=ClockAction.PAUSE)
    events = ClockEvent.objects.filter(clip_id__in=stood.values("clip_id"))
    for event in events.order_by("at", "recorded_at"):
        by_clip[event.clip_id].events.append(event)
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


def _labelling(by_clip: dict[UUID, BatchFacts], *, instants: bool) -> None:
    tasks = Task.objects.filter(clip_id__in=by_clip, is_copy=False)
    submitted, accepted = Task.State.SUBMITTED, Task.State.ACCEPTED
    counted = tasks.values_list("clip_id").annotate(
        total=Count("id"),
        handed_in=Count("id", filter=Q(state__in=[submitted, accepted])),
        accepted=Count("id", filter=Q(state=accepted)),
        cut=Min("created_at"),
    )
    for clip, total, handed_in, done, cut in counted:
        sums = by_clip[clip].labelling
        sums.total += total
        sums.handed_in += handed_in
        sums.accepted += done
        sums.cut.take(cut)
        if handed_in and not instants:
            sums.submitted.take(cut)
    if not instants:
        return
    work = Q(task__clip_id__in=by_clip, task__is_copy=False, kind=LabelSet.Kind.WORK)
    sets = LabelSet.objects.filter(work).values_list("task__clip_id")
    for clip, first, last in sets.annotate(first=Min("submitted_at"), last=Max("submitted_at")):
        by_clip[clip].labelling.submitted.take(first, last)
    decided = Min("reviews__decided_at"), Max("reviews__decided_at")
    looked = tasks.filter(reviews__isnull=False).values_list("clip_id")
    for clip, first, last in looked.annotate(first=decided[0], last=decided[1]):
        by_clip[clip].labelling.decided.take(first, last)


def _hiding(by_clip: dict[UUID, BatchFacts]) -> None:
    done = Q(state=RedactionRun.State.DONE)
    runs = RedactionRun.objects.filter(clip_id__in=by_clip).values_list("clip_id").order_by()
    for clip, began, finished, number in runs.annotate(
        began=Min("created_at"),
        finished=Max("finished_at", filter=done),
        number=Count("id", filter=done),
    ):
        hiding = by_clip[clip].hiding
        hiding.began.take(began)
        hiding.done.take(finished)
        if number:
            hiding.clips.add(clip)
