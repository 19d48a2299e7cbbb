"""Corrections of masks: what a person changed is what is hidden, frame by frame."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from workforce.redaction.corrections import (
    TOLERANCE,
    Corrections,
    corrections_from,
    engine_tracks,
    laid_over,
)
from workforce.redaction.detectors.recipe import Subject
from workforce.redaction.finding import ClipFacts, Place
from workforce.redaction.suspects import suspects

FACTS = ClipFacts(frame_count=100, width=640, height=480, rate=25.0)
FACE = Place(Subject.FACES, 0, np.array([10.0, 10.0, 50.0, 60.0]))
ENGINE = {"faces-0": Subject.FACES}


def engine(frames=range(20, 40)):
    return {frame: [FACE] for frame in frames}


def corrected(tracks=(), dropped=()) -> Corrections:
    return corrections_from(
        {"tracks": list(tracks), "dropped": list(dropped)}, facts=FACTS, engine=ENGINE
    )


def track(keyframes, name="faces-0", subject="faces"):
    return {"id": name, "subject": subject, "keyframes": keyframes}


def test_a_drawn_mask_lives_from_its_first_keyframe_to_its_last_and_moves_between():
    drawn = track([[10, 0, 0, 10, 10], [20, 100, 0, 110, 10]], "drawn-0123abcd", "plates")
    whole = laid_over(engine(), corrected([drawn]))
    assert set(whole) == set(range(10, 40))
    (middle,) = whole[15]
    assert middle.subject is Subject.PLATES
    assert middle.box.tolist() == [50, 0, 60, 10]
    assert [place.subject for place in whole[20]] == [Subject.FACES, Subject.PLATES]


def test_a_track_that_was_extended_stands_for_the_engine_s():
    whole = laid_over(engine(), corrected([track([[5, 0, 0, 9, 9], [60, 0, 0, 9, 9]])]))
    assert set(whole) == set(range(5, 61))
    assert all(len(here) == 1 for here in whole.values())


def test_a_dropped_track_hides_nothing():
    assert laid_over(engine(), corrected(dropped=[{"id": "faces-0", "reason": "A poster."}])) == {}


@given(
    st.lists(st.tuples(*[st.floats(0, 300)] * 2, *[st.floats(1, 200)] * 2), min_size=1, max_size=40)
)
def test_a_track_told_by_keyframes_is_the_engine_s_within_the_tolerance(rows):
    places = {
        frame: [Place(Subject.FACES, 0, np.array([x, y, x + w, y + h]))]
        for frame, (x, y, w, h) in enumerate(rows)
    }
    again = laid_over(places, Corrections(tuple(engine_tracks(places))))
    assert set(again) == set(places)
    for frame, (place,) in again.items():
        # Wire numbers have two decimals; slopes of four sides are narrowed together.
        assert np.abs(place.box - places[frame][0].box).max() <= TOLERANCE + 0.01


def test_what_is_kept_reads_back_the_same():
    kept = corrected([track([[5, 0, 0, 9, 9]])])
    again = corrections_from(json.loads(kept.to_json()), facts=FACTS, engine=ENGINE)
    assert again.to_json() == kept.to_json()
    assert kept.counts() == {"drawn": 0, "changed": 1, "dropped": 0, "masks": 1}


@pytest.mark.parametrize(
    ("tracks", "dropped", "said"),
    [
        ([track([[5, 0, 0, 9, 9], [5, 0, 0, 9, 9]])], [], "must increase"),
        ([track([[100, 0, 0, 9, 9]])], [], "0 to 99"),
        ([track([[-1, 0, 0, 9, 9]])], [], "must increase"),
        ([track([[5, 9, 0, 9, 9]])], [], "empty"),
        ([track([[5, 0, 0, 9]])], [], "is not"),
        ([track([[5, float("nan"), 0, 9, 9]])], [], "is not"),
        ([track([])], [], "keyframes"),
        ([track([[5, 0, 0, 9, 9]], "faces-7")], [], "no track"),
        ([track([[5, 0, 0, 9, 9]], subject="plates")], [], "is of faces"),
        ([track([[5, 0, 0, 9, 9]])] * 2, [], "twice"),
        ([track([[5, 0, 0, 9, 9]])], [{"id": "faces-0", "reason": "x"}], "both"),
        ([], [{"id": "faces-0", "reason": " "}], "Say why"),
        ([], [{"id": "faces-9", "reason": "x"}], "no track"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tracks, dropped, said):
    with pytest.raises(Invalid, match=said):
        corrected(tracks, dropped)


def mark(kind, frame, box=(0, 0, 20, 20)):
    return {"kind": kind, "subject": "faces", "frame": frame, "box": list(box), "every": 12}


def test_what_shows_on_the_copy_comes_first_then_what_one_detector_alone_saw():
    trails = {
        "faces": [
            {"frames": [40], "scores": [0.9]},
            {"frames": [0, 3, 6], "scores": [0.9, 0.3, 0.8]},
            {"frames": [0, 3, 60], "scores": [0.9, 0.9, 0.9]},
        ]
    }
    found = suspects(trails, [mark("unmasked", 12), mark("exposed", 24)], every=3)
    told = [(one.frame, one.reasons[0].kind, one.reasons[0].track) for one in found]
    assert told == [
        (24, "exposed", None),
        (12, "unmasked", None),
        (40, "once", "faces-0"),
        (3, "weak", "faces-1"),
        (31, "gap", "faces-2"),
    ]


def test_marks_that_follow_each_other_are_one_frame_where_they_are_largest():
    marks = [mark("exposed", 0), mark("exposed", 12, (0, 0, 30, 30)), mark("exposed", 80)]
    found = suspects({}, marks, every=3)
    assert [(one.frame, one.reasons[0].value) for one in found] == [(12, 2), (80, 1)]


def test_a_dropped_track_is_no_reason_any_more():
    trails = {"faces": [{"frames": [40], "scores": [0.9]}]}
    assert suspects(trails, [], every=3, without=["faces-0"]) == []
