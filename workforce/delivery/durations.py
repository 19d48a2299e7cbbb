"""How long clips took from their last labels to their release, as it was recorded."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from workforce.delivery.models import Release
from workforce.delivery.sla import Policy
from workforce.labels.models import LabelSet
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import Task

#: So many delivered clips are looked at, the newest.
MOST = 60

Instants = dict[UUID, list[datetime]]


def after_labels(policy: Policy) -> list[tuple[timedelta, timedelta, timedelta]]:
    """Give counting time of review, redaction and release of delivered clips, in the open scope.

    Each step counts from the end of the one before: what ran beside another counts once. Only the
    first version that holds a clip is looked at, and what was recorded before it was ready.
    """
    ready = _first_ready()
    handed_in, decided, hidden = _handed_in(ready), _decided(ready), _hidden(ready)
    steps = []
    for clip, at in ready.items():
        labels = _last(handed_in[clip], at)
        if labels is None:
            continue
        reviewed = max(labels, _last(decided[clip], at) or labels)
        covered = max(reviewed, _last(hidden[clip], at) or reviewed)
        steps.append(
            (
                policy.between(labels, reviewed),
                policy.between(reviewed, covered),
                policy.between(covered, at),
            )
        )
    return steps


def _first_ready() -> dict[UUID, datetime]:
    """When each of the newest delivered clips was first in a version that is ready."""
    first: dict[UUID, datetime] = {}
    rows = Release.objects.filter(ready_at__isnull=False).order_by("-ready_at")[:MOST]
    for clips, at in rows.values_list("clips", "ready_at"):
        assert at is not None, "the query leaves the others out"
        first |= {UUID(clip): at for clip in clips}
    newest = sorted(first, key=lambda clip: first[clip], reverse=True)[:MOST]
    return {clip: first[clip] for clip in newest}


def _by_clip(rows: Iterable[tuple[UUID, datetime | None]]) -> Instants:
    instants: Instants = defaultdict(list)
    for clip, at in rows:
        if at is not None:
            instants[clip].append(at)
    return instants


def _handed_in(clips: Iterable[UUID]) -> Instants:
    sets = LabelSet.objects.filter(
        task__clip_id__in=list(clips), task__is_copy=False, kind=LabelSet.Kind.WORK
    )
    return _by_clip(sets.values_list("task__clip_id", "submitted_at"))


def _decided(clips: Iterable[UUID]) -> Instants:
    tasks = Task.objects.filter(clip_id__in=list(clips), is_copy=False, reviews__isnull=False)
    return _by_clip(tasks.values_list("clip_id", "reviews__decided_at"))


def _hidden(clips: Iterable[UUID]) -> Instants:
    runs = RedactionRun.objects.filter(
        clip_id__in=list(clips), state=RedactionRun.State.DONE, finished_at__isnull=False
    )
    return _by_clip(runs.values_list("clip_id", "finished_at"))


def _last(instants: Iterable[datetime], until: datetime) -> datetime | None:
    return max((at for at in instants if at <= until), default=None)
