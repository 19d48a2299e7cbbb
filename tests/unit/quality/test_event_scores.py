"""Average precision of event spans, on cases that can be worked out by hand."""

import numpy as np
import pytest

from workforce.quality.scoring.events import Event, average_precision, score_events

HALF = np.array([0.5])


def test_exact_spans_score_one_at_every_threshold():
    events = [Event("a", "running", 3, 9), Event("b", "running", 0, 2)]

    assert score_events(events, events).mean_average_precision == pytest.approx(np.ones(18))


def test_one_true_span_is_found_once():
    truth = [Event("a", "theft", 0, 10)]
    twice = [Event("a", "theft", 0, 10, 0.9), Event("a", "theft", 0, 9, 0.8)]

    assert average_precision(truth, twice, HALF) == pytest.approx([1.0])
    # the surer one misses its span, so the good one comes second: precision 1/2
    reversed_ = [Event("a", "theft", 20, 30, 0.9), Event("a", "theft", 0, 10, 0.8)]
    assert average_precision(truth, reversed_, HALF) == pytest.approx([0.5])


def test_a_taken_span_sends_the_next_prediction_to_the_next_best():
    truth = [Event("a", "theft", 0, 10), Event("a", "theft", 2, 12)]
    both = [Event("a", "theft", 0, 10, 0.9), Event("a", "theft", 0, 10, 0.8)]

    assert average_precision(truth, both, HALF) == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("truth", "prediction"),
    [
        ([], [Event("a", "theft", 0, 1)]),
        ([Event("a", "theft", 0, 1)], []),
        ([Event("a", "theft", 0, 1)], [Event("b", "theft", 0, 1)]),
        ([Event("a", "theft", 0, 1)], [Event("a", "running", 0, 1)]),
        ([Event("a", "theft", 5, 5)], [Event("a", "theft", 5, 5)]),
    ],
    ids=["no truth", "no prediction", "other clip", "other label", "empty span"],
)
def test_nothing_in_common_scores_zero(truth, prediction):
    assert score_events(truth, prediction).average == 0


def test_half_an_overlap_passes_low_thresholds_only():
    score = score_events([Event("a", "theft", 0, 10)], [Event("a", "theft", 0, 6)])

    means = score.mean_average_precision
    passed = dict(zip(score.thresholds.round(2).tolist(), means, strict=True))
    assert passed[0.55] == 1
    assert passed[0.65] == 0
