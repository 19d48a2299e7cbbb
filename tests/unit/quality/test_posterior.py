"""Trust from gold: what the gate waits for, what ages, and how the gold rate follows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.quality.posterior import GATE_AFTER, HALF_LIFE, gold_rate, posterior

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def after(*outcomes: bool):
    return posterior([(NOW, passed) for passed in outcomes], NOW)


def test_a_newcomer_is_neither_trusted_nor_gated():
    nothing = after()

    assert nothing.mean == 0.5
    assert nothing.width == pytest.approx(0.9)
    assert not nothing.gated


@pytest.mark.parametrize(
    ("outcomes", "gated"),
    [
        ([False, False], False),
        ([False, False, False], True),
        ([True, False, False], True),
        ([True, True, False], False),
        ([True, True, True], False),
        ([False, False, False, True, True, True], False),
    ],
)
def test_the_gate_closes_on_what_is_almost_surely_not_reached(outcomes, gated):
    assert after(*outcomes).gated == gated


def test_old_evidence_counts_half_after_its_half_life():
    aged = posterior([(NOW - HALF_LIFE, True)], NOW)

    assert aged.alpha == pytest.approx(1.5)
    assert aged.gold_count == 1


def test_a_clock_that_runs_behind_does_not_inflate():
    assert posterior([(NOW + timedelta(days=9), True)], NOW).alpha == 2


@given(st.lists(st.booleans(), max_size=30))
def test_passing_never_lowers_trust_and_failing_never_raises_it(outcomes):
    before = after(*outcomes)

    assert after(*outcomes, True).quantile(0.05) >= before.quantile(0.05) - 1e-9
    assert after(*outcomes, False).quantile(0.05) <= before.quantile(0.05) + 1e-9


@given(st.lists(st.booleans(), max_size=GATE_AFTER - 1))
def test_nobody_is_gated_before_enough_is_seen(outcomes):
    assert not after(*outcomes).gated


def test_the_gold_rate_falls_as_more_is_known():
    rates = [gold_rate(after(*[True] * n), least=0.05, most=0.5) for n in (0, 1, 3, 10, 100)]

    assert rates[0] == pytest.approx(0.5)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.08
