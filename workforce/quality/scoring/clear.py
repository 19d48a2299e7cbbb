"""CLEAR MOT metrics (Bernardin and Stiefelhagen, 2008) at IoU 0.5, with the matches behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workforce.quality.scoring.detections import (
    Detections,
    Frames,
    Ints,
    Overlaps,
)
from workforce.quality.scoring.hota import EPSILON
from workforce.quality.scoring.matching import best, by_frame, uncontested

THRESHOLD = 0.5
# Outweighs any sum of IoUs in a frame: a track that goes on beats every better fit.
CONTINUITY = 1000.0
MOSTLY_TRACKED = 0.8
MOSTLY_LOST = 0.2


@dataclass(frozen=True)
class Clear:
    """Counts over the clip; `matches` are the pairs that they were counted from.

    switches: bool (len(matches),): the true identity was last matched to another predicted one.
    """

    matches: Overlaps
    switches: NDArray[np.bool_]
    truth_count: int
    prediction_count: int
    fragmentations: int
    mostly_tracked: int
    partly_tracked: int
    mostly_lost: int

    def summary(self) -> dict[str, float]:
        """Under the names of the field; MOTA and MODA are 0 where there is no truth at all."""
        true_positives = len(self.matches)
        misses = self.truth_count - true_positives
        false_alarms = self.prediction_count - true_positives
        id_switches = int(self.switches.sum())
        moda = (true_positives - false_alarms) / self.truth_count if self.truth_count else 0.0
        mota = moda - id_switches / self.truth_count if self.truth_count else 0.0
        return {
            "MOTA": mota,
            "MOTP": float(self.matches.iou.sum()) / max(1, true_positives),
            "MODA": moda,
            "CLR_TP": true_positives,
            "CLR_FN": misses,
            "CLR_FP": false_alarms,
            "IDSW": id_switches,
            "MT": self.mostly_tracked,
            "PT": self.partly_tracked,
            "ML": self.mostly_lost,
            "Frag": self.fragmentations,
        }


def clear(truth: Detections, prediction: Detections, frames: Frames, pairs: Overlaps) -> Clear:
    """Score one clip."""
    near = pairs.where(pairs.iou >= THRESHOLD - EPSILON)
    # A frame with no box on one side leaves the memory of "the frame before" as it was.
    step: Ints = np.cumsum(frames.shared, dtype=np.int64)[near.frame]
    matches, step = _matches(truth, prediction, near, step)
    order = np.lexsort((step, truth.identities[matches.truth]))
    who = truth.identities[matches.truth][order]
    whom = prediction.identities[matches.prediction][order]
    when = step[order]
    same = np.concatenate([[False], who[1:] == who[:-1]]) if len(who) else np.zeros(0, dtype=bool)
    switches = np.zeros(len(matches), dtype=bool)
    switches[order] = same & (whom != np.roll(whom, 1))
    resumed = same & (when != np.roll(when, 1) + 1)
    present = truth.boxes_per_identity
    share = np.bincount(who, minlength=truth.identity_count) / np.maximum(1, present)
    mostly_tracked = int((share > MOSTLY_TRACKED).sum())
    partly_tracked = int((share >= MOSTLY_LOST).sum()) - mostly_tracked
    return Clear(
        matches=matches,
        switches=switches,
        truth_count=len(truth),
        prediction_count=len(prediction),
        fragmentations=int(resumed.sum()),
        mostly_tracked=mostly_tracked,
        partly_tracked=partly_tracked,
        mostly_lost=truth.identity_count - mostly_tracked - partly_tracked,
    )


def _matches(
    truth: Detections, prediction: Detections, near: Overlaps, step: Ints
) -> tuple[Overlaps, Ints]:
    """Match frame by frame, preferring to go on with the pair of the frame before.

    Only crowded frames need to know the frame before, so only they are walked through in order.
    """
    chosen = uncontested(near)
    starts = np.searchsorted(step, np.arange(int(step.max(initial=0)) + 2))
    who, whom = truth.identities[near.truth], prediction.identities[near.prediction]
    partner = np.zeros(truth.identity_count, dtype=np.int64)
    partner_at = np.full(truth.identity_count, -1, dtype=np.int64)
    for rows in by_frame(near, np.nonzero(~chosen)[0]):
        now = int(step[rows[0]])
        before = np.arange(starts[now - 1], starts[now])
        before = before[chosen[before]]
        partner[who[before]] = whom[before]
        partner_at[who[before]] = now
        going_on = (partner_at[who[rows]] == now) & (partner[who[rows]] == whom[rows])
        chosen[best(near, rows, near.iou[rows] + CONTINUITY * going_on)] = True
    return near.where(chosen), step[chosen]
