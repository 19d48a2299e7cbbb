"""Masks that a person wrote are taken exactly, or refused with the place of the fault."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.media.render import Mask
from workforce.redaction.detectors.recipe import Subject
from workforce.redaction.finding import ClipFacts, Place
from workforce.redaction.masks import (
    masked_share,
    masks_from_json,
    masks_of,
    places_from,
    to_wire,
)

FACTS = ClipFacts(frame_count=10, width=320, height=240, rate=25.0)


def read(text):
    return masks_from_json(text if isinstance(text, str) else json.dumps(text), facts=FACTS)


def test_boxes_and_shapes_are_taken_as_they_are():
    masks = read(
        {
            "0": [{"box": [1, 2.5, 30, 40], "shape": "ellipse"}],
            "9": [{"box": [-5, 0, 10, 400], "shape": "box"}, {"box": [1, 1, 2, 2]}],
            "3": [],
        }
    )
    assert masks == {
        0: [Mask((1.0, 2.5, 30.0, 40.0), "ellipse")],
        9: [Mask((-5.0, 0.0, 10.0, 400.0), "box"), Mask((1.0, 1.0, 2.0, 2.0), "ellipse")],
        3: [],
    }


BOX = [1, 1, 5, 5]


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"0": [], "0": []}', "twice"),
        ([], "object of frames"),
        ("null", "object of frames"),
        ({"10": []}, "0 to 9"),
        ({"-1": []}, "not a frame number"),
        ({"1.0": []}, "not a frame number"),
        ({"01": []}, "not a frame number"),
        ({"٣": []}, "not a frame number"),
        ({"9" * 5000: []}, "not a frame number"),
        ({"0": {}}, "list of masks"),
        ({"0": [7]}, "mask 0 must be an object"),
        ({"0": [{"shape": "ellipse"}]}, "four numbers"),
        ({"0": [{"box": [1, 2, 3]}]}, "four numbers"),
        ({"0": [{"box": [1, 2, 3, "4"]}]}, "four numbers"),
        ({"0": [{"box": [0, 0, 5, True]}]}, "four numbers"),
        ({"0": [{"box": [0, 0, 5, None]}]}, "four numbers"),
        ('{"0": [{"box": [0, 0, 5, NaN]}]}', "four numbers"),
        ('{"0": [{"box": [0, 0, 5, 1e400]}]}', "four numbers"),
        ({"0": [{"box": [0, 0, 5, 10**30]}]}, "four numbers"),
        ({"0": [{"box": [5, 0, 5, 5]}]}, "empty box"),
        ({"0": [{"box": [0, 9, 5, 5]}]}, "empty box"),
        ({"0": [{"box": [320, 0, 330, 5]}]}, "outside the picture"),
        ({"0": [{"box": [0, -9, 5, 0]}]}, "outside the picture"),
        ({"0": [{"box": BOX, "shape": "star"}]}, "ellipse or box"),
        ({"0": [{"box": BOX, "shape": ["box"]}]}, "ellipse or box"),
        ({"0": [{"box": BOX, "shap": "box"}]}, "'shap'"),
        ({"2": [{"box": BOX}, {"box": []}]}, "Frame 2, mask 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(wire, said):
    with pytest.raises(Invalid) as refusal:
        read(wire)
    assert said in refusal.value.message
    assert refusal.value.field == "masks"


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.text() | st.recursive(st.none() | st.booleans() | numbers, st.lists).map(json.dumps))
def test_any_text_is_taken_or_refused(text):
    try:
        masks = read(text)
    except Invalid:
        return
    assert all(0 <= frame < 10 for frame in masks)


def place(subject, box, track=0):
    return Place(subject, track, np.array(box, float))


def test_faces_are_ellipses_and_plates_boxes():
    places = {4: [place(Subject.FACES, [9, 9, 40, 50]), place(Subject.PLATES, [60, 60, 90, 70])]}
    assert [mask.shape for mask in masks_of(places, facts=FACTS)[4]] == ["ellipse", "box"]


@pytest.mark.parametrize("box", [[-1, 9, 40, 50], [290, 9, 321, 50], [9, 200, 40, 241]])
def test_a_face_that_the_border_cuts_is_masked_to_its_corners(box):
    (mask,) = masks_of({0: [place(Subject.FACES, box)]}, facts=FACTS)[0]
    assert mask.shape == "box"


def test_places_survive_storage_and_are_valid_masks():
    places = {
        0: [place(Subject.FACES, [9.25, 9, 40, 50], 3)],
        7: [place(Subject.HEADS, [1, 2, 30, 40], 1), place(Subject.PLATES, [60, 60, 90, 70], 2)],
    }
    wire = json.loads(json.dumps(to_wire(places, facts=FACTS)))
    again = places_from(wire)
    assert {f: [(p.subject, p.track, p.box.tolist()) for p in h] for f, h in again.items()} == {
        f: [(p.subject, p.track, p.box.tolist()) for p in h] for f, h in places.items()
    }
    assert read(wire) == masks_of(places, facts=FACTS)


def test_masked_area_counts_overlaps_once():
    half = Mask((0, 0, 160, 240), "box")
    assert masked_share([half, half], facts=FACTS) == pytest.approx(0.5, abs=0.01)
    assert masked_share([], facts=FACTS) == 0.0
    whole = Mask((0, 0, 320, 240), "ellipse")
    assert masked_share([whole], facts=FACTS) == pytest.approx(np.pi / 4, abs=0.01)
