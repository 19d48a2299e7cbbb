"""Boxes of one frame, ready to be drawn over its outline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workforce.labels.formats.clip import bounding_box
from workforce.labels.interpolation import shape_at
from workforce.labels.tracks import Track


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """An upright box in pixels of the picture; `style` names what it stands for."""

    x: float
    y: float
    width: float
    height: float
    style: str


def boxes_at(
    tracks: Sequence[Track], frame: int, style: str, only: Iterable[str] = ()
) -> list[DrawnBox]:
    """Boxes of tracks that are visible at a frame; `only`: ids of those that are drawn, or all."""
    wanted = set(only)
    drawn = []
    for track in tracks:
        if wanted and str(track.id) not in wanted:
            continue
        shape = shape_at(track, frame)
        if shape is not None:
            x1, y1, x2, y2 = bounding_box(track.kind, shape)
            width, height = round(x2 - x1, 1), round(y2 - y1, 1)
            drawn.append(DrawnBox(round(x1, 1), round(y1, 1), width, height, style))
    return drawn
