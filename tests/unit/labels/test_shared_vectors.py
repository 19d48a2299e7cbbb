"""The browser and the server agree on shapes between keyframes, and on which outlines are simple:
one file of vectors each, for both."""

import json
from pathlib import Path

import pytest

from workforce.labels.interpolation import shape_at
from workforce.labels.outlines import crossing
from workforce.labels.tracks import track_from_wire

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
CASES = json.loads((FIXTURES / "interpolation.json").read_text())["cases"]
OUTLINES = json.loads((FIXTURES / "outlines.json").read_text())["cases"]


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


@pytest.mark.parametrize("case", OUTLINES, ids=[case["name"] for case in OUTLINES])
def test_an_outline_that_meets_itself_is_found_wherever_it_begins_and_whichever_way_it_runs(case):
    points = list(zip(case["outline"][0::2], case["outline"][1::2], strict=True))
    for turn in range(len(points)):
        turned = points[turn:] + points[:turn]
        for way in (turned, turned[::-1]):
            assert (crossing([value for point in way for value in point]) is not None) == (
                case["crosses"]
            )
