"""The browser and the server agree on shapes between keyframes: one file of vectors for both."""

import json
from pathlib import Path

import pytest

from workforce.labels.interpolation import shape_at
from workforce.labels.tracks import track_from_wire

CASES = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures" / "interpolation.json").read_text()
)["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_shapes_and_attributes_are_those_of_the_file(case):
    track = track_from_wire(case["track"])
    for frame, wanted in case["shapes"].items():
        shape = shape_at(track, int(frame))
        if wanted is None:
            assert shape is None
            continue
        assert shape is not None
        assert shape.geometry == pytest.approx(wanted["geometry"])
        assert (shape.occluded, shape.keyframe) == (wanted["occluded"], wanted["keyframe"])
    for frame, wanted in case.get("attributes", {}).items():
        assert track.attributes_at(int(frame)) == wanted
