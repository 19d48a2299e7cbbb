"""What the detector child says, without the process and the confinement around it."""

import io
import json

import numpy as np
import pytest

from core.demo.scene import Scene
from core.errors import Misconfigured
from core.media.inside.confine import CannotConfine
from workforce.redaction.detectors import child
from workforce.redaction.detectors.recipe import HEADER, UNCONFINED

RECIPE = {
    "mode": "fast",
    "subjects": ["faces"],
    "role": "find",
    "overlays": [],
    "threads": 1,
    "confinement": {},
}


@pytest.fixture
def confined(monkeypatch):
    """Whether, and with what, the child confined itself: a test process must stay free."""
    calls = []
    monkeypatch.setattr(child, "confine", lambda **given: calls.append(given))
    return calls


def said(*pictures, recipe=RECIPE):
    words = json.dumps(recipe).encode() + b"\n"
    for index, picture in enumerate(pictures):
        words += HEADER.pack(index, *picture.shape[:2]) + picture.tobytes()
    sink = io.BytesIO()
    child.serve(io.BytesIO(words), sink)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def test_pictures_are_answered_in_order(confined):
    street = next(iter(Scene(seed=1, frame_count=5).frames()))
    nothing = np.full((48, 64, 3), 127, np.uint8)
    ready, first, second = said(street, nothing)
    assert ready == {"ready": True}
    assert (first["index"], second["index"]) == (0, 1)
    assert second["hits"] == {"faces": []}
    for x1, y1, x2, y2, score in first["hits"]["faces"]:
        assert 0 <= x1 < x2 <= 960
        assert 0 <= y1 < y2 <= 540
        assert 0 < score <= 1


def test_the_child_confines_itself_before_it_looks(confined):
    assert said(recipe={**RECIPE, "confinement": {"slot": 7}}) == [{"ready": True}]
    assert confined == [{"slot": 7}]


def test_a_child_that_cannot_be_confined_says_why_and_ends(monkeypatch):
    def refuse(**_given):
        raise CannotConfine("no Landlock here")

    monkeypatch.setattr(child, "confine", refuse)
    answers = said(np.zeros((48, 64, 3), np.uint8))
    assert answers == [{"error": "no Landlock here", "code": UNCONFINED}]


def test_a_child_without_models_says_why_and_ends(monkeypatch, confined):
    def missing():
        raise Misconfigured("not installed")

    monkeypatch.setattr(child, "preload", missing)
    (answer,) = said(np.zeros((48, 64, 3), np.uint8))
    assert answer["error"] == "not installed"
    assert confined == []
