"""Geometry of axis-aligned boxes: float64 (n, 4), pixels, x1 y1 x2 y2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
Scores = NDArray[np.float64]


def no_boxes() -> Boxes:
    """The empty set of boxes, float64 (0, 4)."""
    return np.zeros((0, 4), dtype=np.float64)


def areas(boxes: Boxes) -> NDArray[np.float64]:
    """Area of each box in square pixels, float64 (n,); an inverted box has none."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None)
    return sides[:, 0] * sides[:, 1]


def intersections(left: Boxes, right: Boxes) -> NDArray[np.float64]:
    """Shared area of each pair in square pixels, float64 (n, m)."""
    upper = np.maximum(left[:, None, :2], right[None, :, :2])
    lower = np.minimum(left[:, None, 2:], right[None, :, 2:])
    sides = np.clip(lower - upper, 0.0, None)
    shared: NDArray[np.float64] = sides[..., 0] * sides[..., 1]
    return shared


def overlaps(left: Boxes, right: Boxes) -> NDArray[np.float64]:
    """Intersection over union of each pair, float64 (n, m), 0 where both are empty."""
    shared = intersections(left, right)
    union = areas(left)[:, None] + areas(right)[None, :] - shared
    ratio: NDArray[np.float64] = np.divide(
        shared, union, out=np.zeros_like(shared), where=union > 0
    )
    return ratio


def suppressed(boxes: Boxes, scores: Scores, *, overlap: float) -> NDArray[np.intp]:
    """Indices kept by greedy non-maximum suppression, best score first, int (k,)."""
    order = np.argsort(-scores, kind="stable")
    pairs = overlaps(boxes, boxes)
    kept: list[int] = []
    alive = np.ones(len(boxes), dtype=bool)
    for index in order:
        if alive[index]:
            kept.append(int(index))
            alive &= pairs[index] < overlap
            alive[index] = False
    return np.array(kept, dtype=np.intp)


def padded(boxes: Boxes, *, share: float) -> Boxes:
    """Boxes grown about their centres by `share` of each side (0.2 makes 100 px into 120 px)."""
    grow = (boxes[:, 2:] - boxes[:, :2]) * (share / 2.0)
    return np.hstack([boxes[:, :2] - grow, boxes[:, 2:] + grow])


def clipped(boxes: Boxes, *, width: int, height: int) -> Boxes:
    """Boxes cut to a picture of `width` x `height` pixels."""
    limit = np.array([width, height, width, height], dtype=np.float64)
    return np.clip(boxes, 0.0, limit)
