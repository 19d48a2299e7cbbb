"""SLA clocks: only running time counts, and no order of events makes it run backwards."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workforce.delivery.sla import ClockAction, Tick, read_clock

NOON = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # an hour before the clocks change in Europe
DAY = timedelta(days=1)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def ticks(*pairs):
    return [Tick(ClockAction(action), at(hours)) for action, hours in pairs]


def test_paused_time_is_not_counted_and_moves_the_due_time():
    clock = read_clock(
        ticks(("start", 0), ("pause", 2), ("resume", 5), ("stop", 6)),
        turnaround=DAY,
        instant=at(99),
    )
    assert clock.state == "stopped"
    assert clock.elapsed == timedelta(hours=3)
    assert clock.due_at == at(27)
    assert clock.met


def test_a_late_delivery_is_late_by_its_running_time():
    clock = read_clock(ticks(("start", 0), ("stop", 30)), turnaround=DAY, instant=at(31))
    assert clock.late_by == timedelta(hours=6)
    assert not clock.met


def test_events_out_of_place_count_for_nothing():
    clock = read_clock(
        ticks(("pause", 0), ("start", 1), ("start", 2), ("resume", 3), ("stop", 4), ("start", 5)),
        turnaround=DAY,
        instant=at(10),
    )
    assert clock.elapsed == timedelta(hours=3)


def test_a_clock_that_never_started_has_no_due_time():
    clock = read_clock([], turnaround=DAY, instant=at(1))
    assert (clock.state, clock.due_at, clock.met) == ("unstarted", None, True)


events = st.lists(
    st.tuples(st.sampled_from([a.value for a in ClockAction]), st.integers(0, 100)), max_size=12
)


@given(events, st.integers(0, 100), st.integers(0, 100))
def test_elapsed_time_never_shrinks_and_never_exceeds_wall_time(pairs, first, second):
    early, late = sorted([first, second])
    a = read_clock(ticks(*pairs), turnaround=DAY, instant=at(early))
    b = read_clock(ticks(*pairs), turnaround=DAY, instant=at(late))
    assert timedelta() <= a.elapsed <= b.elapsed
    assert b.elapsed - a.elapsed <= timedelta(hours=late - early)
