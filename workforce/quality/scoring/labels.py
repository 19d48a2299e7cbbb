"""Scoring labels in our own form: tracks of a frame range against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workforce.labels.formats.clip import bounding_box
from workforce.labels.interpolation import shapes
from workforce.labels.tracks import Track
from workforce.quality.scoring.detections import Detections, detections
from workforce.quality.scoring.summary import TrackScore, score_tracks


@dataclass(frozen=True)
class LabelScore:
    """Tracking metrics with labels taken into account, F1 of each label, agreement of attributes.

    f1_by_label: at IoU 0.5; attribute_agreement: share of matched boxes with the true value.
    """

    tracks: TrackScore
    f1_by_label: dict[str, float]
    attribute_agreement: dict[str, float]


def score_labels(
    truth: Sequence[Track], prediction: Sequence[Track], *, start: int, end: int
) -> LabelScore:
    """Score tracks over frames start to end (included). A box under a wrong label is no match."""
    labels = {
        key: code for code, key in enumerate(sorted({t.label for t in [*truth, *prediction]}))
    }
    left = detections_of(truth, start=start, end=end, labels=labels)
    right = detections_of(prediction, start=start, end=end, labels=labels)
    scored = score_tracks(left, right)
    return LabelScore(
        tracks=scored,
        f1_by_label=_f1_by_label(scored, labels),
        attribute_agreement=_attribute_agreement(truth, prediction, scored),
    )


def detections_of(
    tracks: Sequence[Track], *, start: int, end: int, labels: dict[str, int]
) -> Detections:
    """Visible shapes of the tracks as upright boxes; a track's identity is its position.

    A track that is nowhere visible in the range has no boxes and counts nowhere.
    """
    rows = [
        (shape.frame, position, labels[track.label], *bounding_box(track.kind, shape))
        for position, track in enumerate(tracks)
        for shape in shapes(track, start, end)
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    columns = table[:, :3].astype(np.int64)
    return detections(columns[:, 0], columns[:, 1], table[:, 3:], labels=columns[:, 2])


def _f1_by_label(scored: TrackScore, labels: dict[str, int]) -> dict[str, float]:
    truth, prediction = scored.truth.labels, scored.prediction.labels
    assert truth is not None
    assert prediction is not None
    hits = np.bincount(truth[scored.clear.matches.truth], minlength=len(labels))
    total = np.bincount(truth, minlength=len(labels)) + np.bincount(
        prediction, minlength=len(labels)
    )
    return {key: float(2 * hits[code] / total[code]) for key, code in labels.items() if total[code]}


def _attribute_agreement(
    truth: Sequence[Track], prediction: Sequence[Track], scored: TrackScore
) -> dict[str, float]:
    """By label and attribute, over matched boxes whose truth has a value for it."""
    seen_truth = _visible(truth, scored.truth)
    seen_prediction = _visible(prediction, scored.prediction)
    asked: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    matches = scored.clear.matches
    for left, right in zip(matches.truth.tolist(), matches.prediction.tolist(), strict=True):
        frame = int(scored.truth.frames[left])
        true_track = seen_truth[int(scored.truth.identities[left])]
        given_track = seen_prediction[int(scored.prediction.identities[right])]
        given = given_track.attributes_at(frame)
        for key, value in true_track.attributes_at(frame).items():
            name = f"{true_track.label}.{key}"
            asked[name] += 1
            agreed[name] += given.get(key) == value
    return {name: agreed[name] / count for name, count in sorted(asked.items())}


def _visible(tracks: Sequence[Track], found: Detections) -> list[Track]:
    """Tracks by dense identity."""
    return [tracks[name] for name in found.names.tolist()]
