"""Small scenes with a known answer, written as MOTChallenge rows."""

import numpy as np

from workforce.quality.scoring.detections import Detections, detections


def walk(identity: int, frames: range, left: float = 0.0, speed: float = 2.0, top: float = 0.0):
    """Rows (frame, identity, x1, y1, x2, y2) of a 40 x 90 figure walking to the right."""
    return [
        (frame, identity, left + speed * frame, top, left + speed * frame + 40, top + 90)
        for frame in frames
    ]


def scene(*walks) -> Detections:
    rows = [row for rows in walks for row in rows]
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return detections(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:6])
