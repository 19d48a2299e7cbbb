"""What is taken for what: boxes matched by place alone, counted by both labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workforce.labels.tracks import Track
from workforce.quality.scoring.detections import detections
from workforce.quality.scoring.labels import detections_of
from workforce.quality.scoring.summary import score_tracks

#: Stands for "no box": missed on the given side, too many on the true one.
NONE = ""


def confusion(
    truth: Sequence[Track], given: Sequence[Track], *, start: int, end: int
) -> list[tuple[str, str, int]]:
    """Count boxes of frames start to end by true and given label: (true, given, boxes).

    Boxes are matched at IoU 0.5 whatever they are called; `NONE` stands for no box on that side.
    """
    names = sorted({track.label for track in [*truth, *given]})
    codes = {name: code for code, name in enumerate(names)}
    left = detections_of(truth, start=start, end=end, labels=codes)
    right = detections_of(given, start=start, end=end, labels=codes)
    assert left.labels is not None
    assert right.labels is not None
    blind = score_tracks(
        detections(left.frames, left.identities, left.boxes, outlines=left.outlines),
        detections(right.frames, right.identities, right.boxes, outlines=right.outlines),
    )
    matches = blind.clear.matches
    counts: Counter[tuple[str, str]] = Counter()
    for mine, theirs in zip(matches.truth.tolist(), matches.prediction.tolist(), strict=True):
        counts[names[int(left.labels[mine])], names[int(right.labels[theirs])]] += 1
    seen, used = set(matches.truth.tolist()), set(matches.prediction.tolist())
    for row, code in enumerate(left.labels.tolist()):
        if row not in seen:
            counts[names[code], NONE] += 1
    for row, code in enumerate(right.labels.tolist()):
        if row not in used:
            counts[NONE, names[code]] += 1
    return sorted((true, other, count) for (true, other), count in counts.items())
