"""A surveillance ontology, a picture, and hypothesis strategies for tracks in them."""

import math
from uuid import UUID

from hypothesis import strategies as st

from workforce.labels.ontology import Ontology
from workforce.labels.tracks import Picture, Track, read_track

DOCUMENT = {
    "labels": [
        {
            "key": "person",
            "name": "Person",
            "kinds": ["box", "polygon"],
            "attributes": [
                {
                    "key": "posture",
                    "name": "Posture",
                    "type": "select",
                    "values": ["standing", "walking", "sitting & lying"],
                    "mutable": True,
                },
                {"key": "group", "name": "Group size", "type": "number"},
                {"key": "hooded", "name": "Hooded", "type": "checkbox", "default": False},
                {"key": "note", "name": "Note", "type": "text"},
            ],
        },
        {"key": "vehicle", "name": "Vehicle <any>", "kinds": ["box"]},
    ]
}
ONTOLOGY = Ontology.from_document(DOCUMENT)
PICTURE = Picture(width=640, height=360, start=0, end=49)


def wire(**changes) -> dict:
    """A valid track in the wire form, with some parts replaced."""
    return {
        "id": "6b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b001",
        "label": "person",
        "kind": "box",
        "attributes": {"posture": "walking"},
        "keyframes": [[0, 0, [10, 20, 50, 110]], [10, 0, [30, 20, 70, 110]]],
        **changes,
    }


def track(**changes) -> Track:
    return read_track(wire(**changes), ontology=ONTOLOGY, picture=PICTURE)


coordinates = st.floats(0, 300, allow_nan=False).map(lambda value: round(value, 3))
sizes = st.floats(1, 50, allow_nan=False).map(lambda value: round(value, 3))
# No control characters: XML cannot say them; no carriage return: XML reads it as a line feed.
texts = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cc", "Cs"]),
    max_size=12,
)


EITHER = st.booleans()


@st.composite
def boxes(draw, *, rotated=EITHER):
    x, y, width, height = draw(coordinates), draw(coordinates), draw(sizes), draw(sizes)
    box = [x, y, x + width, y + height]
    return [*box, float(draw(st.integers(0, 359)))] if draw(rotated) else box


@st.composite
def polygons(draw):
    """Simple outlines: corners round a middle, each at a distance of its own."""
    x, y = draw(coordinates), draw(coordinates)
    radii = draw(st.lists(sizes, min_size=3, max_size=6))
    turns = [2 * math.pi * corner / len(radii) for corner in range(len(radii))]
    corners = [
        (x + radius * math.cos(turn), y + radius * math.sin(turn))
        for radius, turn in zip(radii, turns, strict=True)
    ]
    return [round(value + 20, 3) for corner in corners for value in corner]


postures = st.sampled_from(["standing", "walking", "sitting & lying"])


@st.composite
def tracks(draw, *, kinds=("box", "polygon"), rotated=EITHER):
    """Any valid track of a person: at least one keyframe, flags outside and occluded mixed."""
    kind = draw(st.sampled_from(kinds))
    shape = boxes(rotated=rotated) if kind == "box" else polygons()
    frames = sorted(draw(st.sets(st.integers(0, PICTURE.end), min_size=1, max_size=8)))
    changes = sorted(draw(st.sets(st.integers(0, PICTURE.end), min_size=1, max_size=4)))
    attributes = {
        "posture": draw(st.one_of(postures, st.just([[f, draw(postures)] for f in changes]))),
        "group": draw(st.integers(-5, 5) | st.floats(-100, 100, allow_nan=False)),
        "hooded": draw(st.booleans()),
        "note": draw(texts),
    }
    return track(
        id=str(draw(st.uuids(version=4))),
        kind=kind,
        attributes=attributes,
        keyframes=[
            [frame, draw(st.sampled_from([0, 0, 1, 2, 3])), draw(shape)] for frame in frames
        ],
    )


def unique(found: list[Track]) -> bool:
    ids: set[UUID] = {item.id for item in found}
    return len(ids) == len(found)
