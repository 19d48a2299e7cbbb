"""Whether a polygon's outline is one simple closed line.

frontend/src/labels/outline.ts asks the same before it keeps a shape; both are held against
tests/fixtures/outlines.json.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Rows of the comparison of all edges with all that are worked out at once: some megabytes.
ROWS = 256


def crossing(outline: Sequence[float]) -> tuple[int, int] | None:
    """Find two edges that cross, touch or run back over each other.

    outline: x1 y1 x2 y2 ..., three points or more. Gives the edges' first points, counted from 0,
    or None where the outline is simple.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # absurdly far points are told of elsewhere
        return _crossing(np.asarray(outline, dtype=np.float64).reshape(-1, 2))


def _crossing(start: NDArray[np.float64]) -> tuple[int, int] | None:
    end = np.roll(start, -1, axis=0)
    turned_back = _turned_back(start, end)
    if turned_back.size:
        edge = int(turned_back[0])
        return edge, (edge + 1) % len(start)
    meet = _straddles(start, end)
    meet &= meet.T
    meet &= _overlap(start, end)
    edges = np.arange(len(start))
    for neighbour in (edges, (edges + 1) % len(start), edges - 1):
        meet[edges, neighbour] = False
    found = np.argwhere(meet)
    return (int(found[0][0]), int(found[0][1])) if found.size else None


def _turned_back(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.intp]:
    """Edges without a length, and edges whose successor lies on them."""
    along = end - start
    onward = np.roll(along, -1, axis=0)
    cross = along[:, 0] * onward[:, 1] - along[:, 1] * onward[:, 0]
    dot = (along * onward).sum(axis=1)
    still = ~along.any(axis=1)
    return np.flatnonzero(still | ((cross == 0) & (dot < 0)))


def _straddles(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.bool_]:
    """[i, j]: the points of edge i are not both on the same side of the line through edge j."""
    along = end - start
    side = np.empty((len(start), len(start)), dtype=np.int8)
    for first in range(0, len(start), ROWS):
        rows = start[first : first + ROWS, None, :] - start[None, :, :]
        side[first : first + ROWS] = np.sign(
            along[:, 0] * rows[:, :, 1] - along[:, 1] * rows[:, :, 0]
        )
    straddles: NDArray[np.bool_] = side * np.roll(side, -1, axis=0) <= 0
    return straddles


def _overlap(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.bool_]:
    """[i, j]: the upright boxes round edges i and j share a point."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    overlap = np.ones((len(start), len(start)), dtype=np.bool_)
    for axis in (0, 1):
        overlap &= low[:, None, axis] <= high[None, :, axis]
        overlap &= high[:, None, axis] >= low[None, :, axis]
    return overlap
