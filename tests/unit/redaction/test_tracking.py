"""Hits in some pictures become a box in every picture in which the thing can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workforce.redaction.detectors.base import Detections
from workforce.redaction.tracking import (
    TrackingRules,
    boxes_by_frame,
    filled_in,
    tracks_of,
)

RULES = TrackingRules(gap=24, reach=6, padding=0.3, sure=0.4)


def hits(*boxes, score=0.9):
    return Detections(np.array(boxes, float).reshape(-1, 4), np.full(len(boxes), score))


def square(x, y, side=40):
    return [x, y, x + side, y + side]


def walk(frames, x0=100.0, y0=200.0, dx=3.0, dy=0.5):
    return {frame: hits(square(x0 + dx * frame, y0 + dy * frame)) for frame in frames}


def covers(outer, inner):
    return (outer[:2] <= np.array(inner[:2]) + 1e-6).all() and (
        outer[2:] >= np.array(inner[2:]) - 1e-6
    ).all()


def test_a_walker_seen_in_every_third_picture_is_hidden_in_all():
    (track,) = tracks_of(walk(range(0, 60, 3)), rules=RULES)
    shown = boxes_by_frame([track], frame_count=60, rules=RULES)
    for frame in range(60):
        ((number, box),) = shown[frame]
        assert number == 0
        assert covers(box, square(100 + 3 * frame, 200 + 0.5 * frame))


def test_a_face_turned_away_for_a_second_stays_one_track_and_hidden():
    seen = [*range(0, 20, 2), *range(40, 60, 2)]
    (track,) = tracks_of(walk(seen), rules=RULES)
    frames, boxes = filled_in(track, frame_count=60, reach=0)
    middle = boxes[list(frames).index(30)]
    assert np.allclose(middle, square(190, 215), atol=1.0)


def test_a_longer_absence_makes_two_tracks():
    seen = [*range(0, 20, 2), *range(60, 80, 2)]
    assert len(tracks_of(walk(seen), rules=RULES)) == 2


def test_two_people_who_cross_are_both_hidden_throughout():
    found = {}
    for frame in range(0, 60, 3):
        left, right = square(100 + 4 * frame, 100), square(340 - 4 * frame, 110)
        found[frame] = hits(left, right)
    tracks = tracks_of(found, rules=RULES)
    shown = boxes_by_frame(tracks, frame_count=60, rules=RULES)
    for frame in range(58):
        boxes = [box for _, box in shown[frame]]
        for truth in (square(100 + 4 * frame, 100), square(340 - 4 * frame, 110)):
            assert any(covers(box, truth) for box in boxes), frame


def test_ends_are_carried_on_along_the_motion():
    (track,) = tracks_of(walk(range(20, 41, 4), dx=5.0), rules=RULES)
    frames, boxes = filled_in(track, frame_count=100, reach=6)
    assert (frames[0], frames[-1]) == (14, 46)
    assert covers(boxes[-1], square(100 + 5 * 46, 200 + 0.5 * 46))
    assert covers(boxes[0], square(100 + 5 * 14, 200 + 0.5 * 14))


def test_ends_stop_at_the_clip_s_own():
    (track,) = tracks_of(walk(range(0, 10, 3)), rules=RULES)
    frames, _ = filled_in(track, frame_count=10, reach=6)
    assert (frames[0], frames[-1]) == (0, 9)


@pytest.mark.parametrize(("score", "kept"), [(0.39, 0), (0.41, 1)])
def test_a_single_hit_counts_when_it_is_sure(score, kept):
    found = {3: hits(square(10, 10), score=score)}
    assert len(tracks_of(found, rules=RULES)) == kept


def test_two_weak_hits_in_place_count():
    found = {0: hits(square(10, 10), score=0.1), 3: hits(square(12, 10), score=0.1)}
    assert len(tracks_of(found, rules=RULES)) == 1


def test_a_small_thing_that_moves_by_its_own_size_is_followed():
    found = {frame: hits(square(10 + 3 * frame, 50, side=12)) for frame in range(0, 30, 3)}
    assert len(tracks_of(found, rules=RULES)) == 1


def test_a_plate_behind_a_leg_keeps_its_width():
    rules = TrackingRules(gap=24, reach=0, padding=0.0, sure=0.4, steady=15)
    found = {frame: hits([100, 50, 200, 70]) for frame in range(0, 12, 3)}
    # Its left half is hidden for two looks; the boxes found are those of the right half.
    found |= {frame: hits([150, 50, 200, 70]) for frame in (12, 15)}
    found |= {frame: hits([100, 50, 200, 70]) for frame in range(18, 30, 3)}
    shown = boxes_by_frame(tracks_of(found, rules=rules), frame_count=30, rules=rules)
    for frame in range(28):
        assert covers(shown[frame][0][1], [100, 50, 200, 70])


def test_one_wrong_wide_hit_widens_no_neighbour():
    rules = TrackingRules(gap=24, reach=0, padding=0.0, sure=0.4, steady=15)
    found = {frame: hits([100, 50, 200, 70]) for frame in range(0, 30, 3)}
    found[15] = hits([60, 50, 260, 70])
    shown = boxes_by_frame(tracks_of(found, rules=rules), frame_count=30, rules=rules)
    assert np.allclose(shown[3][0][1], [100, 50, 200, 70])


def test_nothing_found_hides_nothing():
    assert tracks_of({}, rules=RULES) == []
    assert tracks_of({0: hits(), 3: hits()}, rules=RULES) == []


@pytest.mark.parametrize("rate", [1.0, 5.0, 12.5, 25.0, 60.0])
def test_rules_reach_at_least_the_next_look(rate):
    for stride in (1, 3, 8):
        rules = TrackingRules.for_rate(rate=rate, stride=stride)
        assert rules.reach > stride
        assert rules.gap >= 4 * stride


coordinate = st.floats(0, 500, allow_nan=False)
boxes = st.tuples(coordinate, coordinate, st.floats(2, 100), st.floats(2, 100)).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)
clips = st.dictionaries(
    st.integers(0, 60), st.lists(boxes, max_size=4).map(lambda b: hits(*b)), max_size=15
)


@settings(max_examples=60, deadline=None)
@given(clips)
def test_every_sure_hit_lies_in_exactly_one_track_and_under_its_box(found):
    tracks = tracks_of(found, rules=RULES)
    shown = boxes_by_frame(tracks, frame_count=61, rules=RULES)
    placed = sum(len(track.frames) for track in tracks)
    assert placed == sum(len(here.boxes) for here in found.values())
    for frame, here in found.items():
        for box in here.boxes:
            assert any(covers(outer, box) for _, outer in shown[frame])


@settings(max_examples=60, deadline=None)
@given(clips)
def test_tracks_have_increasing_frames_and_no_gap_beyond_the_rule(found):
    for track in tracks_of(found, rules=RULES):
        steps = np.diff(track.frames)
        assert (steps > 0).all()
        assert (steps <= RULES.gap).all()
