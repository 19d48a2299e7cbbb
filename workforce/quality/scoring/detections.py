"""What is scored: boxes with identities over frames, and the overlaps between two sets of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workforce.quality.scoring.outlines import OutlineIou

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Frames are padded to a rectangle in blocks of so many pairs (32 MB an array), so that neither
# a long clip nor a crowd takes memory without bound.
PAIRS_PER_BLOCK = 4_000_000


@dataclass(frozen=True)
class Detections:
    """Boxes of one clip, sorted by frame.

    frames: int64 (n,), any integers; identities: int64 (n,), dense 0..identity_count-1;
    names: int64 (identity_count,), the identities as they were given; boxes: float64 (n, 4),
    pixels, x1 y1 x2 y2; labels: int64 (n,) or None when all are of one kind; outlines: by row, the
    corners, float64 (k, 2), of what is no upright box, whose box is then the one around it.
    """

    frames: Ints
    identities: Ints
    boxes: Floats
    names: Ints
    labels: Ints | None = None
    outlines: Mapping[int, Floats] = field(default_factory=dict)

    def outline(self, row: int) -> Floats:
        """Corners of the shape in a row, float64 (k, 2)."""
        found = self.outlines.get(row)
        if found is not None:
            return found
        x1, y1, x2, y2 = self.boxes[row]
        return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])

    @property
    def identity_count(self) -> int:
        return len(self.names)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def boxes_per_identity(self) -> Ints:
        """int64 (identity_count,)."""
        return np.bincount(self.identities, minlength=self.identity_count).astype(np.int64)


def detections(
    frames: Ints,
    identities: Ints,
    boxes: Floats,
    labels: Ints | None = None,
    outlines: Mapping[int, Floats] | None = None,
) -> Detections:
    """Sort by frame (keeping the given order within one) and make the identities dense.

    outlines: by given row, as in `Detections`.
    """
    order = np.argsort(frames, kind="stable")
    names, dense = np.unique(np.asarray(identities)[order], return_inverse=True)
    given = outlines or {}
    return Detections(
        frames=np.asarray(frames, dtype=np.int64)[order],
        identities=dense.astype(np.int64).reshape(-1),
        boxes=np.asarray(boxes, dtype=np.float64).reshape(-1, 4)[order],
        names=names,
        labels=None if labels is None else np.asarray(labels, dtype=np.int64)[order],
        outlines={row: given[old] for row, old in enumerate(order.tolist()) if old in given}
        if given
        else {},
    )


@dataclass(frozen=True)
class Overlaps:
    """Every pair of a true and a predicted box of one frame that share area, sorted by frame.

    truth, prediction: int64 (m,), rows of the two Detections; iou: float64 (m,), in (0, 1];
    frame: int64 (m,), position of the pair's frame among all frames that hold any box.
    """

    frame: Ints
    truth: Ints
    prediction: Ints
    iou: Floats

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, rows: NDArray[np.bool_] | Ints) -> Overlaps:
        """The chosen pairs, in their order."""
        return Overlaps(self.frame[rows], self.truth[rows], self.prediction[rows], self.iou[rows])


@dataclass(frozen=True)
class Frames:
    """The frames that hold any box: their numbers, and where each one's boxes start in both sets.

    numbers: int64 (f,); truth_starts, prediction_starts: int64 (f + 1,).
    """

    numbers: Ints
    truth_starts: Ints
    prediction_starts: Ints

    @property
    def shared(self) -> NDArray[np.bool_]:
        """bool (f,): frames with at least one box on both sides."""
        both: NDArray[np.bool_] = (np.diff(self.truth_starts) > 0) & (
            np.diff(self.prediction_starts) > 0
        )
        return both


def frames_of(truth: Detections, prediction: Detections) -> Frames:
    """Line up the frames of both sides."""
    numbers = np.union1d(truth.frames, prediction.frames)
    edges = np.append(numbers, numbers[-1] + 1 if len(numbers) else 0)
    return Frames(
        numbers=numbers,
        truth_starts=np.searchsorted(truth.frames, edges).astype(np.int64),
        prediction_starts=np.searchsorted(prediction.frames, edges).astype(np.int64),
    )


def overlaps(truth: Detections, prediction: Detections, frames: Frames) -> Overlaps:
    """All pairs of one frame with an IoU above 0; of one label, where both sides have labels.

    The IoU is that of the outlines where either shape is no upright box.
    """
    densest = int(np.diff(frames.truth_starts).max(initial=0)) * int(
        np.diff(frames.prediction_starts).max(initial=0)
    )
    step = max(1, PAIRS_PER_BLOCK // max(1, densest))
    blocks = [
        _block(truth, prediction, frames, start, min(start + step, len(frames.numbers)))
        for start in range(0, len(frames.numbers), step)
    ]
    if not blocks:
        none = np.zeros(0, dtype=np.int64)
        return Overlaps(none, none, none, np.zeros(0))
    frame, left, right, iou = (np.concatenate(column) for column in zip(*blocks, strict=True))
    found = Overlaps(frame, left, right, iou)
    if truth.labels is not None and prediction.labels is not None:
        found = found.where(truth.labels[found.truth] == prediction.labels[found.prediction])
    return _by_outlines(truth, prediction, found)


def _by_outlines(truth: Detections, prediction: Detections, found: Overlaps) -> Overlaps:
    """Measure what is no upright box by its outline; boxes round it share area where it does."""
    if not (truth.outlines or prediction.outlines):
        return found
    iou, measured = found.iou.copy(), OutlineIou()
    pairs = zip(found.truth.tolist(), found.prediction.tolist(), strict=True)
    for row, (left, right) in enumerate(pairs):
        if left in truth.outlines or right in prediction.outlines:
            iou[row] = measured(truth.outline(left), prediction.outline(right))
    return Overlaps(found.frame, found.truth, found.prediction, iou).where(iou > 0)


def _block(
    truth: Detections, prediction: Detections, frames: Frames, start: int, end: int
) -> tuple[Ints, Ints, Ints, Floats]:
    left = _padded(truth.boxes, frames.truth_starts[start : end + 1])
    right = _padded(prediction.boxes, frames.prediction_starts[start : end + 1])
    width = np.minimum(left[:, :, None, 2], right[:, None, :, 2])
    width -= np.maximum(left[:, :, None, 0], right[:, None, :, 0])
    height = np.minimum(left[:, :, None, 3], right[:, None, :, 3])
    height -= np.maximum(left[:, :, None, 1], right[:, None, :, 1])
    frame, row, column = np.nonzero((width > 0) & (height > 0))
    a = frames.truth_starts[start:end][frame] + row
    b = frames.prediction_starts[start:end][frame] + column
    shared = width[frame, row, column] * height[frame, row, column]
    union = _areas(truth.boxes[a]) + _areas(prediction.boxes[b]) - shared
    return frame + start, a, b, shared / union


def _padded(boxes: Floats, starts: Ints) -> Floats:
    """float64 (frames, densest, 4); the padding is NaN, which overlaps nothing."""
    counts = np.diff(starts)
    rectangle = np.full((len(counts), int(counts.max(initial=0)), 4), np.nan)
    taken = np.arange(rectangle.shape[1]) < counts[:, None]
    rectangle[taken] = boxes[starts[0] : starts[-1]]
    return rectangle


def _areas(boxes: Floats) -> Floats:
    areas: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
