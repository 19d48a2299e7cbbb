"""HOTA and its parts (Luiten et al., IJCV 2021), vectorised over frames and thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workforce.quality.scoring.detections import Detections, Floats, Ints, Overlaps
from workforce.quality.scoring.matching import match

# 0.05, 0.10, ... 0.95, made as the reference implementation makes them, down to the last bit.
ALPHAS: Floats = np.arange(0.05, 0.99, 0.05)
EPSILON = float(np.finfo(np.float64).eps)
NEGLIGIBLE = 1e-10


@dataclass(frozen=True)
class Hota:
    """Each part as float64 (19,), one value for each of ALPHAS."""

    hota: Floats
    det_a: Floats
    ass_a: Floats
    det_re: Floats
    det_pr: Floats
    ass_re: Floats
    ass_pr: Floats
    loc_a: Floats

    def summary(self) -> dict[str, float]:
        """Means over the thresholds, under the names of the field."""
        return {
            "HOTA": float(self.hota.mean()),
            "DetA": float(self.det_a.mean()),
            "AssA": float(self.ass_a.mean()),
            "DetRe": float(self.det_re.mean()),
            "DetPr": float(self.det_pr.mean()),
            "AssRe": float(self.ass_re.mean()),
            "AssPr": float(self.ass_pr.mean()),
            "LocA": float(self.loc_a.mean()),
        }


def hota(truth: Detections, prediction: Detections, pairs: Overlaps) -> Hota:
    """Score one clip. With nothing on one side every part is 0 but LocA, which is 1."""
    if not len(truth) or not len(prediction) or not len(pairs):
        zero = np.zeros(len(ALPHAS))
        return Hota(zero, zero, zero, zero, zero, zero, zero, np.ones(len(ALPHAS)))
    codes, identity_pair, alignment = _alignment(truth, prediction, pairs)
    chosen = match(pairs, alignment[identity_pair] * pairs.iou)
    matched_pairs, matched = np.unique(identity_pair[chosen], return_inverse=True)
    # thresholds met by each match: the first `met` of ALPHAS
    met = np.searchsorted(ALPHAS - EPSILON, pairs.iou[chosen], side="right")
    counts = _at_least(matched, met, len(matched_pairs))
    true_positives = counts.sum(axis=0)
    codes = codes[matched_pairs]
    of_truth = truth.boxes_per_identity[codes // prediction.identity_count][:, None]
    of_prediction = prediction.boxes_per_identity[codes % prediction.identity_count][:, None]
    located = np.bincount(met, pairs.iou[chosen], len(ALPHAS) + 1)[::-1].cumsum()[::-1][1:]
    det_a = true_positives / (len(truth) + len(prediction) - true_positives)
    ass_a = _mean_over_matches(counts, of_truth + of_prediction - counts, true_positives)
    return Hota(
        hota=np.sqrt(det_a * ass_a),
        det_a=det_a,
        ass_a=ass_a,
        det_re=true_positives / len(truth),
        det_pr=true_positives / len(prediction),
        ass_re=_mean_over_matches(counts, of_truth, true_positives),
        ass_pr=_mean_over_matches(counts, of_prediction, true_positives),
        loc_a=np.maximum(NEGLIGIBLE, located) / np.maximum(NEGLIGIBLE, true_positives),
    )


def _alignment(
    truth: Detections, prediction: Detections, pairs: Overlaps
) -> tuple[Ints, Ints, Floats]:
    """How well each true identity goes with each predicted one over the clip.

    Gives codes, int64 (k,), true identity x number of predicted ones + predicted identity; the
    position of each row's pair among them, int64 (m,); and the alignment, float64 (k,).
    """
    beside_truth = np.bincount(pairs.truth, pairs.iou, len(truth))
    beside_prediction = np.bincount(pairs.prediction, pairs.iou, len(prediction))
    share = pairs.iou / (
        beside_truth[pairs.truth] + beside_prediction[pairs.prediction] - pairs.iou
    )
    codes, identity_pair = np.unique(
        truth.identities[pairs.truth] * prediction.identity_count
        + prediction.identities[pairs.prediction],
        return_inverse=True,
    )
    together = np.bincount(identity_pair, share)
    apart = (
        truth.boxes_per_identity[codes // prediction.identity_count]
        + prediction.boxes_per_identity[codes % prediction.identity_count]
    )
    return codes, identity_pair, together / (apart - together)


def _at_least(group: Ints, met: Ints, groups: int) -> Ints:
    """int64 (groups, 19): matches of each group that meet each threshold."""
    width = len(ALPHAS) + 1
    exactly = np.bincount(group * width + met, minlength=groups * width).reshape(-1, width)
    counts: Ints = exactly[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    return counts


def _mean_over_matches(counts: Ints, possible: Ints, true_positives: Ints) -> Floats:
    total = (counts * (counts / np.maximum(1, possible))).sum(axis=0)
    mean: Floats = total / np.maximum(1, true_positives)
    return mean
