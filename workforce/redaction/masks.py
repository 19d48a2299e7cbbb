"""Masks on paper: `{"0": [{"box": [x1, y1, x2, y2], "shape": "ellipse"}], ...}`.

Frames are 0-based, boxes in pixels of the upright source picture. What we write ourselves also says
`subject` and `track`, so that the residual can be told per track; readers may leave them out.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import Invalid
from core.media.render import Mask, Shape
from workforce.redaction.boxes import padded
from workforce.redaction.detectors.base import Detections
from workforce.redaction.detectors.recipe import Subject
from workforce.redaction.finding import ClipFacts, Finding, Place
from workforce.redaction.tracking import TrackingRules

Masks = dict[int, list[Mask]]

SHAPES: dict[str, Shape] = {"ellipse": "ellipse", "box": "box", "rectangle": "box"}
FRAME = re.compile(r"0|[1-9][0-9]{0,8}")
AREA_GRID = 192  # columns of the raster on which masked area is measured


def masks_of(places: Mapping[int, Sequence[Place]], *, facts: ClipFacts) -> Masks:
    """The masks that hide `places` in the clip's pictures."""
    return {
        frame: [Mask(_corners(place), shape_of(place, facts=facts)) for place in here]
        for frame, here in sorted(places.items())
    }


def shape_of(place: Place, *, facts: ClipFacts) -> Shape:
    """Faces and heads are ellipses; plates are boxes, and so is what the border cuts."""
    x1, y1, x2, y2 = place.box
    cut = x1 < 0 or y1 < 0 or x2 > facts.width or y2 > facts.height
    return "box" if cut or place.subject is Subject.PLATES else "ellipse"


def to_wire(
    places: Mapping[int, Sequence[Place]], *, facts: ClipFacts
) -> dict[str, list[dict[str, Any]]]:
    """Places as JSON values, with their shape, subject and track."""
    return {
        str(frame): [
            {
                "box": [round(float(value), 2) for value in place.box],
                "shape": shape_of(place, facts=facts),
                "subject": str(place.subject),
                "track": place.track,
            }
            for place in here
        ]
        for frame, here in sorted(places.items())
    }


def places_from(wire: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[int, list[Place]]:
    """Places from JSON values that `to_wire` made."""
    return {
        int(frame): [
            Place(Subject(mask["subject"]), int(mask["track"]), np.array(mask["box"], np.float64))
            for mask in here
        ]
        for frame, here in wire.items()
    }


def trails_of(finding: Finding) -> dict[str, list[dict[str, list[float]]]]:
    """Where each track was truly seen, and how surely: JSON values by subject, in track order."""
    return {
        str(subject): [
            {
                "frames": track.frames.tolist(),
                "scores": [round(float(score), 3) for score in track.scores],
            }
            for track in tracks
        ]
        for subject, tracks in finding.tracks.items()
    }


def masks_from_json(text: str, *, facts: ClipFacts) -> Masks:
    """Masks that a person wrote, checked against the clip.

    Raises Invalid (field "masks"), saying which frame and mask is wrong.
    """
    try:
        wire = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _refused(f"This is not JSON: {error}.") from error
    if not isinstance(wire, dict):
        raise _refused('The file must hold an object of frames: {"0": [{"box": [...]}]}.')
    masks: Masks = {}
    for key, here in wire.items():
        frame = _frame(key, facts.frame_count)
        if not isinstance(here, list):
            raise _refused(f"Frame {key} must hold a list of masks.")
        masks[frame] = [
            _mask(mask, where=f"Frame {key}, mask {place}", facts=facts)
            for place, mask in enumerate(here)
        ]
    return masks


def stills(subject: Subject, hits: Detections, *, facts: ClipFacts) -> list[Mask]:
    """The masks of a photograph, in which a hit has no neighbours in time to confirm it."""
    rules = TrackingRules.for_rate(rate=facts.rate, stride=1)
    places = [
        Place(subject, number, box)
        for number, box in enumerate(padded(hits.boxes, share=rules.padding))
    ]
    return masks_of({0: places}, facts=facts)[0]


def masks_as_json(masks: Masks) -> str:
    """Masks in the form that `masks_from_json` reads."""
    return json.dumps(
        {
            str(frame): [{"box": list(mask.box), "shape": mask.shape} for mask in here]
            for frame, here in sorted(masks.items())
        }
    )


def masked_share(masks: Sequence[Mask], *, facts: ClipFacts) -> float:
    """Share (0-1) of the picture that masks cover, overlaps counted once, on a coarse raster."""
    columns = min(facts.width, AREA_GRID)
    rows = max(1, round(facts.height * columns / facts.width))
    x = (np.arange(columns) + 0.5) * facts.width / columns
    y = ((np.arange(rows) + 0.5) * facts.height / rows)[:, None]
    covered = np.zeros((rows, columns), dtype=bool)
    for mask in masks:
        x1, y1, x2, y2 = mask.box
        if mask.shape == "box":
            covered |= (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)
        else:
            across = (2 * x - x1 - x2) / max(x2 - x1, 1e-9)
            down = (2 * y - y1 - y2) / max(y2 - y1, 1e-9)
            covered |= across**2 + down**2 <= 1.0
    return float(covered.mean())


def _corners(place: Place) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in place.box)
    return x1, y1, x2, y2


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ: of two lists for one frame, JSON would drop the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return found


def _frame(key: str, frame_count: int) -> int:
    if not FRAME.fullmatch(key):
        raise _refused(f"{key!r} is not a frame number: use 0, 1, 2 and so on.")
    if int(key) >= frame_count:
        raise _refused(f"Frame {key} is beyond the clip, whose frames are 0 to {frame_count - 1}.")
    return int(key)


def _mask(wire: Any, *, where: str, facts: ClipFacts) -> Mask:
    if not isinstance(wire, dict):
        raise _refused(f"{where} must be an object with a box.")
    unknown = set(wire) - {"box", "shape", "subject", "track"}
    if unknown:
        raise _refused(f"{where} has {sorted(unknown)[0]!r}, which we do not know.")
    shape = wire.get("shape", "ellipse")
    if not isinstance(shape, str) or shape not in SHAPES:
        raise _refused(f"{where} has the shape {shape!r}; use {' or '.join(SHAPES)}.")
    return Mask(_box(wire.get("box"), where=where, facts=facts), SHAPES[shape])


def _box(wire: Any, *, where: str, facts: ClipFacts) -> tuple[float, float, float, float]:
    if not isinstance(wire, list) or len(wire) != 4 or not all(map(_is_number, wire)):
        raise _refused(f"{where} needs a box of four numbers: [x1, y1, x2, y2].")
    x1, y1, x2, y2 = (float(value) for value in wire)
    if not (x1 < x2 and y1 < y2):
        raise _refused(f"{where} has an empty box: x1 must be below x2, and y1 below y2.")
    if not facts.shows(np.array([x1, y1, x2, y2])):
        raise _refused(
            f"{where} lies outside the picture of {facts.width} x {facts.height} pixels."
        )
    return x1, y1, x2, y2


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 1e9 and math.isfinite(value)


def _refused(message: str) -> Invalid:
    return Invalid(f"The masks can't be used. {message}", field="masks")
