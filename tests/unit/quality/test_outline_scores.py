"""Polygons and turned boxes are measured by their outlines, not by the boxes around them."""

import math
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workforce.labels.tracks import track_from_wire
from workforce.quality.scoring.confusion import confusion
from workforce.quality.scoring.detections import detections, frames_of, overlaps
from workforce.quality.scoring.labels import Labels, score_labels
from workforce.quality.scoring.outlines import area, outline_iou, shared_area

SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
CORNER = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 2.0], [2.0, 2.0], [2.0, 10.0], [0.0, 10.0]])

places = st.floats(-500, 2500, allow_nan=False, width=32)
lengths = st.floats(1, 400, allow_nan=False, width=32)


@st.composite
def outlines(draw):
    """A simple outline: corners around a middle, each in its own direction, near or far."""
    corners = draw(st.integers(3, 12))
    turn = draw(st.floats(0, 6))
    far = draw(st.lists(lengths, min_size=corners, max_size=corners))
    middle = np.array([draw(places), draw(places)])
    angles = turn + np.arange(corners) * 2 * math.pi / corners
    return middle + np.array(far)[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


@st.composite
def boxes(draw):
    x, y = draw(places), draw(places)
    return x, y, x + draw(lengths), y + draw(lengths)


def corners(box):
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def box_iou(a, b):
    one = np.zeros(1, dtype=np.int64)
    sides = [detections(one, one, np.array([box])) for box in (a, b)]
    pairs = overlaps(*sides, frames_of(*sides))
    return float(pairs.iou[0]) if len(pairs) else 0.0


@given(outlines())
def test_an_outline_is_itself(outline):
    assert outline_iou(outline, outline) == pytest.approx(1, abs=1e-9)
    assert outline_iou(outline, outline[::-1]) == pytest.approx(1, abs=1e-9)
    assert outline_iou(outline, np.roll(outline, 1, axis=0)) == pytest.approx(1, abs=1e-9)


@given(outlines(), outlines())
def test_iou_is_the_same_from_both_sides_and_a_share(a, b):
    assert outline_iou(a, b) == pytest.approx(outline_iou(b, a), abs=1e-9)
    assert 0 <= outline_iou(a, b) <= 1
    assert shared_area(a, b) <= min(area(a), area(b)) * (1 + 1e-9)


@given(boxes(), boxes())
def test_outlines_of_boxes_have_the_iou_of_the_boxes(a, b):
    assert outline_iou(corners(a), corners(b)) == pytest.approx(box_iou(a, b), abs=1e-9)


@given(outlines(), boxes(), st.floats(0.1, 0.9))
def test_a_shape_is_shared_with_two_halves_of_a_box_as_with_the_whole(outline, box, share):
    x1, y1, x2, y2 = box
    middle = x1 + share * (x2 - x1)
    halves = [(x1, y1, middle, y2), (middle, y1, x2, y2)]
    parts = sum(shared_area(outline, corners(half)) for half in halves)
    assert parts == pytest.approx(shared_area(outline, corners(box)), abs=1e-5)


@given(outlines(), outlines(), st.tuples(places, places))
@settings(max_examples=50)
def test_where_the_pair_lies_does_not_matter(a, b, by):
    assert outline_iou(a + by, b + by) == pytest.approx(outline_iou(a, b), abs=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [
        (SQUARE, SQUARE + 5, 25),
        (SQUARE, SQUARE + np.array([10, 0]), 0),
        (SQUARE, CORNER, 36),
        (CORNER, SQUARE + 2, 0),
        (SQUARE, SQUARE[:3], 50),
        (CORNER, SQUARE + np.array([5, 0]), 10),
    ],
    ids=["shifted", "side_by_side", "inside", "in_its_hollow", "half", "one_arm"],
)
def test_areas_that_can_be_worked_out_by_hand(a, b, shared):
    assert shared_area(a, b) == pytest.approx(shared)


def polygon(*points, end=9, label="vehicle"):
    flat = [float(value) for point in points for value in point]
    return track_from_wire(
        {
            "id": str(uuid4()), "label": label, "kind": "polygon", "attributes": {},
            "keyframes": [[0, 0, flat], [end, 0, flat]],
        }
    )  # fmt: skip


def box(*geometry, end=9):
    return track_from_wire(
        {
            "id": str(uuid4()), "label": "vehicle", "kind": "box", "attributes": {},
            "keyframes": [[0, 0, list(geometry)], [end, 0, list(geometry)]],
        }
    )  # fmt: skip


def scored(truth, given_):
    return score_labels(Labels([truth]), Labels([given_]), start=0, end=9).tracks


UPPER = polygon((0, 0), (100, 0), (0, 100))
LOWER = polygon((100, 0), (100, 100), (0, 100))


def test_two_halves_of_one_box_are_not_one_object():
    """The boxes around both are the same; the shapes share nothing."""
    tracks = scored(UPPER, LOWER)
    assert tracks.summary()["HOTA"] == 0
    assert tracks.frame_errors() == [
        {"frame": frame, "missed": 1, "false": 1, "switched": 0} for frame in range(10)
    ]
    assert confusion([UPPER], [LOWER], start=0, end=9) == [("", "vehicle", 10), ("vehicle", "", 10)]


def test_a_polygon_that_is_drawn_a_little_otherwise_is_found_and_less_exact():
    near = polygon((0, 0), (90, 0), (0, 90))
    tracks = scored(UPPER, near)
    assert tracks.frame_errors() == []
    assert tracks.summary()["MOTP"] == pytest.approx(0.81)


def test_a_box_around_a_polygon_is_measured_by_what_they_share():
    assert scored(UPPER, box(0, 0, 100, 100)).summary()["MOTP"] == pytest.approx(0.5)


def test_a_turned_box_is_its_corners():
    """A square that is turned by 45 degrees lies inside the box that is drawn round it."""
    turned = box(0, 0, 100, 100, 45.0)
    assert scored(turned, box(0, 0, 100, 100)).summary()["MOTP"] == pytest.approx(0.7071, abs=1e-3)
    assert scored(turned, turned).summary()["MOTP"] == pytest.approx(1)
