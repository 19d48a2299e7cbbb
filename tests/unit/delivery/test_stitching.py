"""Tasks of one clip become one set of tracks."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.delivery.stitching import Piece, Stitched, stitch
from workforce.labels.interpolation import shape_at
from workforce.labels.spans import Span
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
    (only,) = stitch(pieces).tracks
    assert only.id == UUID(int=1)
    for frame in range(250):
        assert shape_at(only, frame).geometry == pytest.approx((frame, 10, frame + 20, 50))


def test_different_objects_stay_apart():
    far = moving(2, 90, 189, x=500.0)
    result = stitch([Piece(0, 99, [moving(1, 0, 99)]), Piece(90, 189, [far])]).tracks
    assert {t.id for t in result} == {UUID(int=1), UUID(int=2)}
    ended = next(t for t in result if t.id == UUID(int=1))
    assert shape_at(ended, 94) is not None
    assert shape_at(ended, 96) is None


def test_different_labels_are_never_one_object():
    later = moving(2, 90, 189, label="vehicle")
    assert len(stitch([Piece(0, 99, [moving(1, 0, 99)]), Piece(90, 189, [later])]).tracks) == 2


def test_two_tracks_never_share_a_partner():
    later = [moving(3, 90, 189)]
    earlier = [moving(1, 0, 99), moving(2, 0, 99, x=2.0)]
    result = stitch([Piece(0, 99, earlier), Piece(90, 189, later)]).tracks
    visible = [t.id for t in result if shape_at(t, 150) is not None]
    assert visible == [UUID(int=1)]


def test_a_track_that_ends_in_the_earlier_task_stays_ended():
    gone = track(1, (0, 0, (0, 0, 20, 40)), (40, int(Flag.OUTSIDE), (0, 0, 20, 40)))
    (only,) = stitch([Piece(0, 99, [gone]), Piece(90, 189, [])]).tracks
    assert shape_at(only, 39) is not None
    assert shape_at(only, 150) is None


def test_frames_that_no_task_covers_are_an_error():
    with pytest.raises(ValueError, match="50 to 59"):
        stitch([Piece(0, 49, []), Piece(60, 99, [])])


def test_no_tasks_give_no_tracks():
    assert stitch([]) == Stitched([], [])


@given(st.integers(2, 60), st.integers(0, 20), st.integers(20, 200))
def test_cutting_and_stitching_gives_the_track_back(length, overlap, frames):
    from workforce.tasks.slicing import ranges

    overlap = min(overlap, length - 1)
    whole = moving(1, 0, frames - 1)
    pieces = [
        Piece(a, b, [moving(10 + n, a, b)])
        for n, (a, b) in enumerate(ranges(frames, length, overlap))
    ]
    result = stitch(pieces).tracks
    shapes = [[s for t in result if (s := shape_at(t, f)) is not None] for f in range(frames)]
    for frame, found in enumerate(shapes):
        assert [s.geometry for s in found] == [pytest.approx(shape_at(whole, frame).geometry)], (
            frame
        )
    if overlap >= 1:
        assert len(result) == 1


def span(number, start, end, *who, event="loitering", zones=()):
    participants = tuple(UUID(int=one) for one in who)
    return Span(UUID(int=number), event, start, end, participants, tuple(zones), {})


def test_an_event_keeps_one_id_and_names_its_objects_as_the_release_does():
    pieces = [
        Piece(0, 99, [moving(1, 0, 99)], [span(11, 40, 99, 1)]),
        Piece(90, 189, [moving(2, 90, 189)], [span(12, 90, 150, 2)]),
    ]
    assert stitch(pieces).spans == [span(11, 40, 150, 1)]


def test_an_event_of_the_later_task_alone_names_the_joined_object():
    pieces = [
        Piece(0, 99, [moving(1, 0, 99)]),
        Piece(90, 189, [moving(2, 90, 189)], [span(12, 120, 150, 2)]),
    ]
    assert stitch(pieces).spans == [span(12, 120, 150, 1)]


def test_events_of_other_objects_or_kinds_stay_apart_and_are_cut_at_the_seam():
    tracks = [moving(1, 0, 99), moving(3, 0, 99, x=300.0)]
    later = [moving(2, 90, 189), moving(4, 90, 189, x=300.0)]
    pieces = [
        Piece(0, 99, tracks, [span(11, 40, 99, 1), span(13, 10, 99, 1, event="running")]),
        Piece(90, 189, later, [span(12, 90, 150, 4), span(14, 90, 93, 4)]),
    ]
    assert stitch(pieces).spans == [
        span(11, 40, 94, 1),
        span(13, 10, 94, 1, event="running"),
        span(12, 95, 150, 3),
    ]


def test_an_object_of_which_nothing_is_left_takes_no_part():
    seen = track(2, (90, 0, (10, 10, 40, 50)), (93, 1, (10, 10, 40, 50)))
    pieces = [Piece(0, 99, []), Piece(90, 189, [seen], [span(12, 90, 150, 2)])]
    assert stitch(pieces).tracks == []
    assert stitch(pieces).spans == [span(12, 95, 150)]


@given(start=st.integers(0, 250), length=st.integers(0, 250), overlap=st.integers(0, 20))
def test_cutting_and_stitching_gives_the_event_back(start, length, overlap):
    end = min(299, start + length)
    pieces = []
    for number, first in enumerate(range(0, 300, 100)):
        last = min(299, first + 99 + overlap)
        inside = max(start, first) <= min(end, last)
        cut = [span(number + 1, max(start, first), min(end, last))] if inside else []
        pieces.append(Piece(first, last, [], cut))
    (only,) = stitch(pieces).spans
    assert (only.start, only.end) == (start, end)


def question(earlier, later, decisions=None):
    """What is asked where tasks of 0 to 99 and 90 to 189 meet: (earlier, later, why, joined)."""
    found = stitch([Piece(0, 99, earlier), Piece(90, 189, later)], decisions)
    return [(one.ids[0].int, one.ids[1].int, one.why.value, one.joined) for one in found.doubts]


def attributed(track, **attributes):
    return Track(track.id, track.label, track.kind, attributes, track.keyframes)


def test_what_is_sure_is_no_question():
    assert question([moving(1, 0, 99)], [moving(2, 90, 189)]) == []
    assert question([moving(1, 0, 99)], [moving(2, 90, 189, x=500.0)]) == []


def test_two_candidates_too_little_overlap_and_other_labels_or_attributes_are_questions():
    here, there = [moving(1, 0, 99)], moving(2, 90, 189)
    assert question(here, [there, moving(3, 90, 189, x=2.0)]) == [
        (1, 2, "candidates", True),
        (1, 3, "candidates", False),
    ]
    assert question(here, [moving(2, 90, 189, x=9.0)]) == [(1, 2, "overlap", False)]
    car = moving(2, 90, 189, label="vehicle")
    assert question(here, [car]) == [(1, 2, "label", False)]
    told = [attributed(here[0], hooded=True)], [attributed(there, hooded=False)]
    assert question(*told) == [(1, 2, "attributes", True)]


def test_what_somebody_decided_goes_before_every_likeness_and_is_asked_no_more():
    here, near, far = moving(1, 0, 99), moving(2, 90, 189), moving(3, 90, 189, x=9.0)
    pair_of = (UUID(int=1), UUID(int=3))

    def ids(decisions):
        pieces = [Piece(0, 99, [here]), Piece(90, 189, [near, far])]
        return {one.id.int for one in stitch(pieces, decisions).tracks if shape_at(one, 150)}

    assert ids({}) == {1, 3}
    assert ids({pair_of: True}) == {1, 2}
    assert ids({(UUID(int=1), UUID(int=2)): False, pair_of: False}) == {2, 3}
    assert question([here], [near, far], {pair_of: True}) == []
    apart = {(UUID(int=1), UUID(int=2)): False}
    assert question([here], [near], apart) == []
    car = {(UUID(int=1), UUID(int=2)): True}
    (joined,) = stitch([Piece(0, 99, [here]), Piece(90, 189, [near])], car).tracks
    assert joined.label == "person"


def test_what_changes_along_the_later_part_goes_on():
    here = attributed(moving(1, 0, 99), posture="walking", hooded=True)
    changes = ((90, "walking"), (120, "sitting"))
    there = attributed(moving(2, 90, 189), posture=changes, hooded=False, group=2)

    (one,) = stitch([Piece(0, 99, [here]), Piece(90, 189, [there])]).tracks

    assert one.attributes_at(119) == {"posture": "walking", "hooded": True, "group": 2}
    assert one.attributes_at(120)["posture"] == "sitting"
    other = attributed(moving(2, 90, 189), posture=((90, "sitting"), (120, "walking")))
    (two,) = stitch([Piece(0, 99, [here]), Piece(90, 189, [other])]).tracks
    assert [two.attributes_at(frame)["posture"] for frame in (94, 95, 119, 120)] == [
        "walking", "sitting", "sitting", "walking",
    ]  # fmt: skip


def test_two_objects_of_one_proposal_s_id_do_not_share_it_in_the_release():
    here, there = moving(1, 0, 99), moving(1, 90, 189, x=500.0)
    pieces = [Piece(0, 99, [here]), Piece(90, 189, [there], [span(12, 120, 150, 1)])]

    first, second = stitch(pieces).tracks

    assert first.id == UUID(int=1)
    assert second.id not in {UUID(int=1)}
    assert stitch(pieces).tracks[1].id == second.id
    assert stitch(pieces).spans[0].participants == (second.id,)
