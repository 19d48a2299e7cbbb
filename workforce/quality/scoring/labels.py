"""Scoring labels in our own form: tracks of a frame range against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workforce.labels.formats.clip import bounding_box, outline
from workforce.labels.interpolation import shapes
from workforce.labels.spans import Span
from workforce.labels.tracks import Track
from workforce.quality.scoring.detections import Detections, Floats, detections
from workforce.quality.scoring.events import Event, event_f1
from workforce.quality.scoring.summary import TrackScore, score_tracks


@dataclass(frozen=True)
class LabelScore:
    """Tracking metrics with labels taken into account, F1 of each label, agreement of attributes.

    f1_by_label: at IoU 0.5; attribute_agreement: share of matched boxes with the true value, by
    attribute; attributes: the same over all, None where the truth has no values; event_f1: of spans
    at temporal IoU 0.5, None where there are no events on either side.
    """

    tracks: TrackScore
    f1_by_label: dict[str, float]
    attribute_agreement: dict[str, float]
    attributes: float | None = None
    event_f1: float | None = None


@dataclass(frozen=True)
class Labels:
    """One side: tracks, and what happened."""

    tracks: Sequence[Track]
    spans: Sequence[Span] = ()


def score_labels(truth: Labels, given: Labels, *, start: int, end: int) -> LabelScore:
    """Score labels over frames start to end (included). A box under a wrong label is no match."""
    scored, labels = _scored_tracks(truth.tracks, given.tracks, start=start, end=end)
    asked, agreed = _attributes(truth.tracks, given.tracks, scored)
    return LabelScore(
        tracks=scored,
        f1_by_label=_f1_by_label(scored, labels),
        attribute_agreement={key: agreed[key] / count for key, count in sorted(asked.items())},
        attributes=agreed.total() / asked.total() if asked else None,
        event_f1=_event_f1(truth.spans, given.spans),
    )


def _event_f1(truth: Sequence[Span], given: Sequence[Span]) -> float | None:
    if not truth and not given:
        return None
    return event_f1(_events(truth), _events(given))


def _events(spans: Sequence[Span]) -> list[Event]:
    # Both ends belong to a span, so it is one frame longer than their distance.
    return [Event("", span.event, float(span.start), float(span.end + 1)) for span in spans]


def _scored_tracks(
    truth: Sequence[Track], prediction: Sequence[Track], *, start: int, end: int
) -> tuple[TrackScore, dict[str, int]]:
    labels = {
        key: code for code, key in enumerate(sorted({t.label for t in [*truth, *prediction]}))
    }
    left = detections_of(truth, start=start, end=end, labels=labels)
    right = detections_of(prediction, start=start, end=end, labels=labels)
    return score_tracks(left, right), labels


def detections_of(
    tracks: Sequence[Track], *, start: int, end: int, labels: dict[str, int]
) -> Detections:
    """Visible shapes of the tracks, boxes or outlines; a track's identity is its position.

    A track that is nowhere visible in the range has no boxes and counts nowhere.
    """
    rows: list[tuple[float, ...]] = []
    outlines: dict[int, Floats] = {}
    for position, track in enumerate(tracks):
        for shape in shapes(track, start, end):
            if track.kind != "box" or len(shape.geometry) != 4:
                outlines[len(rows)] = np.array(outline(track.kind, shape), dtype=np.float64)
            box = bounding_box(track.kind, shape)
            rows.append((shape.frame, position, labels[track.label], *box))
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    columns = table[:, :3].astype(np.int64)
    return detections(
        columns[:, 0], columns[:, 1], table[:, 3:], labels=columns[:, 2], outlines=outlines
    )


def _f1_by_label(scored: TrackScore, labels: dict[str, int]) -> dict[str, float]:
    truth, prediction = scored.truth.labels, scored.prediction.labels
    assert truth is not None
    assert prediction is not None
    hits = np.bincount(truth[scored.clear.matches.truth], minlength=len(labels))
    total = np.bincount(truth, minlength=len(labels)) + np.bincount(
        prediction, minlength=len(labels)
    )
    return {key: float(2 * hits[code] / total[code]) for key, code in labels.items() if total[code]}


def _attributes(
    truth: Sequence[Track], prediction: Sequence[Track], scored: TrackScore
) -> tuple[Counter[str], Counter[str]]:
    """Count matched boxes whose truth has a value, and those that have it too, by attribute."""
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
    return asked, agreed


def _visible(tracks: Sequence[Track], found: Detections) -> list[Track]:
    """Tracks by dense identity."""
    return [tracks[name] for name in found.names.tolist()]
