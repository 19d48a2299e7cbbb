"""Scoring labels in our own form: label, attributes and range are taken into account."""

import pytest

from tests.unit.labels.scenes import track
from workforce.quality.scoring.labels import Labels, score_labels

STANDING = {"posture": "standing", "hooded": True}
HALF = {"posture": [[0, "standing"], [5, "walking"]], "hooded": True}


def still(number: int, left: float = 0, **changes):
    return track(
        id=f"6b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b{number:03}",
        keyframes=[[0, 0, [left, 0, left + 10, 10]]],
        **{"attributes": {}, **changes},
    )


def test_attributes_are_compared_frame_by_frame_where_boxes_match():
    truth = [still(1, attributes=STANDING)]
    given = [still(2, attributes=HALF)]

    scored = score_labels(Labels(truth), Labels(given), start=0, end=9)

    assert scored.attribute_agreement == {"person.hooded": 1, "person.posture": 0.5}
    assert scored.f1_by_label == {"person": 1}


def test_a_wrong_label_costs_both_labels():
    truth = [still(1), still(2, left=100, label="vehicle")]
    given = [still(3), still(4, left=100, label="person")]

    scored = score_labels(Labels(truth), Labels(given), start=0, end=9)

    assert scored.f1_by_label == {"person": pytest.approx(2 / 3), "vehicle": 0}
    assert scored.tracks.summary()["CLR_TP"] == 10


def test_only_the_range_is_scored_and_unseen_tracks_do_not_count():
    hidden = track(keyframes=[[0, 1, [0, 0, 10, 10]]], attributes={})

    scored = score_labels(Labels([still(1)]), Labels([still(2), hidden]), start=40, end=49)

    assert scored.tracks.summary()["CLR_TP"] == 10
    assert scored.tracks.summary()["HOTA"] == pytest.approx(1)
    assert scored.tracks.prediction.identity_count == 1
