"""Will each clip be on time? Clocks and forecasts of one client, from its own past alone."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, QuerySet

from core.clock import now
from core.outbox.jobs import enqueue
from core.tenancy.scope import require_tenant
from workforce.delivery.clocks import clocks_of
from workforce.delivery.durations import after_labels
from workforce.delivery.forecast import Forecast, History, Step, forecast
from workforce.delivery.kept_forecasts import draw_if_old, kept_or_drawn
from workforce.delivery.policies import policy_now
from workforce.delivery.sla import Clock, Policy
from workforce.labels.models import LabelSet
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import Task

#: How far back the past is looked at, and how much of it at most.
PAST = timedelta(days=28)
MOST = 2000
#: With so many days of past, a stretch of it is a day; with fewer, an hour.
DAYS = 10
#: With so many open tasks at most, forecasts are drawn whenever they are asked for.
LIVE = 2000
#: The job that calls `draw_outlooks`.
DRAW = "delivery.draw_outlooks"


@dataclass(frozen=True, slots=True)
class Outlook:
    """A clip's clock with its forecast; None where there is too little past, or nothing to do."""

    clock: Clock
    forecast: Forecast | None
    instant: datetime

    @property
    def whole(self) -> bool:
        """Whether the forecast goes as far as the release."""
        return self.forecast is not None and self.forecast.whole

    @property
    def state(self) -> str:
        """One of unstarted, done, done_late, late, paused, at_risk, on_track."""
        if self.clock.state == "unstarted":
            return "unstarted"
        if self.clock.state == "stopped":
            return "done" if self.clock.met else "done_late"
        if not self.clock.met:
            return "late"
        if self.clock.state == "paused":
            return "paused"
        risky = self.forecast is not None and self.forecast.breach >= self.clock.policy.at_risk
        return "at_risk" if risky else "on_track"

    @property
    def breach_percent(self) -> int:
        """Give in how many of 100 forecasts it is late."""
        return round(self.forecast.breach * 100) if self.forecast else 0

    def at(self, duration: timedelta) -> datetime:
        """Give the instant with so much counting time from now."""
        return self.clock.policy.after(self.instant, duration)

    @property
    def low(self) -> datetime | None:
        return self.at(self.forecast.low) if self.forecast else None

    @property
    def middle(self) -> datetime | None:
        return self.at(self.forecast.middle) if self.forecast else None

    @property
    def high(self) -> datetime | None:
        return self.at(self.forecast.high) if self.forecast else None


def outlooks(clip_ids: list[UUID]) -> dict[UUID, Outlook]:
    """Give the outlook of clips of the open scope.

    Work is taken in the order of its due times, so what is due before a clip is ahead of it. Where
    more than LIVE tasks are open, forecasts of what is in work are kept for a few minutes.
    """
    instant = now()
    if _more_are_open(LIVE):
        open_frames, clocks = _open_frames(clip_ids), clocks_of(clip_ids, instant=instant)
        forecasts, drawn_at = kept_or_drawn(list(open_frames), _draw_all, _order_drawing, instant)
    else:
        open_frames, drawn_at = _open_frames(), instant
        clocks = clocks_of({*clip_ids, *open_frames}, instant=instant)
        forecasts = _forecasts(clocks, open_frames, instant)
    # After the forecasts of what is in work, so that what they draw does not depend on who asks.
    finishing = _finishing([c for c in clip_ids if c not in open_frames], clocks, instant)
    return {
        clip_id: Outlook(clocks[clip_id], forecasts.get(clip_id), drawn_at)
        if clip_id in open_frames
        else Outlook(clocks[clip_id], finishing.get(clip_id), instant)
        for clip_id in clip_ids
    }


def draw_outlooks() -> None:
    """Forecast everything of the open scope that is in work, for all that ask in the next minutes.

    Nothing to do where somebody has just done it, or where so little is open that forecasts are
    drawn whenever they are asked for.
    """
    if _more_are_open(LIVE):
        draw_if_old(_draw_all, now())


def _order_drawing() -> None:
    enqueue(DRAW, tenant=require_tenant(), priority=2)


def _draw_all(instant: datetime) -> dict[UUID, Forecast | None]:
    """Forecast everything that is in work."""
    open_frames = _open_frames()
    return _forecasts(clocks_of(open_frames, instant=instant), open_frames, instant)


_OPEN = (Task.State.OPEN, Task.State.SUBMITTED)


def _open_tasks() -> QuerySet[Task]:
    """Tasks that are not accepted yet."""
    return Task.objects.filter(is_copy=False, state__in=_OPEN).exclude(task_type=Task.LINKS)


def _more_are_open(number: int) -> bool:
    """Say whether more tasks are open, those of links among them, as the index of them tells."""
    left = Task.objects.filter(is_copy=False, state__in=_OPEN).order_by("clip_id")
    return bool(left.values_list("clip_id")[number : number + 1])


def _open_frames(clip_ids: Iterable[UUID] | None = None) -> dict[UUID, dict[int, int]]:
    """How many tasks of each number of frames are open, by clip; of all clips if none are named."""
    rows = _open_tasks()
    if clip_ids is not None:
        rows = rows.filter(clip__id__any_of=list(clip_ids))
    counted = (
        rows.annotate(frames=F("end_frame") - F("start_frame") + 1)
        .values("clip_id", "frames")
        .annotate(number=Count("id"))
        .order_by("clip_id", "frames")
    )
    found: dict[UUID, dict[int, int]] = defaultdict(dict)
    for row in counted:
        found[row["clip_id"]][row["frames"]] = row["number"]
    return found


def _forecasts(
    clocks: Mapping[UUID, Clock],
    open_frames: Mapping[UUID, Mapping[int, int]],
    instant: datetime,
) -> dict[UUID, Forecast | None]:
    queue = [clip for clip in open_frames if clocks[clip].state in {"running", "paused"}]
    queue.sort(key=lambda clip: (clocks[clip].due_at or instant, clip))
    if not queue:
        return {}
    found = forecast(
        [open_frames[clip] for clip in queue],
        [clocks[clip].left for clip in queue],
        _history(policy_now(), instant),
        seed=_seed(instant),
    )
    return dict(zip(queue, found, strict=True))


def _finishing(
    clips: list[UUID], clocks: Mapping[UUID, Clock], instant: datetime
) -> dict[UUID, Forecast | None]:
    """Forecast clips whose labels are all accepted, and which are not delivered yet."""
    running = [clip for clip in clips if clocks[clip].state in {"running", "paused"}]
    labelled = set(
        Task.objects.filter(
            clip__id__any_of=running, is_copy=False, state=Task.State.ACCEPTED
        ).values_list("clip_id", flat=True)
    )
    queue = sorted(labelled)
    if not queue:
        return {}
    hidden = set(
        RedactionRun.objects.filter(
            clip__id__any_of=queue, state=RedactionRun.State.DONE
        ).values_list("clip_id", flat=True)
    )
    policy = policy_now()
    history = History([], [], timedelta(hours=1), after_labels(policy))
    found = forecast(
        [{} for _ in queue],
        [clocks[clip].left for clip in queue],
        history,
        seed=_seed(instant),
        steps=[Step.RELEASE if clip in hidden else Step.REDACTION for clip in queue],
    )
    return dict(zip(queue, found, strict=True))


def _seed(instant: datetime) -> int:
    """The same for an hour, so that a page that is loaded again says the same."""
    text = f"{require_tenant()} {instant:%Y-%m-%dT%H}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _history(policy: Policy, instant: datetime) -> History:
    # Links are decided track by track, not frame by frame.
    work = Task.objects.filter(is_copy=False).exclude(task_type=Task.LINKS)
    rounds = work.filter(state=Task.State.ACCEPTED).order_by("-created_at")
    sets = (
        LabelSet.objects.filter(
            kind=LabelSet.Kind.WORK, submitted_at__gt=instant - PAST, task__is_copy=False
        )
        .exclude(task__task_type=Task.LINKS)
        .order_by("-submitted_at")
        .values_list("submitted_at", "task__start_frame", "task__end_frame")[:MOST]
    )
    handed_in = [(at, end - start + 1) for at, start, end in sets]
    past = [max(count, 1) for count in rounds.values_list("rounds", flat=True)[:MOST]]
    history = history_of(handed_in, past, policy=policy, instant=instant)
    return replace(history, after=after_labels(policy))


def history_of(
    handed_in: list[tuple[datetime, int]], rounds: list[int], *, policy: Policy, instant: datetime
) -> History:
    """Cut the past into stretches of counting time: days, or hours where there are few days.

    handed_in: instant and frames of each submission. The last stretch, which is not over, is left
    out.
    """
    hour = timedelta(hours=1)
    if not handed_in:
        return History(rounds, [], hour)
    first = min(at for at, _ in handed_in)
    span = policy.between(first, instant)
    stretch = policy.day if span >= DAYS * policy.day else hour
    stretches = [0] * (span // stretch)
    for at, frames in handed_in:
        position = policy.between(first, at) // stretch
        if position < len(stretches):
            stretches[position] += frames
    return History(rounds, stretches, stretch)
