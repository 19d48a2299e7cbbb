"""ISO 2859-1: single sampling plans and switching rules."""

from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.quality.sampling.switching import Inspection
from workforce.quality.sampling.tables import (
    AQLS,
    CODE_LETTERS,
    LETTERS,
    LOT_SIZES,
    SIZES,
    Severity,
    code_letter,
    plan_for,
)

lot_sizes = st.integers(2, 600_000)
aqls = st.sampled_from(AQLS)
levels = st.sampled_from(sorted(CODE_LETTERS))
severities = st.sampled_from([Severity.NORMAL, Severity.TIGHTENED])


def size_of(letter: str) -> int:
    """A lot size that has this letter at level II."""
    return LOT_SIZES[CODE_LETTERS["II"].index(letter)]


@pytest.mark.parametrize(
    ("letter", "aql", "severity", "plan"),
    [
        ("K", "1.0", "normal", ("K", 125, 3)),
        ("K", "1.0", "tightened", ("K", 125, 2)),
        ("F", "2.5", "normal", ("F", 20, 1)),
        ("J", "0.65", "normal", ("J", 80, 1)),
        ("L", "1.5", "normal", ("L", 200, 7)),
        ("L", "1.5", "tightened", ("L", 200, 5)),
        ("C", "2.5", "normal", ("C", 5, 0)),
        ("Q", "0.010", "normal", ("Q", 1250, 0)),
        # Arrows: a larger sample with one allowed, a smaller one with none.
        ("G", "0.65", "normal", ("F", 20, 0)),
        ("H", "0.65", "normal", ("J", 80, 1)),
        ("A", "1.0", "normal", ("E", 13, 0)),
        ("Q", "10", "normal", ("K", 125, 21)),
        ("A", "10", "normal", ("C", 5, 1)),
        ("F", "2.5", "tightened", ("G", 32, 1)),
    ],
)
def test_known_cells_of_the_tables(letter, aql, severity, plan):
    found = plan_for(size_of(letter), aql=aql, level="II", severity=Severity(severity))

    assert (found.letter, found.sample_size, found.acceptance_number) == plan


@pytest.mark.parametrize(
    ("size", "letters"),
    [
        *((2, "AAB"), (8, "AAB"), (9, "ABC"), (15, "ABC"), (25, "BCD"), (50, "CDE"), (90, "CEF")),
        *((150, "DFG"), (280, "EGH"), (500, "FHJ"), (1_200, "GJK"), (3_200, "HKL")),
        *((10_000, "JLM"), (35_000, "KMN"), (150_000, "LNP"), (500_000, "MPQ"), (500_001, "NQR")),
    ],
)
def test_code_letters_by_lot_size_and_level(size, letters):
    assert "".join(code_letter(size, level) for level in ("I", "II", "III")) == letters


def test_a_lot_of_one_has_no_letter():
    with pytest.raises(ValueError, match="2 items"):
        code_letter(1, "II")


@given(lot_sizes, aqls, levels, severities)
def test_every_lot_has_a_plan_of_the_table(size, aql, level, severity):
    plan = plan_for(size, aql=aql, level=level, severity=severity)

    assert plan.sample_size == SIZES[LETTERS.index(plan.letter)]
    assert 0 <= plan.acceptance_number <= 21
    assert plan.acceptance_number < plan.sample_size


@given(st.tuples(lot_sizes, lot_sizes).map(sorted), aqls, levels, severities)
def test_a_larger_lot_is_never_sampled_less(sizes, aql, level, severity):
    small, large = (plan_for(s, aql=aql, level=level, severity=severity) for s in sizes)

    assert small.sample_size <= large.sample_size
    assert small.acceptance_number <= large.acceptance_number


@given(lot_sizes, aqls, severities)
def test_a_higher_level_is_never_sampled_less(size, aql, severity):
    plans = [plan_for(size, aql=aql, level=x, severity=severity) for x in ("I", "II", "III")]

    assert all(a.sample_size <= b.sample_size for a, b in pairwise(plans))


@given(lot_sizes, levels, severities)
def test_a_laxer_aql_never_allows_a_smaller_share(size, level, severity):
    shares = [
        plan.acceptance_number / plan.sample_size
        for plan in (plan_for(size, aql=aql, level=level, severity=severity) for aql in AQLS)
    ]

    assert shares == sorted(shares)


@given(lot_sizes, aqls, levels)
def test_tightened_inspection_allows_no_more(size, aql, level):
    normal = plan_for(size, aql=aql, level=level, severity=Severity.NORMAL)
    tightened = plan_for(size, aql=aql, level=level, severity=Severity.TIGHTENED)

    if normal.sample_size == tightened.sample_size:
        assert tightened.acceptance_number <= normal.acceptance_number
    quality = float(aql) / 100
    assert accepted(tightened, quality) <= accepted(normal, quality) + 1e-12


def accepted(plan, share: float) -> float:
    """Chance that a lot with this share of bad items is accepted (binomial)."""
    n = plan.sample_size
    return sum(
        comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(plan.acceptance_number + 1)
    )


@given(lot_sizes, aqls, levels)
def test_a_supplier_at_the_aql_is_mostly_accepted(size, aql, level):
    """Under normal inspection the producer's risk stays about a tenth."""
    plan = plan_for(size, aql=aql, level=level, severity=Severity.NORMAL)

    assert accepted(plan, float(aql) / 100) > 0.85


def run(outcomes: str, start: Inspection | None = None) -> Inspection:
    """`a` is accepted, `r` is not."""
    state = start or Inspection()
    for letter in outcomes:
        state = state.after(accepted=letter == "a")
    return state


@pytest.mark.parametrize(
    ("outcomes", "severity"),
    [
        ("", "normal"),
        ("r", "normal"),
        ("rr", "tightened"),
        ("raaar", "tightened"),
        ("raaaar", "normal"),
        ("rr" + "aaaa", "tightened"),
        ("rr" + "aaaaa", "normal"),
        ("rr" + "aaaaraaaa", "tightened"),
        ("rr" + "aaaaraaaaa", "normal"),
        ("rr" + "rrrr", "tightened"),
        ("rr" + "rrrrr", "discontinued"),
        ("rr" + "rarararar", "discontinued"),
        ("rr" + "rrrrr" + "aaaaaaa", "discontinued"),
        ("rr" + "aaaaa" + "r", "normal"),
    ],
)
def test_when_inspection_switches(outcomes, severity):
    assert run(outcomes).severity == severity


def test_resumed_inspection_is_tightened_and_begins_anew():
    state = run("rrrrrrr").resumed()

    assert state.severity == "tightened"
    assert run("rrrr", state).severity == "tightened"
    assert run("rrrrr", state).severity == "discontinued"
    assert run("aaaaa", state).severity == "normal"


@given(st.text("ar", max_size=60))
def test_the_rules_hold_for_every_history(outcomes):
    """Said again, over the whole history: what brings each severity about."""
    state, since = Inspection(), 0
    for position, letter in enumerate(outcomes, 1):
        before, state = state, state.after(accepted=letter == "a")
        seen = outcomes[since:position]
        if before.severity == "normal":
            assert (state.severity == "tightened") == (seen[-5:].count("r") >= 2)
        elif before.severity == "tightened":
            assert (state.severity == "discontinued") == (seen.count("r") == 5)
            assert (state.severity == "normal") == seen.endswith("aaaaa")
        else:
            assert state == before
        if state.severity != before.severity:
            since = position
