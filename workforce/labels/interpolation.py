"""Shapes between keyframes, as CVAT draws them.

Boxes go linearly from one keyframe to the next, rotation by the shorter arc. Polygons go point by
point where both keyframes have as many points, else they hold; CVAT pairs points of its own
finding there. Flags hold from the keyframe on the left. A track is seen from its first keyframe
until an `outside` one, and after the last keyframe it stays where it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from workforce.labels.tracks import Keyframe, Track


@dataclass(frozen=True, slots=True)
class Shape:
    """A track at one frame. `keyframe` tells a stored shape from an interpolated one."""

    frame: int
    geometry: tuple[float, ...]
    occluded: bool
    outside: bool
    keyframe: bool


def shape_at(track: Track, frame: int) -> Shape | None:
    """The visible shape at a frame, or None before the first keyframe and where it is outside."""
    frames = [keyframe.frame for keyframe in track.keyframes]
    position = bisect_right(frames, frame) - 1
    if position < 0 or track.keyframes[position].outside:
        return None
    left = track.keyframes[position]
    right = track.keyframes[position + 1] if position + 1 < len(frames) else None
    return _between(track.kind, left, right, frame)


def shapes(track: Track, start: int, end: int) -> Iterator[Shape]:
    """Visible shapes of frames start to end (included), in order."""
    return (shape for shape in shapes_and_ends(track, start, end) if not shape.outside)


def shapes_and_ends(track: Track, start: int, end: int) -> Iterator[Shape]:
    """As `shapes`, with the `outside` keyframes too: what a format with explicit ends writes."""
    for position, left in enumerate(track.keyframes):
        last = position + 1 == len(track.keyframes)
        right = None if last else track.keyframes[position + 1]
        until = end if right is None else min(end, right.frame - 1)
        if left.outside:
            until = min(until, left.frame)
        for frame in range(max(start, left.frame), until + 1):
            yield _between(track.kind, left, right, frame)


def _between(kind: str, left: Keyframe, right: Keyframe | None, frame: int) -> Shape:
    geometry = left.geometry
    if right is not None and frame != left.frame:
        share = (frame - left.frame) / (right.frame - left.frame)
        between = _box_between if kind == "box" else _polygon_between
        geometry = between(left.geometry, right.geometry, share)
    return Shape(frame, geometry, left.occluded, left.outside, keyframe=frame == left.frame)


def _box_between(
    left: tuple[float, ...], right: tuple[float, ...], share: float
) -> tuple[float, ...]:
    box = tuple(a + (b - a) * share for a, b in zip(left[:4], right[:4], strict=True))
    if len(left) == 4 and len(right) == 4:
        return box
    return (*box, rotation_between(_rotation(left), _rotation(right), share))


def _polygon_between(
    left: tuple[float, ...], right: tuple[float, ...], share: float
) -> tuple[float, ...]:
    if len(left) != len(right):
        return left
    return tuple(a + (b - a) * share for a, b in zip(left, right, strict=True))


def _rotation(geometry: tuple[float, ...]) -> float:
    return geometry[4] if len(geometry) == 5 else 0.0


def rotation_between(left: float, right: float, share: float) -> float:
    """Degrees in [0, 360), turned from left by `share` of the shorter way to right."""
    turn = (right - left + 180.0) % 360.0 - 180.0
    return (left + turn * share) % 360.0
