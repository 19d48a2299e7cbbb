"""Number plates: a plate detector and a text detector together, over the whole picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from workforce.redaction.boxes import Boxes, Scores, no_boxes, padded, suppressed
from workforce.redaction.detectors.base import Detections, Detector, Frame

TILE = 1280  # pixels; wider pictures are cut so that memory stays bounded
OVERLAP = 192  # pixels shared by neighbours: wider than nearly every plate
# Measured on 132 European plates: a text line covers 0.7-1.0 of the plate, so it grows a little.
TEXT_GROWTH = 0.15
SHAPES = (1.1, 9.0)  # width / height; two-row plates 1.2, a long line of an overlay beyond 9
HEIGHTS = (6.0, 0.13)  # from pixels to a share of the picture's height (99 % of plates: 0.114)
# Groups of characters of one plate: gap and height difference in shares of the line's height.
CHARACTER_GAP = 1.0
SAME_HEIGHT = 0.6


class Plates:
    """Joins what plate and text detectors find, keeping what is shaped like a plate.

    `overlays` (float64 (n, 4), pixels) are the camera's own writing, such as its clock: text whose
    centre lies there is not a plate.
    """

    def __init__(
        self,
        *,
        plates: Sequence[Detector],
        texts: Sequence[Detector],
        overlays: Boxes | None = None,
    ) -> None:
        self._plates = plates
        self._texts = texts
        self._overlays = no_boxes() if overlays is None else overlays

    def detect(self, frame: Frame) -> Detections:
        """Plates in `frame`, uint8 (height, width, 3), blue green red."""
        found = [self._over_tiles(detector, frame) for detector in self._plates]
        found += [self._lines(detector, frame) for detector in self._texts]
        boxes, scores = united(
            np.concatenate([hits.boxes for hits in found]),
            np.concatenate([hits.scores for hits in found]),
        )
        kept = plate_like(boxes, height=frame.shape[0])
        boxes, scores = boxes[kept], scores[kept]
        best = suppressed(boxes, scores, overlap=0.6)
        return Detections(boxes[best], scores[best])

    def _lines(self, detector: Detector, frame: Frame) -> Detections:
        boxes, scores = self._over_tiles(detector, frame)
        high = boxes[:, 3] - boxes[:, 1]
        # Rows of text far taller than a plate are shop fronts; they would pull plates into them.
        sized = (high >= HEIGHTS[0] / 2) & (high <= HEIGHTS[1] * frame.shape[0])
        boxes, scores = boxes[sized], scores[sized]
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2.0
        written = (
            (middles[:, None, :] >= self._overlays[None, :, :2])
            & (middles[:, None, :] <= self._overlays[None, :, 2:])
        ).all(axis=2)
        plain = ~written.any(axis=1)
        return Detections(padded(boxes[plain], share=TEXT_GROWTH), scores[plain])

    @staticmethod
    def _over_tiles(detector: Detector, frame: Frame) -> Detections:
        boxes, scores = [no_boxes()], [np.zeros(0)]
        for x, y, tile in tiles(frame):
            hits = detector.detect(tile)
            boxes.append(hits.boxes + np.array([x, y, x, y], dtype=np.float64))
            scores.append(hits.scores)
        return Detections(np.concatenate(boxes), np.concatenate(scores))


def united(boxes: Boxes, scores: Scores) -> Detections:
    """Boxes of one plate made one: text beside text in a row, and text within a plate's box.

    A plate's text is often found in two pieces; masking the pieces would leave the middle bare.
    """
    if not len(boxes):
        return Detections(boxes, scores)
    high = boxes[:, 3] - boxes[:, 1]
    lower, taller = np.minimum.outer(high, high), np.maximum.outer(high, high)
    level = _shared(boxes, 1) > SAME_HEIGHT * lower
    beside = _shared(boxes, 0) > -CHARACTER_GAP * lower
    alike = lower > SAME_HEIGHT * taller
    count, groups = connected_components(level & beside & alike, directed=False)
    outer = [boxes[groups == group] for group in range(count)]
    spans = np.array([[*part[:, :2].min(axis=0), *part[:, 2:].max(axis=0)] for part in outer])
    best = np.array([scores[groups == group].max() for group in range(count)])
    return Detections(spans, best)


def _shared(boxes: Boxes, axis: int) -> NDArray[np.float64]:
    """Length that each pair shares along an axis, negative for a gap, float64 (n, n)."""
    starts, ends = boxes[:, axis], boxes[:, axis + 2]
    shared: NDArray[np.float64] = np.minimum.outer(ends, ends) - np.maximum.outer(starts, starts)
    return shared


def plate_like(boxes: Boxes, *, height: int) -> NDArray[np.bool_]:
    """Which boxes have a plate's proportions in a picture `height` pixels high, bool (n,)."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    shape = np.divide(wide, high, out=np.zeros(len(boxes)), where=high > 0)
    shaped = (shape >= SHAPES[0]) & (shape <= SHAPES[1])
    sized: NDArray[np.bool_] = shaped & (high >= HEIGHTS[0]) & (high <= HEIGHTS[1] * height)
    return sized


def tiles(frame: Frame) -> Iterator[tuple[int, int, Frame]]:
    """Left, top and pixels of each tile of `frame`; one tile when it is small enough."""
    for y in _starts(frame.shape[0]):
        for x in _starts(frame.shape[1]):
            yield x, y, frame[y : y + TILE, x : x + TILE]


def _starts(length: int) -> list[int]:
    if length <= TILE:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    return [round(step * (length - TILE) / (count - 1)) for step in range(count)]
