"""SLA clocks, computed on read from their events; nothing is stored that could disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tenants.contracts.business_time import Calendar


class ClockAction(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RUSH = "rush"
    STOP = "stop"
    #: A dispute: the delivery was none, and the clock runs on from here.
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a clock is held against, as the contract said when the clock was pinned to it.

    Durations are of the calendar's business time; without a calendar all time counts.
    """

    turnaround: timedelta
    calendar: Calendar | None = None
    rush: timedelta | None = None
    #: Probability of a breach from which it is at risk.
    at_risk: float = 0.25
    credit_percent_per_day: Decimal = Decimal(0)
    credit_percent_cap: Decimal = Decimal(0)

    @property
    def day(self) -> timedelta:
        """How long a day of lateness is."""
        return self.calendar.day_length if self.calendar else timedelta(days=1)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give the time from `start` to `end` that counts."""
        if self.calendar:
            return self.calendar.between(start, end)
        return max(end - start, timedelta())

    def after(self, start: datetime, duration: timedelta) -> datetime:
        """Give the instant with `duration` of counting time since `start`."""
        return self.calendar.after(start, duration) if self.calendar else start + duration

    def credit_percent(self, late_by: timedelta) -> Decimal:
        """Give the percent that a late clip is credited: per started day, up to the cap."""
        if late_by <= timedelta():
            return Decimal(0)
        days = -(-late_by // self.day)
        return min(days * self.credit_percent_per_day, self.credit_percent_cap)


@dataclass(frozen=True, slots=True)
class Tick:
    """One event of a clock; `at` is aware. The first that carries a policy pins the clock to it."""

    action: ClockAction
    at: datetime
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """What the events say. `due_at` moves while the clock is paused: paused time is not ours.

    allowance: counting time in all, shorter after a rush order. left: what is left of it, negative
    when late.
    """

    state: str
    elapsed: timedelta
    allowance: timedelta
    due_at: datetime | None
    late_by: timedelta
    credit_percent: Decimal
    policy: Policy

    @property
    def met(self) -> bool:
        return not self.late_by

    @property
    def left(self) -> timedelta:
        return self.allowance - self.elapsed


_FOLLOWS = {
    ("unstarted", ClockAction.START): "running",
    ("running", ClockAction.PAUSE): "paused",
    ("running", ClockAction.RUSH): "running",
    ("running", ClockAction.STOP): "stopped",
    ("paused", ClockAction.RESUME): "running",
    ("paused", ClockAction.RUSH): "paused",
    ("paused", ClockAction.STOP): "stopped",
    ("stopped", ClockAction.REOPEN): "running",
}


def follows(state: str, action: ClockAction) -> str | None:
    """Give the state after an action, or None where it makes no sense."""
    return _FOLLOWS.get((state, action))


class _Reading:
    """A clock while its events are walked through."""

    def __init__(self, policy: Policy, instant: datetime) -> None:
        self.policy = policy
        self.state, self.since = "unstarted", instant
        self.elapsed = timedelta()
        self.allowance = policy.turnaround
        self.due_at: datetime | None = None

    def run_to(self, instant: datetime) -> None:
        """Count the time up to `instant`, and note when the allowance was used up."""
        if self.state == "running":
            spent = self.policy.between(self.since, instant)
            left = self.allowance - self.elapsed
            if self.due_at is None and spent > left:
                self.due_at = self.policy.after(self.since, left)
            self.elapsed += spent
        self.since = instant

    def take(self, tick: Tick) -> None:
        """Count an event that makes sense here; any other counts for nothing."""
        state = follows(self.state, tick.action)
        if state is None:
            return
        self.run_to(tick.at)
        self.state = state
        if tick.action == ClockAction.RUSH and self.policy.rush is not None:
            self.allowance = min(self.allowance, self.elapsed + self.policy.rush)


def pinned_policy(ticks: Sequence[Tick]) -> Policy | None:
    """Give the policy that the clock's events are pinned to, if any is yet."""
    return next((tick.policy for tick in ticks if tick.policy is not None), None)


def read_clock(ticks: Sequence[Tick], *, policy: Policy, instant: datetime) -> Clock:
    """Compute a clock at `instant`. `policy` counts only while no event has pinned another.

    Events count in the order of their times; one that makes no sense where it stands (a pause of a
    paused clock, a pause after the stop) counts for nothing, so time never runs backwards.
    """
    policy = pinned_policy(ticks) or policy
    reading = _Reading(policy, instant)
    for tick in sorted(ticks, key=lambda tick: tick.at):
        if tick.at > instant:
            break
        reading.take(tick)
    end = reading.since if reading.state == "stopped" else instant
    if reading.state == "unstarted":
        return _unstarted(policy)
    reading.run_to(end)
    left = reading.allowance - reading.elapsed
    late_by = max(-left, timedelta())
    return Clock(
        state=reading.state,
        elapsed=reading.elapsed,
        allowance=reading.allowance,
        due_at=reading.due_at or policy.after(end, left),
        late_by=late_by,
        credit_percent=policy.credit_percent(late_by),
        policy=policy,
    )


def _unstarted(policy: Policy) -> Clock:
    nothing = timedelta()
    return Clock("unstarted", nothing, policy.turnaround, None, nothing, Decimal(0), policy)
