"""B-cubed against a case computed by hand, by its definition, and by what must always hold."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.links.appearances import Appearance, Run, View
from workforce.links.content import Laid, read_content, write_content
from workforce.links.identities import Link, Verdict
from workforce.quality.scoring.bcubed import bcubed
from workforce.quality.scoring.links import score_links

clusters = st.integers(0, 30).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 5), min_size=n, max_size=n)] * 2)
)


def score(truth, told):
    return bcubed(np.array(truth, np.int64), np.array(told, np.int64))


def by_definition(truth, told):
    def mean(ours, theirs):
        shares = []
        for i in range(len(ours)):
            together = [j for j in range(len(ours)) if ours[j] == ours[i]]
            shares.append(sum(theirs[j] == theirs[i] for j in together) / len(together))
        return sum(shares) / len(shares) if shares else 1.0

    return mean(told, truth), mean(truth, told)


def test_a_case_computed_by_hand():
    # Truth abc de, given ab cde. Precision 1 1 1/3 2/3 2/3, recall 2/3 2/3 1/3 1 1: both 11/15.
    found = score([0, 0, 0, 1, 1], [7, 7, 9, 9, 9])

    assert found.precision == pytest.approx(11 / 15)
    assert found.recall == pytest.approx(11 / 15)
    assert found.f1 == pytest.approx(11 / 15)


@given(clusters)
def test_it_is_what_the_definition_says(both):
    truth, told = both
    found = score(truth, told)

    assert (found.precision, found.recall) == pytest.approx(by_definition(truth, told))


@given(clusters)
def test_sides_are_mirrored_names_mean_nothing_and_both_lie_in_0_and_1(both):
    truth, told = both
    found, turned = score(truth, told), score(told, truth)

    assert (found.precision, found.recall) == pytest.approx((turned.recall, turned.precision))
    renamed = score(truth, [9 - cluster for cluster in told])
    assert (renamed.precision, renamed.recall) == pytest.approx((found.precision, found.recall))
    assert 0 < found.precision <= 1 + 1e-12
    assert 0 < found.recall <= 1 + 1e-12


@given(st.lists(st.integers(0, 5), min_size=1))
def test_the_truth_is_perfect_alone_is_precise_and_all_in_one_recalls(truth):
    alone, one = list(range(len(truth))), [0] * len(truth)

    assert score(truth, truth).f1 == pytest.approx(1.0)
    assert score(truth, alone).precision == pytest.approx(1.0)
    assert score(truth, one).recall == pytest.approx(1.0)


def test_two_sides_of_different_things_are_refused():
    with pytest.raises(ValueError, match="each thing"):
        score([0, 1], [0])


def content(*links, subjects=(0, 1), most=6):
    refs = [(UUID(int=n), UUID(int=n)) for n in range(most)]
    laid = [
        Laid(
            Appearance(*ref, "person", {}, (Run(0, 9, 0.0, 0.36),), (View(0, (0, 0, 9, 9)),)),
            subject=number in subjects,
            candidates=tuple(range(2, most)) if number in subjects else (),
        )
        for number, ref in enumerate(refs)
    ]
    said = [Link(refs[a], refs[b], verdict) for a, b, verdict in links]
    return read_content(write_content(laid, said, []).decode())


def test_links_are_scored_over_subjects_and_what_either_side_links():
    right = content((0, 2, Verdict.SAME), (1, 3, Verdict.SAME), (0, 3, Verdict.DIFFERENT))
    assert score_links(right, right).f1 == 1.0

    # Both taken for 2: of 0, 1, 2 and 3 the truth is 02 13, given is 012 3.
    wrong = content((0, 2, Verdict.SAME), (1, 2, Verdict.SAME))
    found = score_links(right, wrong)
    assert found.precision == pytest.approx((2 / 3 + 1 / 3 + 2 / 3 + 1) / 4)
    assert found.recall == pytest.approx((1 + 1 / 2 + 1 + 1 / 2) / 4)
    # Candidates that neither side links count nowhere.
    assert score_links(content(*_none(), most=6), content(*_none(), most=30)).f1 == 1.0
    unsure = content((0, 2, Verdict.UNSURE), (1, 3, Verdict.SAME))
    assert score_links(right, unsure).precision == 1.0


def _none():
    return [(0, 2, Verdict.DIFFERENT), (1, 2, Verdict.UNSURE)]
