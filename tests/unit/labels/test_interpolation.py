"""Shapes between keyframes: CVAT's rules, and what holds for every track."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.labels.scenes import PICTURE, track, tracks
from workforce.labels.interpolation import (
    rotation_between,
    shape_at,
    shapes,
    shapes_and_ends,
)


def test_boxes_move_linearly_between_keyframes():
    moving = track(keyframes=[[0, 0, [0, 0, 10, 10]], [10, 0, [100, 50, 120, 80]]])

    assert shape_at(moving, 5).geometry == pytest.approx((50, 25, 65, 45))
    assert not shape_at(moving, 5).keyframe
    assert shape_at(moving, 10).keyframe


def test_before_the_first_keyframe_there_is_nothing_and_after_the_last_it_stays():
    still = track(keyframes=[[5, 0, [0, 0, 10, 10]]])

    assert shape_at(still, 4) is None
    assert shape_at(still, 49).geometry == (0, 0, 10, 10)
    assert [shape.frame for shape in shapes(still, 0, 49)] == list(range(5, 50))


def test_an_outside_keyframe_hides_the_track_until_the_next():
    leaving = track(
        keyframes=[
            [0, 0, [0, 0, 10, 10]],
            [4, 1, [40, 0, 50, 10]],
            [8, 0, [80, 0, 90, 10]],
        ]
    )

    assert [shape.frame for shape in shapes(leaving, 0, 9)] == [0, 1, 2, 3, 8, 9]
    assert shape_at(leaving, 3).geometry == pytest.approx((30, 0, 40, 10))
    assert [shape.frame for shape in shapes_and_ends(leaving, 0, 9) if shape.outside] == [4]


def test_occlusion_holds_from_the_left_keyframe():
    hidden = track(keyframes=[[0, 2, [0, 0, 10, 10]], [3, 0, [0, 0, 10, 10]]])

    assert [shape.occluded for shape in shapes(hidden, 0, 4)] == [True, True, True, False, False]


def test_polygons_of_as_many_points_move_point_by_point():
    drawn = track(
        kind="polygon",
        keyframes=[[0, 0, [0, 0, 10, 0, 5, 8]], [4, 0, [20, 0, 30, 0, 25, 16]]],
    )

    assert shape_at(drawn, 3).geometry == pytest.approx((15, 0, 25, 0, 20, 14))
    assert shape_at(drawn, 4).geometry == (20, 0, 30, 0, 25, 16)


def test_a_polygon_holds_until_one_of_other_points():
    drawn = track(
        kind="polygon",
        keyframes=[[0, 0, [0, 0, 10, 0, 5, 8]], [4, 0, [20, 0, 30, 0, 30, 8, 20, 8]]],
    )

    assert shape_at(drawn, 3).geometry == (0, 0, 10, 0, 5, 8)


def test_rotation_takes_the_shorter_way():
    turning = track(keyframes=[[0, 0, [0, 0, 10, 10, 350]], [2, 0, [0, 0, 10, 10, 20]]])

    assert shape_at(turning, 1).geometry[4] == pytest.approx(5)


def test_a_box_that_begins_to_turn_starts_upright():
    turning = track(keyframes=[[0, 0, [0, 0, 10, 10]], [2, 0, [0, 0, 10, 10, 90]]])

    assert shape_at(turning, 1).geometry == pytest.approx((0, 0, 10, 10, 45))


degrees = st.floats(-360, 360, allow_nan=False)


@given(left=degrees, right=degrees, share=st.floats(0, 1))
def test_rotation_never_turns_more_than_half_a_circle(left, right, share):
    turned = rotation_between(left, right, share)
    away = abs((turned - left + 180) % 360 - 180)

    assert 0 <= turned <= 360
    assert away <= 180 * share + 1e-6


@given(moving=tracks())
def test_a_keyframe_is_given_back_as_it_was_drawn(moving):
    for keyframe in moving.keyframes:
        shape = shape_at(moving, keyframe.frame)
        if keyframe.outside:
            assert shape is None
        else:
            assert shape.geometry == keyframe.geometry
            assert shape.occluded == keyframe.occluded


@given(moving=tracks(), frame=st.integers(0, PICTURE.end))
def test_one_frame_alone_and_the_whole_run_agree(moving, frame):
    run = {shape.frame: shape for shape in shapes(moving, 0, PICTURE.end)}

    assert run.get(frame) == shape_at(moving, frame)


@given(moving=tracks(kinds=("box",), rotated=st.just(value=False)), data=st.data())
def test_a_box_stays_within_its_keyframes_and_never_inverts(moving, data):
    frame = data.draw(st.integers(0, PICTURE.end))
    shape = shape_at(moving, frame)
    if shape is None:
        return
    for axis in range(4):
        ends = [keyframe.geometry[axis] for keyframe in moving.keyframes]
        assert min(ends) - 1e-9 <= shape.geometry[axis] <= max(ends) + 1e-9
    assert shape.geometry[0] < shape.geometry[2]
    assert shape.geometry[1] < shape.geometry[3]


@given(moving=tracks(), start=st.integers(0, 49), length=st.integers(0, 49))
def test_a_range_is_a_part_of_the_whole(moving, start, length):
    end = min(PICTURE.end, start + length)
    whole = [shape for shape in shapes(moving, 0, PICTURE.end) if start <= shape.frame <= end]

    assert list(shapes(moving, start, end)) == whole
