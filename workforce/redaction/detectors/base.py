"""What every detector is: a picture in, boxes and scores out."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from workforce.redaction.boxes import Boxes, Scores, no_boxes

Frame = NDArray[np.uint8]


class Detections(NamedTuple):
    """Hits in one picture.

    boxes: float64 (n, 4), pixels of that picture, x1 y1 x2 y2; scores: float64 (n,), 0 to 1.
    """

    boxes: Boxes
    scores: Scores

    @classmethod
    def none(cls) -> Detections:
        """No hit."""
        return cls(no_boxes(), np.zeros(0))


class Detector(Protocol):
    """Finds one sort of thing in a picture."""

    def detect(self, frame: Frame) -> Detections:
        """Hits in `frame`, uint8 (height, width, 3), blue green red."""
        ...
