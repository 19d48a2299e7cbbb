"""Forecasts: drawn from the past, the same for the same seed, wider where less is known."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.contracts.offices import LONDON
from workforce.delivery.forecast import HORIZON, LEAST_CLIPS, History, Step, forecast
from workforce.delivery.outlook import history_of
from workforce.delivery.sla import Policy

HOUR = timedelta(hours=1)
STEADY = History([1] * 20, [100] * 20, HOUR)


def one(frames, left, history=STEADY, seed=7):
    return forecast([Counter(frames)], [left], history, seed=seed)[0]


def test_steady_work_is_done_when_it_is_done():
    found = one([100] * 5, 6 * HOUR)
    assert found.low == found.middle == found.high == 5 * HOUR
    assert found.breach == 0
    assert one([100] * 5, 4 * HOUR).breach == 1


def test_tasks_that_come_back_are_work_again():
    found = one([100] * 10, 100 * HOUR, History([1, 1, 1, 1, 3], [100] * 20, HOUR))
    assert 10 * HOUR < found.middle < 30 * HOUR
    assert found.low < found.middle < found.high


def test_what_is_due_before_is_done_before():
    first, second = forecast([{300: 1}, {200: 1}], [9 * HOUR, 9 * HOUR], STEADY, seed=1)
    assert (first.middle, second.middle) == (3 * HOUR, 5 * HOUR)


def test_too_little_past_gives_no_forecast():
    for history in (
        History([1] * 4, [100] * 20, HOUR),
        History([1] * 20, [100] * 7, HOUR),
        History([1] * 20, [0] * 20, HOUR),
    ):
        assert one([100], HOUR, history) is None


def test_work_that_would_never_end_is_a_breach_even_if_it_is_due_late():
    found = one([10**9], timedelta(days=9000))
    assert found.breach == 1
    assert found.high == HORIZON * HOUR


def test_nothing_left_to_do_is_done_now():
    found = one([], HOUR)
    assert found.breach == 0
    assert found.high <= HOUR


@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=8),
    st.lists(st.integers(0, 300), min_size=8, max_size=20),
    st.integers(0, 2**32),
)
def test_a_forecast_is_the_same_again_and_its_band_in_order(frames, stretches, seed):
    history = History([1, 1, 2, 1, 1], [*stretches, 1], HOUR)
    found = one(frames, 5 * HOUR, history, seed)
    assert found == one(frames, 5 * HOUR, history, seed)
    assert timedelta() <= found.low <= found.middle <= found.high
    assert 0 <= found.breach <= one(frames, 4 * HOUR, history, seed).breach <= 1


def test_the_past_is_cut_into_hours_or_days_of_counting_time():
    policy = Policy(timedelta(days=1))
    start = datetime(2026, 11, 2, 9, tzinfo=UTC)
    young = [(start, 10), (start + 2.5 * HOUR, 20), (start + 3.2 * HOUR, 40)]
    found = history_of(young, [1], policy=policy, instant=start + 3.5 * HOUR)
    assert (found.stretch, found.stretches) == (HOUR, [10, 0, 20])
    old = [(start, 10), (start + timedelta(days=9, hours=1), 20)]
    found = history_of(old, [1], policy=policy, instant=start + timedelta(days=11))
    assert (found.stretch, found.stretches) == (timedelta(days=1), [10, *[0] * 8, 20, 0])
    # In office time the nights and the weekend between two submissions are no idle hours.
    office = Policy(timedelta(days=1), LONDON)
    week = [(start, 10), (start + timedelta(days=7), 30)]
    found = history_of(week, [1], policy=office, instant=start + timedelta(days=7, hours=2))
    assert len(found.stretches) == 5 * 8 + 2
    assert history_of([], [1], policy=policy, instant=start).stretches == []


def test_what_follows_the_labels_is_added_from_what_it_took_before():
    history = History([1] * 20, [100] * 20, HOUR, [(2 * HOUR, HOUR, 3 * HOUR)] * 6)
    found = one([100] * 5, 12 * HOUR, history)
    assert found.whole
    assert found.low == found.middle == found.high == 11 * HOUR
    assert one([100] * 5, 10 * HOUR, history).breach == 1
    left = [4 * HOUR, 4 * HOUR]
    hiding, releasing = forecast(
        [{}, {}], left, history, seed=1, steps=[Step.REDACTION, Step.RELEASE]
    )
    assert (hiding.middle, releasing.middle) == (4 * HOUR, 3 * HOUR)


def test_with_too_few_deliveries_a_forecast_says_that_it_counts_labels_only():
    few = [(HOUR, HOUR, HOUR)] * (LEAST_CLIPS - 1)
    found = one([100] * 5, 6 * HOUR, History([1] * 20, [100] * 20, HOUR, few))
    assert (found.whole, found.middle) == (False, 5 * HOUR)
    assert forecast([{}], [HOUR], History([], [], HOUR, few), seed=1) == [None]


class World:
    """A made-up client: how fast it goes, how often tasks come back, what follows the labels."""

    def __init__(self, seed):
        rng = self.rng = np.random.default_rng(seed)
        self.pace, self.spread = rng.uniform(60, 300), rng.uniform(0.3, 0.9)
        self.back, self.tail = rng.uniform(0, 0.4), rng.uniform(0.5, 8, 3)

    def stretch(self):
        return int(self.pace * self.rng.gamma(1 / self.spread**2, self.spread**2))

    def rounds(self):
        return int(self.rng.geometric(1 - self.back))

    def steps(self):
        return tuple(float(self.rng.gamma(3, part / 3)) * HOUR for part in self.tail)

    def history(self, clips):
        return History(
            [self.rounds() for _ in range(25)], [1, *(self.stretch() for _ in range(30))], HOUR,
            [self.steps() for _ in range(clips)],
        )  # fmt: skip

    def takes(self, frames):
        """What really happens, to the instant within the last stretch."""
        work, hours = sum(f * self.rounds() for f in frames), 0.0
        while work > 0:
            got = self.stretch()
            hours += min(1.0, work / got) if got else 1.0
            work -= got
        return hours * HOUR + sum(self.steps(), timedelta())


def covered(clips, cases):
    """In how much of made-up cases the band of 80 % holds what really happens."""
    held = 0
    for seed in range(cases):
        world = World(seed)
        frames = [int(f) for f in world.rng.integers(50, 300, world.rng.integers(3, 14))]
        found = one(frames, HOUR, world.history(clips), seed)
        held += found.low <= world.takes(frames) <= found.high
    return held / cases


def test_the_band_of_80_percent_holds_80_percent():
    """Two standard errors of 200 cases are 0.057."""
    assert 0.74 <= covered(clips=20, cases=200) <= 0.88


def test_a_band_that_leaves_the_last_steps_out_is_found_out():
    assert covered(clips=0, cases=60) < 0.5
