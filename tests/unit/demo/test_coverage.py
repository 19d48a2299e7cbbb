"""The measure of what is left of a face or plate."""

import cv2
import numpy as np
import pytest

from core.demo.coverage import Coverage, detail_left, tally
from core.demo.scene import Scene
from core.demo.truth import Mark


@pytest.fixture(scope="module")
def shown():
    # The first frame in which a face and a plate are both plain to see.
    scene = Scene(seed=11, frame_count=120)
    for frame, picture in enumerate(scene.frames()):
        plain = [m for m in scene.truth.marks[frame] if m.visible > 0.9]
        if {m.kind for m in plain} == {"face", "plate"}:
            return picture, plain
    raise AssertionError("no such frame")


def blurred(picture, marks, grown=0.2):
    result = picture.copy()
    soft = cv2.GaussianBlur(picture, (0, 0), 8)
    for mark in marks:
        x1, y1, x2, y2 = mark.box
        pad_x, pad_y = (x2 - x1) * grown, (y2 - y1) * grown
        area = np.s_[
            max(0, round(y1 - pad_y)) : round(y2 + pad_y),
            max(0, round(x1 - pad_x)) : round(x2 + pad_x),
        ]
        result[area] = soft[area]
    return result


def test_an_untouched_picture_keeps_all_detail(shown):
    picture, marks = shown
    assert {s.kind for s in marks} == {"face", "plate"}
    assert all(detail_left(picture, picture, s) == pytest.approx(1) for s in marks)


def test_jpeg_alone_covers_nothing(shown):
    picture, marks = shown
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])
    again = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert all(detail_left(picture, again, s) > 0.75 for s in marks)


def test_blurred_marks_count_as_covered_and_others_do_not(shown):
    picture, marks = shown
    hidden = marks[:1]
    totals: dict[str, Coverage] = {}
    tally(picture, blurred(picture, hidden), marks, totals)
    assert sum(t.seen for t in totals.values()) == len(marks)
    assert sum(t.covered for t in totals.values()) == len(hidden)


def test_a_black_box_and_fresh_noise_cover_too(shown):
    picture, marks = shown
    noise = np.random.default_rng(1).integers(0, 255, picture.shape).astype(np.uint8)
    for replacement in (np.zeros_like(picture), noise):
        assert all(detail_left(picture, replacement, s) < 0.25 for s in marks)


def test_a_blur_that_misses_half_of_a_face_does_not_cover_it(shown):
    picture, marks = shown
    face = next(s for s in marks if s.kind == "face")
    x1, y1, x2, y2 = face.box
    upper = Mark(face.track, face.kind, (x1, y1, x2, (y1 + y2) / 2), 1.0)
    left = detail_left(picture, blurred(picture, [upper], grown=0), face)
    assert left > 0.25


def test_hidden_and_tiny_marks_are_not_measured(shown):
    picture, _ = shown
    totals: dict[str, Coverage] = {}
    tally(
        picture,
        picture,
        [
            Mark("t", "face", (100, 100, 150, 150), 0.2),
            Mark("t", "face", (0, 0, 4, 4), 1.0),
        ],
        totals,
    )
    assert totals == {}
    assert Coverage("face").share == 1.0
    assert Coverage("face").mean_left == 0.0
