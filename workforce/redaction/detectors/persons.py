"""Standing persons by OpenCV's histogram of oriented gradients, for the policy that masks heads.

OpenCV 5 dropped HOG: requirements.in holds `opencv-python-headless<5`.
"""

from __future__ import annotations

import cv2
import numpy as np

from workforce.redaction.boxes import Boxes, clipped, suppressed
from workforce.redaction.detectors.base import Detections, Detector, Frame

HEAD_SHARE = 0.3  # the top part of a person that the policy hides
# The trained window is 64 x 128 px with the person about 96 px high inside it.
WINDOW_MARGIN = np.array([0.12, 0.08, -0.12, -0.06])

# A false person as high as the picture would hide much of it, so what is taller than this share
# must be as sure as can be. Measured on vtest.avi: heads covered 83 % without, 93 % with it, for
# then no picture is smothered. People so near show a face, which its own detectors find.
LARGE = 0.3
SURE_OF_LARGE = 1.0


class Persons:
    """Whole persons of about 96 px and more; `scale` 2 finds those from about 48 px."""

    def __init__(self, *, threshold: float = 0.3, scale: float = 2.0) -> None:
        self._threshold = threshold
        self._scale = scale
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def detect(self, frame: Frame) -> Detections:
        """Persons in `frame`, uint8 (height, width, 3), blue green red."""
        height, width = frame.shape[:2]
        # The window must fit: smaller pictures are enlarged until it does.
        scale = max(self._scale, 64.0 / width, 128.0 / height)
        picture = cv2.resize(frame, None, fx=scale, fy=scale)
        rectangles, weights = self._hog.detectMultiScale(
            picture, hitThreshold=0.0, winStride=(8, 8), padding=(8, 8), scale=1.08
        )
        if not len(rectangles):
            return Detections.none()
        windows = np.asarray(rectangles, dtype=np.float64).reshape(-1, 4)
        scores = np.asarray(weights, dtype=np.float64).reshape(-1)
        high = windows[:, 3] / scale
        strong = scores > np.where(high > LARGE * height, SURE_OF_LARGE, self._threshold)
        windows, scores = windows[strong], scores[strong]
        boxes = np.hstack([windows[:, :2], windows[:, :2] + windows[:, 2:]])
        boxes += np.tile(windows[:, 2:], 2) * WINDOW_MARGIN
        boxes /= scale
        kept = suppressed(boxes, scores, overlap=0.5)
        # The support vector machine's margin is unbounded; 1 is as sure as we ever call it.
        sure = np.clip(scores[kept], 0.0, 1.0)
        return Detections(clipped(boxes[kept], width=width, height=height), sure)


class Heads:
    """The top part of each person that `persons` finds: for faces too small to detect."""

    def __init__(self, persons: Detector) -> None:
        self._persons = persons

    def detect(self, frame: Frame) -> Detections:
        """Heads in `frame`, uint8 (height, width, 3), blue green red."""
        boxes, scores = self._persons.detect(frame)
        return Detections(heads_of(boxes), scores)


def heads_of(persons: Boxes) -> Boxes:
    """The top 30 % of each person's box, float64 (n, 4), pixels."""
    heads = persons.copy()
    heads[:, 3] = persons[:, 1] + HEAD_SHARE * (persons[:, 3] - persons[:, 1])
    return heads
