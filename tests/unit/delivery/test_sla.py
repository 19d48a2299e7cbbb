"""SLA clocks: only running time counts, and no order of events makes it run backwards."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contracts.offices import LONDON, NEW_YORK
from workforce.delivery.sla import ClockAction, Policy, Tick, read_clock

NOON = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # an hour before the clocks change in Europe
DAY = Policy(timedelta(days=1), rush=timedelta(hours=6))


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def ticks(*pairs, policy=None):
    return [Tick(ClockAction(action), at(hours), policy) for action, hours in pairs]


def test_paused_time_is_not_counted_and_moves_the_due_time():
    clock = read_clock(
        ticks(("start", 0), ("pause", 2), ("resume", 5), ("stop", 6)), policy=DAY, instant=at(99)
    )
    assert clock.state == "stopped"
    assert clock.elapsed == timedelta(hours=3)
    assert clock.due_at == at(27)
    assert clock.met


def test_a_late_delivery_is_late_by_its_running_time_and_due_when_its_time_was_up():
    events = ticks(("start", 0), ("pause", 2), ("resume", 12), ("stop", 40))
    clock = read_clock(events, policy=DAY, instant=at(50))
    assert clock.late_by == timedelta(hours=6)
    assert clock.due_at == at(34)
    assert not clock.met


def test_events_out_of_place_count_for_nothing():
    events = ticks(
        ("pause", 0), ("start", 1), ("start", 2), ("resume", 3), ("stop", 4), ("start", 5)
    )
    assert read_clock(events, policy=DAY, instant=at(10)).elapsed == timedelta(hours=3)


def test_a_clock_that_never_started_has_no_due_time():
    clock = read_clock([], policy=DAY, instant=at(1))
    assert (clock.state, clock.due_at, clock.met) == ("unstarted", None, True)


def test_a_dispute_opens_the_clock_again_and_the_client_s_time_is_not_counted():
    events = ticks(("start", 0), ("stop", 10), ("reopen", 100), ("stop", 105))
    clock = read_clock(events, policy=DAY, instant=at(200))
    assert (clock.state, clock.elapsed) == ("stopped", timedelta(hours=15))


def test_a_rush_order_shortens_what_is_left_and_never_lengthens_it():
    early = read_clock(ticks(("start", 0), ("rush", 3)), policy=DAY, instant=at(4))
    late = read_clock(ticks(("start", 0), ("rush", 23)), policy=DAY, instant=at(23))
    assert early.due_at == at(9)
    assert late.due_at == at(24)


def test_each_started_day_of_lateness_is_credited_up_to_the_cap():
    policy = Policy(
        timedelta(days=1), credit_percent_per_day=Decimal(10), credit_percent_cap=Decimal(50)
    )
    percents = [policy.credit_percent(timedelta(hours=h)) for h in (-5, 0, 0.001, 24, 24.1, 2400)]
    assert percents == [0, 0, 10, 10, 20, 50]
    # In business time a day is an office's day, not 24 office hours.
    office = Policy(timedelta(hours=8), LONDON, credit_percent_per_day=Decimal(10),
                    credit_percent_cap=Decimal(50))  # fmt: skip
    assert office.credit_percent(timedelta(hours=8.5)) == 20


actions = st.sampled_from([a.value for a in ClockAction])
events = st.lists(st.tuples(actions, st.integers(0, 400)), max_size=14)
policies = st.sampled_from(
    [
        DAY,
        Policy(timedelta(hours=16), LONDON, rush=timedelta(hours=4)),
        Policy(timedelta(hours=12), NEW_YORK),
    ]
)


@given(events, st.integers(0, 400), st.integers(0, 400), policies)
def test_no_sequence_of_pauses_makes_time_run_backwards(pairs, first, second, policy):
    early, late = sorted([first, second])
    a = read_clock(ticks(*pairs), policy=policy, instant=at(early))
    b = read_clock(ticks(*pairs), policy=policy, instant=at(late))
    assert timedelta() <= a.elapsed <= b.elapsed
    assert b.elapsed - a.elapsed <= timedelta(hours=late - early)


@given(st.lists(st.integers(1, 400), max_size=8, unique=True).map(sorted), policies)
def test_what_counts_is_all_counting_time_but_for_the_pauses(hours, policy):
    stood = list(zip(hours[::2], hours[1::2], strict=False))
    pauses = [pair for a, b in stood for pair in (("pause", a), ("resume", b))]
    clock = read_clock(ticks(("start", 0), *pauses), policy=policy, instant=at(401))
    paused = sum((policy.between(at(a), at(b)) for a, b in stood), timedelta())
    assert clock.elapsed == policy.between(at(0), at(401)) - paused


@given(events, policies, policies, policies)
def test_a_policy_change_never_alters_a_closed_clock(pairs, pinned, before, after):
    closed = [
        *ticks(("start", 0), policy=pinned),
        *ticks(*pairs),
        *ticks(("stop", 401)),
    ]
    then = read_clock(closed, policy=before, instant=at(500))
    # Another contract is signed, and what is recorded from then on carries it.
    changed = [*closed, *ticks(("pause", 450), policy=after)]
    now = read_clock(changed, policy=after, instant=at(9000))
    assert then.state == now.state == "stopped"
    assert (then.elapsed, then.due_at, then.late_by) == (now.elapsed, now.due_at, now.late_by)
    assert then.credit_percent == now.credit_percent


@given(events, policies, st.integers(0, 400))
def test_what_is_late_was_due_before_and_what_is_not_is_due_after(pairs, policy, hours):
    clock = read_clock(ticks(("start", 0), *pairs), policy=policy, instant=at(hours))
    assert clock.due_at is not None
    if clock.late_by:
        assert clock.due_at < at(hours)
    elif clock.state in {"running", "paused"}:
        assert clock.due_at >= at(hours)
