"""What each tracking metric rewards and punishes, on scenes whose answer can be worked out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.quality.scenes import scene, walk
from workforce.quality.scoring.detections import detections
from workforce.quality.scoring.hota import ALPHAS
from workforce.quality.scoring.summary import score_tracks

FRAMES = range(1, 21)


def summary(truth, prediction):
    return score_tracks(truth, prediction).summary()


def test_perfect_labels_score_one():
    truth = scene(walk(7, FRAMES), walk(9, FRAMES, left=300))
    given_ = scene(walk(1, FRAMES), walk(2, FRAMES, left=300))

    scored = summary(truth, given_)

    for metric in ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MODA", "MOTP", "IDF1", "IDP", "IDR"):
        assert scored[metric] == pytest.approx(1.0)
    assert (scored["MT"], scored["PT"], scored["ML"]) == (2, 0, 0)
    assert scored["IDSW"] == scored["Frag"] == scored["CLR_FP"] == scored["CLR_FN"] == 0


def test_an_empty_task_finds_nothing():
    scored = summary(scene(walk(1, FRAMES)), scene())

    assert scored["HOTA"] == scored["MOTA"] == scored["IDF1"] == 0
    assert scored["CLR_FN"] == scored["IDFN"] == 20
    assert (scored["ML"], scored["LocA"]) == (1, 1)


def test_labels_where_nothing_is_true_are_false_alarms():
    scored = summary(scene(), scene(walk(1, FRAMES)))

    assert scored["HOTA"] == scored["MOTA"] == 0
    assert (scored["CLR_FP"], scored["IDFP"], scored["ML"]) == (20, 20, 0)


def test_nothing_against_nothing_counts_nothing():
    scored = summary(scene(), scene())

    assert scored["CLR_TP"] == scored["CLR_FN"] == scored["CLR_FP"] == 0


def test_an_identity_swap_costs_association_but_not_detection():
    truth = scene(walk(1, FRAMES), walk(2, FRAMES, left=300))
    swapped = scene(
        walk(1, range(1, 11)),
        walk(1, range(11, 21), left=300),
        walk(2, range(1, 11), left=300),
        walk(2, range(11, 21)),
    )

    scored = summary(truth, swapped)

    assert scored["DetA"] == pytest.approx(1.0)
    # each pairing holds 10 of 20 boxes: 10 / (20 + 20 - 10)
    assert scored["AssA"] == pytest.approx(1 / 3)
    assert scored["HOTA"] == pytest.approx(np.sqrt(1 / 3))
    assert (scored["IDSW"], scored["IDF1"]) == (2, pytest.approx(0.5))
    assert scored["MOTA"] == pytest.approx(1 - 2 / 40)


def test_boxes_too_wide_pass_mota_and_idf1_but_not_hota():
    truth = scene(walk(1, FRAMES))
    wide = [
        (f, i, x1 - 6, y1 - 13.5, x2 + 6, y2 + 13.5) for f, i, x1, y1, x2, y2 in walk(1, FRAMES)
    ]

    scored = summary(truth, scene(wide))

    assert scored["MOTA"] == scored["IDF1"] == 1
    assert scored["HOTA"] < 0.6
    # 30 % wider and higher: IoU 1 / 1.69, which 11 of 19 thresholds accept
    assert scored["HOTA"] == pytest.approx((ALPHAS <= 1 / 1.69).sum() / 19)


def test_a_gap_counts_as_one_fragmentation():
    truth = scene(walk(1, FRAMES), walk(2, FRAMES, left=300))
    interrupted = scene(walk(1, range(1, 8)), walk(1, range(11, 21)), walk(2, FRAMES, left=300))

    scored = summary(truth, interrupted)

    assert (scored["Frag"], scored["IDSW"], scored["CLR_FN"]) == (1, 0, 3)


def test_frames_without_any_label_on_one_side_keep_the_running_match():
    """As in TrackEval: a frame with an empty side leaves 'the frame before' as it was."""
    truth = scene(walk(1, range(1, 5)), walk(1, range(9, 13)))
    same = scene(walk(1, range(1, 13)))

    scored = summary(truth, same)

    assert (scored["Frag"], scored["CLR_FP"], scored["IDSW"]) == (0, 4, 0)


def test_a_running_track_is_kept_over_a_better_fit():
    truth = scene([(1, 1, 0, 0, 100, 100), (2, 1, 0, 0, 100, 100)])
    given_ = scene(
        [(1, 1, 0, 0, 100, 80), (2, 1, 0, 0, 100, 80), (2, 2, 0, 0, 100, 100)],
    )

    scored = summary(truth, given_)

    assert (scored["IDSW"], scored["MOTP"]) == (0, pytest.approx(0.8))


def test_a_box_under_another_label_is_no_match():
    frames, identities = np.array([1, 2]), np.array([1, 1])
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]])
    person = detections(frames, identities, boxes, labels=np.array([0, 0]))
    mixed = detections(frames, identities, boxes, labels=np.array([0, 1]))

    scored = summary(person, mixed)

    assert (scored["CLR_TP"], scored["CLR_FP"], scored["CLR_FN"]) == (1, 1, 1)


def test_errors_are_told_frame_by_frame():
    truth = scene(walk(1, range(1, 5)))
    given_ = scene(walk(1, range(1, 3)), walk(2, range(4, 5)), walk(3, range(2, 3), left=500))

    errors = score_tracks(truth, given_).frame_errors()

    assert errors == [
        {"frame": 2, "missed": 0, "false": 1, "switched": 0},
        {"frame": 3, "missed": 1, "false": 0, "switched": 0},
        {"frame": 4, "missed": 0, "false": 0, "switched": 1},
    ]


@st.composite
def crowds(draw):
    """Up to 5 identities a frame on a coarse grid, so that boxes overlap often."""
    rows = []
    for frame in range(draw(st.integers(0, 6))):
        for identity in draw(st.sets(st.integers(0, 4), max_size=5)):
            x, y = draw(st.integers(0, 20)), draw(st.integers(0, 20))
            rows.append((frame, identity, x, y, x + 15, y + 15))
    return rows


@settings(max_examples=60, deadline=None)
@given(truth=crowds(), given_=crowds(), shift=st.integers(-50, 50), seed=st.randoms())
def test_scores_do_not_depend_on_place_names_or_order(truth, given_, shift, seed):
    scored = summary(scene(truth), scene(given_))
    renamed = {name: 100 - name for name in range(5)}
    moved = [(f + 7, renamed[i], x1 + shift, y1, x2 + shift, y2) for f, i, x1, y1, x2, y2 in truth]
    shifted = [(f + 7, i, x1 + shift, y1, x2 + shift, y2) for f, i, x1, y1, x2, y2 in given_]

    again = summary(scene(moved), scene(shifted))

    for metric in ("DetRe", "CLR_TP", "IDF1"):
        assert again[metric] == pytest.approx(scored[metric])
    assert scored["CLR_TP"] + scored["CLR_FN"] == len(truth)
    assert scored["CLR_TP"] + scored["CLR_FP"] == len(given_)
    assert scored["MT"] + scored["PT"] + scored["ML"] == len({row[1] for row in truth})
    assert all(0 <= scored[metric] <= 1 for metric in ("HOTA", "DetA", "AssA", "LocA", "IDF1"))


@settings(max_examples=60, deadline=None)
@given(truth=crowds())
def test_a_truth_against_itself_is_perfect(truth):
    scored = summary(scene(truth), scene(truth))

    expected = 1.0 if truth else 0.0
    assert scored["HOTA"] == pytest.approx(expected)
    assert scored["IDF1"] == pytest.approx(expected)
    assert scored["CLR_FN"] == scored["CLR_FP"] == 0
