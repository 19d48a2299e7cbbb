"""Overlap, suppression and padding of boxes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workforce.redaction.boxes import (
    areas,
    clipped,
    intersections,
    no_boxes,
    overlaps,
    padded,
    suppressed,
)

side = st.floats(0.5, 200)
corner = st.floats(-100, 500)
box = st.tuples(corner, corner, side, side).map(lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]])
many = st.lists(box, min_size=1, max_size=8).map(lambda b: np.array(b, float))


@given(many, many)
def test_overlap_is_symmetric_and_between_none_and_all(left, right):
    there, back = overlaps(left, right), overlaps(right, left)
    assert np.allclose(there, back.T)
    assert (there >= 0).all()
    assert (there <= 1 + 1e-9).all()


@given(many)
def test_a_box_overlaps_itself_wholly(boxes):
    assert np.allclose(np.diag(overlaps(boxes, boxes)), 1.0)


@given(many)
def test_what_is_suppressed_overlaps_something_better_that_is_kept(boxes):
    scores = np.linspace(1.0, 0.1, len(boxes))
    kept = suppressed(boxes, scores, overlap=0.5)
    among = overlaps(boxes[kept], boxes[kept]) - np.eye(len(kept))
    assert (among < 0.5).all()
    for gone in set(range(len(boxes))) - set(kept.tolist()):
        better = [one for one in kept if scores[one] > scores[gone]]
        assert overlaps(boxes[[gone]], boxes[better]).max() >= 0.5


@given(many, st.floats(0, 1))
def test_padding_grows_about_the_centre(boxes, share):
    grown = padded(boxes, share=share)
    assert np.allclose(grown[:, 2:] - grown[:, :2], (boxes[:, 2:] - boxes[:, :2]) * (1 + share))
    assert np.allclose(intersections(boxes, grown).diagonal(), areas(boxes))


def test_an_inverted_box_has_no_area():
    assert areas(np.array([[5.0, 5.0, 1.0, 9.0]])).tolist() == [0.0]
    assert overlaps(np.array([[5.0, 5.0, 5.0, 5.0]]), np.array([[5.0, 5.0, 5.0, 5.0]])) == 0.0


def test_clipping_keeps_to_the_picture():
    assert clipped(np.array([[-5.0, 2.0, 400.0, 999.0]]), width=320, height=240).tolist() == [
        [0.0, 2.0, 320.0, 240.0]
    ]


def test_no_boxes_go_through():
    assert suppressed(no_boxes(), np.zeros(0), overlap=0.5).tolist() == []
    assert overlaps(no_boxes(), no_boxes()).shape == (0, 0)
