"""A track as somebody sees it who links tracks: when it is visible, and pictures of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from workforce.labels.formats.clip import bounding_box
from workforce.labels.interpolation import Shape, shapes
from workforce.labels.tracks import Track
from workforce.links.identities import Ref, Sighting

#: Pictures that are shown of a track.
VIEWS = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Frames first to last, both included, and seconds from the clip's first frame."""

    first: int
    last: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class View:
    """One frame in which the track is seen well; box x1 y1 x2 y2 in pixels."""

    frame: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Appearance:
    """A track of a stitched clip. attributes: values that hold along all of it."""

    clip: UUID
    track: UUID
    label: str
    attributes: Mapping[str, Any]
    runs: tuple[Run, ...]
    views: tuple[View, ...]

    @property
    def ref(self) -> Ref:
        return self.clip, self.track

    @property
    def height(self) -> float:
        """Pixels, of the picture in which it is largest."""
        return max((view.box[3] - view.box[1] for view in self.views), default=0.0)

    def sighting(self, *, camera: UUID | None, begins: datetime | None) -> Sighting:
        """When and where it is seen. begins: the instant of the clip's first frame."""
        runs = [(run.first, run.last) for run in self.runs]
        if begins is None:
            return Sighting(camera, runs)
        times = [
            (begins + timedelta(seconds=run.begins), begins + timedelta(seconds=run.ends))
            for run in self.runs
        ]
        return Sighting(camera, runs, times)

    def to_json(self) -> dict[str, Any]:
        return {
            "clip": str(self.clip),
            "track": str(self.track),
            "label": self.label,
            "attributes": dict(self.attributes),
            "runs": [[run.first, run.last, run.begins, run.ends] for run in self.runs],
            "views": [[view.frame, list(view.box)] for view in self.views],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Appearance:
        return cls(
            UUID(data["clip"]),
            UUID(data["track"]),
            data["label"],
            data["attributes"],
            tuple(Run(*run) for run in data["runs"]),
            tuple(View(frame, tuple(box)) for frame, box in data["views"]),
        )


def appearance(
    clip: UUID, track: Track, first: int, last: int, seconds: Callable[[int], float]
) -> Appearance | None:
    """The track between two frames, both included; None where it is never visible.

    seconds: from the clip's first frame to a frame.
    """
    visible = list(shapes(track, first, last))
    if not visible:
        return None
    fixed = {k: v for k, v in track.attributes.items() if not isinstance(v, tuple)}
    runs = tuple(
        Run(start, end, round(seconds(start), 3), round(seconds(end), 3))
        for start, end in _runs(shape.frame for shape in visible)
    )
    return Appearance(clip, track.id, track.label, fixed, runs, _views(track, visible))


def _runs(frames: Iterable[int]) -> list[tuple[int, int]]:
    ordered = list(frames)
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(ordered)) if b != a + 1), len(ordered)]
    return [(ordered[a], ordered[b - 1]) for a, b in pairwise(breaks)]


def _views(track: Track, visible: list[Shape]) -> tuple[View, ...]:
    """The largest shape of each third of the visible frames, unhidden ones first."""
    bounds = [round(len(visible) * part / VIEWS) for part in range(VIEWS + 1)]
    thirds = [visible[a:b] for a, b in pairwise(bounds) if b > a]
    best = [
        max(third, key=lambda shape: (not shape.occluded, _area(track, shape))) for third in thirds
    ]
    return tuple(
        View(shape.frame, tuple(round(side, 1) for side in bounding_box(track.kind, shape)))  # type: ignore[arg-type]
        for shape in best
    )


def _area(track: Track, shape: Shape) -> float:
    x1, y1, x2, y2 = bounding_box(track.kind, shape)
    return (x2 - x1) * (y2 - y1)
