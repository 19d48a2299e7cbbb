"""The drawn street and its exact ground truth."""

import hashlib

import cv2
import numpy as np
import pytest

from core.demo.actors import draw_plate, plate_text, portrait
from core.demo.scene import HEIGHT, WIDTH, Scene


@pytest.fixture(scope="module")
def drawn():
    scene = Scene(seed=11, frame_count=120)
    pictures = list(scene.frames())
    return pictures, scene.truth


def test_the_same_seed_draws_the_same_clip(drawn):
    pictures, truth = drawn
    again = Scene(seed=11, frame_count=120)
    repeated = list(again.frames())
    assert [hashlib.sha256(p).digest() for p in repeated] == [
        hashlib.sha256(p).digest() for p in pictures
    ]
    assert again.truth == truth


def test_another_seed_draws_another_clip(drawn):
    pictures, truth = drawn
    other = Scene(seed=12, frame_count=120)
    first = next(other.frames())
    assert not np.array_equal(first, pictures[0])
    assert {t.id for t in other.truth.tracks}.isdisjoint(t.id for t in truth.tracks)


def test_boxes_lie_inside_the_picture_and_have_area(drawn):
    _, truth = drawn
    boxes = [s.box for t in truth.tracks for s in t.sightings.values()]
    assert len(boxes) > 300
    for x1, y1, x2, y2 in boxes:
        assert 0 <= x1 < x2 <= WIDTH
        assert 0 <= y1 < y2 <= HEIGHT


def test_people_and_vehicles_come_and_go_and_hide_each_other(drawn):
    _, truth = drawn
    assert {t.label for t in truth.tracks} == {"person", "vehicle"}
    spans = [sorted(t.sightings) for t in truth.tracks if t.sightings]
    assert any(span[0] > 0 for span in spans)
    assert any(span[-1] < truth.frame_count - 1 for span in spans)
    assert any(s.occluded for t in truth.tracks for s in t.sightings.values())


def test_faces_and_plates_are_large_enough_to_identify(drawn):
    _, truth = drawn
    marks = [s for frame in truth.marks.values() for s in frame]
    faces = [s.box[3] - s.box[1] for s in marks if s.kind == "face"]
    plates = [s.box[2] - s.box[0] for s in marks if s.kind == "plate"]
    assert min(faces) >= 40
    assert max(faces) <= 90
    assert min(plates) >= 90
    assert max(plates) <= 160


def test_a_face_box_shows_the_portrait(drawn):
    # Given a face that nothing hides, when its box is cut out, then it is the photograph's face:
    # it correlates with the portrait far better than any other place in the picture does.
    pictures, truth = drawn
    face = next(s for s in truth.marks[0] if s.kind == "face" and s.visible > 0.85)
    x1, y1, x2, y2 = (round(v) for v in face.box)
    template = cv2.resize(portrait()[78:174, 50:126, :3], (x2 - x1 - 8, y2 - y1 - 8))
    area = pictures[0][y1:y2, x1:x2]
    scores = [
        cv2.matchTemplate(area, candidate, cv2.TM_CCOEFF_NORMED).max()
        for candidate in (template, np.ascontiguousarray(template[:, ::-1]))
    ]
    assert max(scores) > 0.6


def test_a_plate_has_european_proportions_and_dark_writing_on_white():
    plate = draw_plate(plate_text(np.random.default_rng(3)))
    assert plate.shape == (110, 520, 4)
    field = plate[20:90, 60:500, :3].mean(axis=2)
    assert (field > 200).mean() > 0.5
    assert 0.08 < (field < 80).mean() < 0.5


def test_the_clock_runs(drawn):
    pictures, truth = drawn
    x1, y1, x2, y2 = (round(v) for v in truth.overlay)
    assert not np.array_equal(pictures[0][y1:y2, x1:x2], pictures[30][y1:y2, x1:x2])
