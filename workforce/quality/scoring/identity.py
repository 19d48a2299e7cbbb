"""Identity metrics IDF1, IDP, IDR (Ristani et al., 2016) at IoU 0.5."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.late import late
from workforce.quality.scoring.detections import Detections, Overlaps

linear_sum_assignment = late("scipy.optimize.linear_sum_assignment")

THRESHOLD = 0.5


@dataclass(frozen=True)
class Identity:
    """Boxes that keep their identity under the best one-to-one naming over the whole clip."""

    true_positives: int
    truth_count: int
    prediction_count: int

    def summary(self) -> dict[str, float]:
        """Under the names of the field."""
        total = self.truth_count + self.prediction_count
        return {
            "IDF1": 2 * self.true_positives / max(1, total),
            "IDP": self.true_positives / max(1, self.prediction_count),
            "IDR": self.true_positives / max(1, self.truth_count),
            "IDTP": self.true_positives,
            "IDFN": self.truth_count - self.true_positives,
            "IDFP": self.prediction_count - self.true_positives,
        }


def identity(truth: Detections, prediction: Detections, pairs: Overlaps) -> Identity:
    """Score one clip."""
    near = pairs.where(pairs.iou >= THRESHOLD)
    together = np.zeros((truth.identity_count, prediction.identity_count), dtype=np.int64)
    who, whom = truth.identities[near.truth], prediction.identities[near.prediction]
    np.add.at(together, (who, whom), 1)
    kept = together[linear_sum_assignment(together, maximize=True)].sum()
    return Identity(int(kept), len(truth), len(prediction))
