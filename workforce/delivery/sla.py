"""SLA clocks, computed on read from their events; nothing is stored that could disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class ClockAction(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Tick:
    """One event of a clock; `at` is aware."""

    action: ClockAction
    at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """What the events say. `due_at` moves while the clock is paused: paused time is not ours."""

    state: str
    elapsed: timedelta
    due_at: datetime | None
    late_by: timedelta

    @property
    def met(self) -> bool:
        return not self.late_by


def read_clock(ticks: Sequence[Tick], *, turnaround: timedelta, instant: datetime) -> Clock:
    """Compute a clock at `instant`.

    Events count in the order of their times; one that makes no sense where it stands (a pause of a
    paused clock, anything after the stop) counts for nothing, so time never runs backwards.
    """
    state, since, elapsed = "unstarted", instant, timedelta()
    for tick in sorted(ticks, key=lambda tick: tick.at):
        if tick.at > instant:
            break
        allowed = _FOLLOWS.get((state, tick.action))
        if allowed is None:
            continue
        if state == "running":
            elapsed += tick.at - since
        state, since = allowed, tick.at
    if state == "running":
        elapsed += instant - since
    if state == "unstarted":
        return Clock(state, elapsed, None, timedelta())
    end = since if state == "stopped" else instant
    return Clock(
        state, elapsed, end + (turnaround - elapsed), max(elapsed - turnaround, timedelta())
    )


_FOLLOWS = {
    ("unstarted", ClockAction.START): "running",
    ("running", ClockAction.PAUSE): "paused",
    ("running", ClockAction.STOP): "stopped",
    ("paused", ClockAction.RESUME): "running",
    ("paused", ClockAction.STOP): "stopped",
}
