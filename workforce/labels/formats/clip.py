"""What every writer takes: one clip's labels, its tracks given one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from workforce.labels.interpolation import Shape
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span
from workforce.labels.tracks import Picture, Track


@dataclass(frozen=True, slots=True)
class SourceTimes:
    """Ticks of each frame in the client's own file, in its time base (seconds a tick)."""

    time_base: tuple[int, int]
    pts: list[int]


@dataclass(frozen=True)
class ClipLabels:
    """Labels of one clip, or of a range of its frames.

    tracks may be a generator over the database: each writer goes through it once and holds one
    track at a time. Frames outside `picture.start` to `picture.end` are left out.
    """

    name: str
    picture: Picture
    ontology: Ontology
    tracks: Iterable[Track]
    #: Events and times, for the formats that can say them.
    spans: Iterable[Span] = ()
    times: SourceTimes | None = None
    #: By track: the object that it is across clips, for those that were linked.
    identities: Mapping[UUID, UUID] = field(default_factory=dict)


def outline(kind: str, shape: Shape) -> list[tuple[float, float]]:
    """Corners of the shape in pixels, in order; of a rotated box after its rotation."""
    if kind == "polygon":
        return list(zip(shape.geometry[0::2], shape.geometry[1::2], strict=True))
    x1, y1, x2, y2 = shape.geometry[:4]
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    if len(shape.geometry) == 4:
        return corners
    angle = math.radians(shape.geometry[4])
    cos, sin = math.cos(angle), math.sin(angle)
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    return [
        (cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos)
        for x, y in corners
    ]


def bounding_box(kind: str, shape: Shape) -> tuple[float, float, float, float]:
    """x1 y1 x2 y2 around the shape, for formats that know upright boxes only."""
    if kind == "box" and len(shape.geometry) == 4:
        x1, y1, x2, y2 = shape.geometry
        return x1, y1, x2, y2
    xs, ys = zip(*outline(kind, shape), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def number(value: float) -> str:
    """The shortest decimal text that reads back as the same float."""
    return repr(int(value)) if value.is_integer() else repr(value)
