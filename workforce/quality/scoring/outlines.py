"""IoU of shapes by their outlines: of polygons, and of boxes that are turned.

The area that two outlines share is found exactly, not on a grid of pixels. Cut both at the height
of each corner and of each place where an edge of one crosses an edge of the other: within such a
slice nothing but straight sides goes on, so the shared width changes evenly from its lower to its
upper end, and its width at half height times its height is its area.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class OutlineIou:
    """IoU of outlines, float64 (n, 2) corners in pixels; pairs that were asked for are kept.

    A shape that stands still has the same outline in many frames, beside the same others.
    """

    _known: dict[tuple[bytes, bytes], float] = field(default_factory=dict)

    def __call__(self, a: Floats, b: Floats) -> float:
        key = (a.tobytes(), b.tobytes())
        if key[0] == key[1]:
            return 1.0
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = outline_iou(a, b)
        return found


def outline_iou(a: Floats, b: Floats) -> float:
    """IoU of two simple outlines, float64 (n, 2) and (m, 2): 0 where they share no area."""
    shared = shared_area(a, b)
    if shared <= 0:
        return 0.0
    return float(min(1.0, shared / (area(a) + area(b) - shared)))


def area(outline: Floats) -> float:
    """Area inside a simple outline, float64 (n, 2), in square pixels (the shoelace formula)."""
    # Seen from its first corner: far from the origin the products would lose the small digits.
    x, y = (outline - outline[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def shared_area(a: Floats, b: Floats) -> float:
    """Area inside both outlines."""
    low = max(a[:, 1].min(), b[:, 1].min())
    high = min(a[:, 1].max(), b[:, 1].max())
    if low >= high or max(a[:, 0].min(), b[:, 0].min()) >= min(a[:, 0].max(), b[:, 0].max()):
        return 0.0
    heights = np.concatenate([a[:, 1], b[:, 1], _crossings(a, b), [low, high]])
    cuts = np.unique(np.clip(heights, low, high))
    middles = (cuts[1:] + cuts[:-1]) / 2
    widths = _shared_widths(_inside(a, middles), _inside(b, middles))
    return float(np.dot(widths, np.diff(cuts)))


def _crossings(a: Floats, b: Floats) -> Floats:
    """Heights at which an edge of one outline crosses an edge of the other."""
    along_a, along_b = np.roll(a, -1, axis=0) - a, np.roll(b, -1, axis=0) - b
    apart = b[None, :, :] - a[:, None, :]
    turn = _cross(along_a[:, None, :], along_b[None, :, :])
    with np.errstate(divide="ignore", invalid="ignore"):  # edges that run alongside never cross
        at_a = _cross(apart, along_b[None, :, :]) / turn
        at_b = _cross(apart, along_a[:, None, :]) / turn
    row, column = np.nonzero((turn != 0) & (at_a >= 0) & (at_a <= 1) & (at_b >= 0) & (at_b <= 1))
    heights: Floats = a[row, 1] + at_a[row, column] * along_a[row, 1]
    return heights


def _cross(a: Floats, b: Floats) -> Floats:
    product: Floats = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return product


def _inside(outline: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """Where lines at these heights are inside: (starts, ends), each float64 (heights, intervals).

    Padded with intervals that begin at infinity and end at minus infinity: they share nothing.
    """
    start, end = outline, np.roll(outline, -1, axis=0)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    line = heights[:, None]
    cut = (low <= line) & (line < high)
    with np.errstate(divide="ignore", invalid="ignore"):  # a level edge is cut by no line
        share = (line - start[:, 1]) / (end[:, 1] - start[:, 1])
        x = np.where(cut, start[:, 0] + share * (end[:, 0] - start[:, 0]), np.inf)
    x.sort(axis=1)
    most = int(cut.sum(axis=1).max(initial=0)) // 2 * 2
    starts, ends = x[:, 0:most:2], x[:, 1:most:2]
    return starts, np.where(np.isinf(ends), -np.inf, ends)


def _shared_widths(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> Floats:
    """float64 (heights,): how wide both are at once."""
    left = np.maximum(a[0][:, :, None], b[0][:, None, :])
    right = np.minimum(a[1][:, :, None], b[1][:, None, :])
    widths: Floats = np.maximum(right - left, 0.0).sum(axis=(1, 2))
    return widths
