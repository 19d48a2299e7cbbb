"""Tasks of one clip become one set of tracks."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.delivery.stitching import Piece, stitch
from workforce.labels.interpolation import shape_at
from workforce.labels.tracks import Flag, Keyframe, Track


def track(number, *keyframes, label="person"):
    return Track(
        UUID(int=number),
        label,
        "box",
        {},
        tuple(Keyframe(f, Flag(flags), tuple(map(float, box))) for f, flags, box in keyframes),
    )


def moving(number, start, end, *, x=0.0, label="person"):
    """Move by one pixel a frame, 20 by 40 pixels."""
    boxes = [(f, 0, (x + f, 10, x + f + 20, 50)) for f in (start, end)]
    return track(number, *boxes, label=label)


def test_an_object_keeps_one_id_across_two_borders():
    pieces = [
        Piece(0, 99, [moving(1, 0, 99)]),
        Piece(90, 189, [moving(2, 90, 189)]),
        Piece(180, 249, [moving(3, 180, 249)]),
    ]
    (only,) = stitch(pieces)
    assert only.id == UUID(int=1)
    for frame in range(250):
        assert shape_at(only, frame).geometry == pytest.approx((frame, 10, frame + 20, 50))


def test_different_objects_stay_apart():
    far = moving(2, 90, 189, x=500.0)
    result = stitch([Piece(0, 99, [moving(1, 0, 99)]), Piece(90, 189, [far])])
    assert {t.id for t in result} == {UUID(int=1), UUID(int=2)}
    ended = next(t for t in result if t.id == UUID(int=1))
    assert shape_at(ended, 94) is not None
    assert shape_at(ended, 96) is None


def test_different_labels_are_never_one_object():
    later = moving(2, 90, 189, label="vehicle")
    assert len(stitch([Piece(0, 99, [moving(1, 0, 99)]), Piece(90, 189, [later])])) == 2


def test_two_tracks_never_share_a_partner():
    later = [moving(3, 90, 189)]
    earlier = [moving(1, 0, 99), moving(2, 0, 99, x=2.0)]
    result = stitch([Piece(0, 99, earlier), Piece(90, 189, later)])
    visible = [t.id for t in result if shape_at(t, 150) is not None]
    assert visible == [UUID(int=1)]


def test_a_track_that_ends_in_the_earlier_task_stays_ended():
    gone = track(1, (0, 0, (0, 0, 20, 40)), (40, int(Flag.OUTSIDE), (0, 0, 20, 40)))
    (only,) = stitch([Piece(0, 99, [gone]), Piece(90, 189, [])])
    assert shape_at(only, 39) is not None
    assert shape_at(only, 150) is None


def test_frames_that_no_task_covers_are_an_error():
    with pytest.raises(ValueError, match="50 to 59"):
        stitch([Piece(0, 49, []), Piece(60, 99, [])])


def test_no_tasks_give_no_tracks():
    assert stitch([]) == []


@given(st.integers(2, 60), st.integers(0, 20), st.integers(20, 200))
def test_cutting_and_stitching_gives_the_track_back(length, overlap, frames):
    from workforce.tasks.slicing import ranges

    overlap = min(overlap, length - 1)
    whole = moving(1, 0, frames - 1)
    pieces = [
        Piece(a, b, [moving(10 + n, a, b)])
        for n, (a, b) in enumerate(ranges(frames, length, overlap))
    ]
    result = stitch(pieces)
    shapes = [[s for t in result if (s := shape_at(t, f)) is not None] for f in range(frames)]
    for frame, found in enumerate(shapes):
        assert [s.geometry for s in found] == [pytest.approx(shape_at(whole, frame).geometry)], (
            frame
        )
    if overlap >= 1:
        assert len(result) == 1
