"""A reviewer's eye, and label files read back."""

import pytest

from core.demo.labels import measure, read_mot
from core.demo.truth import Sighting, Track, mot_rows
from core.demo.worker import agreement


def still(name, box, frames=range(10)):
    return Track(name, "person", {}, {frame: Sighting(box) for frame in frames})


SEEN = [still("a", (0, 0, 10, 10)), still("b", (100, 100, 140, 180))]


def test_what_is_drawn_as_seen_agrees_wholly():
    assert agreement(SEEN, SEEN) == 1


def test_missing_or_inventing_one_of_two_halves_it():
    assert agreement(SEEN, SEEN[:1]) == pytest.approx(0.5)
    assert agreement(SEEN[:1], SEEN) == pytest.approx(0.5)


def test_nothing_seen_and_nothing_drawn_agrees_and_something_drawn_does_not():
    assert agreement([], []) == 1
    assert agreement([], SEEN) == 0


def test_mot_rows_read_back_as_the_same_boxes():
    back = read_mot(mot_rows(SEEN))
    assert [t.sightings for t in back] == [t.sightings for t in SEEN]


def test_pairs_are_scored_together_and_apart_in_time(tmp_path):
    # Given two pairs on the same frames, one right and one empty, then half is found and nothing of
    # one pair is taken for the other's.
    summary = measure([(SEEN[:1], SEEN[:1]), (SEEN[:1], [])], tmp_path / "scores")
    assert summary["CLR_TP"] == 10
    assert summary["CLR_FN"] == 10
    assert summary["CLR_FP"] == 0
