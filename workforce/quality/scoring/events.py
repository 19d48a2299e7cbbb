"""Events in time: average precision at temporal IoU thresholds, as ActivityNet measures it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.late import late
from workforce.quality.scoring.detections import Floats

linear_sum_assignment = late("scipy.optimize.linear_sum_assignment")

TIOU_THRESHOLDS: Floats = np.linspace(0.10, 0.95, 18)


@dataclass(frozen=True)
class Event:
    """One event span: the clip it is in, its label, start and end (seconds or frames) and score."""

    clip: str
    label: str
    start: float
    end: float
    score: float = 1.0


def temporal_iou(start: float, end: float, starts: Floats, ends: Floats) -> Floats:
    """IoU of one span with each of n; 0 where either is empty. float64 (n,)."""
    shared = np.clip(np.minimum(end, ends) - np.maximum(start, starts), 0, None)
    union = (ends - starts) + (end - start) - shared
    iou: Floats = np.divide(shared, union, out=np.zeros(len(starts)), where=union > 0)
    return iou


def average_precision(
    truth: Sequence[Event], prediction: Sequence[Event], thresholds: Floats = TIOU_THRESHOLDS
) -> Floats:
    """Interpolated average precision of one label at each threshold. float64 (len(thresholds),).

    The surest prediction takes the free true span it fits best; a span is taken once for each
    threshold. Without predictions, or without truth, the precision is 0.
    """
    if not truth or not prediction:
        return np.zeros(len(thresholds))
    spans: dict[str, tuple[Floats, Floats]] = {}
    for clip in {event.clip for event in truth}:
        here = [(event.start, event.end) for event in truth if event.clip == clip]
        columns = np.array(here, dtype=np.float64)
        spans[clip] = columns[:, 0], columns[:, 1]
    taken = {clip: np.zeros((len(thresholds), len(span[0])), bool) for clip, span in spans.items()}
    hits = np.zeros((len(thresholds), len(prediction)), dtype=bool)
    surest_first = sorted(prediction, key=lambda event: -event.score)
    for column, event in enumerate(surest_first):
        if event.clip not in spans:
            continue
        iou = temporal_iou(event.start, event.end, *spans[event.clip])
        order = np.argsort(-iou, kind="stable")
        for row, threshold in enumerate(thresholds):
            free = order[(iou[order] >= threshold) & ~taken[event.clip][row, order]]
            if len(free):
                hits[row, column] = True
                taken[event.clip][row, free[0]] = True
    return np.array([_interpolated(row, len(truth)) for row in hits])


def _interpolated(hits: np.ndarray[tuple[int], np.dtype[np.bool_]], truth_count: int) -> float:
    """Area under precision over recall, precision made falling from the right (VOC 2011)."""
    found = np.cumsum(hits)
    recall = np.concatenate([[0.0], found / truth_count, [1.0]])
    precision = np.concatenate([[0.0], found / np.arange(1, len(hits) + 1), [0.0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    rises = np.nonzero(recall[1:] != recall[:-1])[0] + 1
    return float(((recall[rises] - recall[rises - 1]) * precision[rises]).sum())


@dataclass(frozen=True)
class EventScore:
    """Average precision of each true label at each threshold: float64 (t,) each."""

    thresholds: Floats
    by_label: dict[str, Floats]

    @property
    def mean_average_precision(self) -> Floats:
        """Mean over labels, float64 (t,); 0 where there is no true event."""
        if not self.by_label:
            return np.zeros(len(self.thresholds))
        mean: Floats = np.mean(list(self.by_label.values()), axis=0)
        return mean

    @property
    def average(self) -> float:
        """Mean over the thresholds 0.5, 0.55, ... 0.95."""
        upper = self.thresholds >= 0.5 - 1e-9
        return float(self.mean_average_precision[upper].mean())


def score_events(
    truth: Sequence[Event], prediction: Sequence[Event], thresholds: Floats = TIOU_THRESHOLDS
) -> EventScore:
    """Score spans label by label; labels that no true event has are left out, as in ActivityNet."""
    labels = sorted({event.label for event in truth})
    return EventScore(
        thresholds,
        {
            label: average_precision(
                [event for event in truth if event.label == label],
                [event for event in prediction if event.label == label],
                thresholds,
            )
            for label in labels
        },
    )


def match_events(
    truth: Sequence[Event], given: Sequence[Event], threshold: float = 0.5
) -> list[tuple[int, int]]:
    """Pair spans one to one, of one clip and label, for the greatest sum of temporal IoU.

    Gives (position in truth, position in given) of pairs that reach the threshold.
    """
    likeness = np.zeros((len(truth), len(given)))
    for row, event in enumerate(truth):
        for column, other in enumerate(given):
            if (event.clip, event.label) == (other.clip, other.label):
                ends = np.array([other.end], dtype=np.float64)
                starts = np.array([other.start], dtype=np.float64)
                likeness[row, column] = temporal_iou(event.start, event.end, starts, ends)[0]
    likeness[likeness < threshold] = 0.0
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if likeness[row, column] > 0
    ]


def event_f1(truth: Sequence[Event], given: Sequence[Event], threshold: float = 0.5) -> float:
    """F1 of one-to-one pairs at a temporal IoU; spans without a score. 1 where both are empty."""
    if not truth and not given:
        return 1.0
    return 2 * len(match_events(truth, given, threshold)) / (len(truth) + len(given))
