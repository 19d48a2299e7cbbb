"""Upright boxes of a track, frame by frame, in blocks: what large exports are written from.

Interpolated edges are given to a thousandth of a pixel, keyframes as they were drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workforce.labels.tracks import Keyframe, Track

BLOCK = 8192  # frames: bounds what a writer holds of a long track
DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Block:
    """Frames that follow each other in a track, of equal length n.

    frames: int64 (n,); boxes: float64 (n, 4), x1 y1 x2 y2 in pixels; occluded, outside, keyframe:
    bool (n,).
    """

    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]
    occluded: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    keyframe: NDArray[np.bool_]


def is_upright(track: Track) -> bool:
    """Whether each shape of the track is a box that was not turned."""
    return track.kind == "box" and all(len(item.geometry) == 4 for item in track.keyframes)


def upright_blocks(track: Track, start: int, end: int, *, ends: bool = False) -> Iterator[Block]:
    """The same shapes as `interpolation.shapes` gives; with `ends`, as `shapes_and_ends`."""
    drawn = np.array([item.frame for item in track.keyframes], np.int64)
    edges = np.array([item.geometry for item in track.keyframes], np.float64)
    occluded, outside = _flags(track.keyframes)
    for first in range(max(start, int(drawn[0])), end + 1, BLOCK):
        frames = np.arange(first, min(end, first + BLOCK - 1) + 1)
        left = np.searchsorted(drawn, frames, side="right") - 1
        at_keyframe = drawn[left] == frames
        kept = ~outside[left] | (at_keyframe & ends)
        frames, left, at_keyframe = frames[kept], left[kept], at_keyframe[kept]
        if len(frames):
            boxes = _between(drawn, edges, frames, left)
            boxes[at_keyframe] = edges[left[at_keyframe]]
            yield Block(frames, boxes, occluded[left], outside[left], at_keyframe)


def sized(block: Block) -> NDArray[np.float64]:
    """float64 (n, 4): left, top, width, height; sizes of interpolated boxes are rounded too."""
    sizes = block.boxes[:, 2:] - block.boxes[:, :2]
    moved = ~block.keyframe
    sizes[moved] = np.round(sizes[moved], DECIMALS)
    return np.hstack([block.boxes[:, :2], sizes])


def texts(values: NDArray[np.float64]) -> list[str]:
    """The shortest decimal text of each of at least one value, as `clip.number` gives it."""
    joined = repr((values.ravel() + 0.0).tolist())[1:-1] + ", "
    return joined.replace(".0, ", ", ").split(", ")[:-1]


def _flags(keyframes: tuple[Keyframe, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return (
        np.array([item.occluded for item in keyframes]),
        np.array([item.outside for item in keyframes]),
    )


def _between(
    drawn: NDArray[np.int64],
    edges: NDArray[np.float64],
    frames: NDArray[np.int64],
    left: NDArray[np.int64],
) -> NDArray[np.float64]:
    right = np.minimum(left + 1, len(drawn) - 1)
    steps = np.maximum(drawn[right] - drawn[left], 1)
    share = (frames - drawn[left]) / steps
    moved = edges[left] + (edges[right] - edges[left]) * share[:, None]
    return np.asarray(np.round(moved, DECIMALS))
