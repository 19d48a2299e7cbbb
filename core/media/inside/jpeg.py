"""Small pictures as JPEG."""

from typing import Any

import cv2
import numpy as np

_QUALITY = 80


def jpeg(pixels: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    """pixels: uint8 (height, width, 3), blue green red."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(data)
