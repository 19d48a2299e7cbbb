"""B-cubed precision, recall and F1 of two clusterings of the same things (Bagga and Baldwin, 1998).

Of each thing: which share of those that it was put together with belong to it (precision), and
which share of those that belong to it were put together with it (recall); the thing itself counts.
The means over all things fulfil the constraints that Amigo et al. (2009) ask of such a measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BCubed:
    """Both means, 0 to 1; of nothing they are 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def bcubed(truth: NDArray[np.int64], given: NDArray[np.int64]) -> BCubed:
    """Compare two clusterings; int64 (n,) each: the cluster of each thing, under any number."""
    if truth.shape != given.shape or truth.ndim != 1:
        raise ValueError("both sides name a cluster of each thing")
    if not len(truth):
        return BCubed(1.0, 1.0)
    _, truth_at, truth_sizes = np.unique(truth, return_inverse=True, return_counts=True)
    _, given_at, given_sizes = np.unique(given, return_inverse=True, return_counts=True)
    cells, together = np.unique(np.stack([truth_at, given_at]), axis=1, return_counts=True)
    # Each of the `together` things in a cell has all of them in common on both sides.
    shared = together.astype(np.float64) ** 2
    precision = (shared / given_sizes[cells[1]]).sum() / len(truth)
    recall = (shared / truth_sizes[cells[0]]).sum() / len(truth)
    return BCubed(float(precision), float(recall))
