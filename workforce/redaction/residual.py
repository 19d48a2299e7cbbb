"""What masking left: an independent detector looks at the delivered clip.

Detecting anew on the output misleads, because detectors fire on blurred ellipses too. A hit counts
as exposed only when it also fires on the source at that place and the stored masks cover less than
half of it. The witness is another network than the one that chose the masks, yet it shares its
blindness to what no detector sees: a sample checked by a person completes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.media.frames import read_frames
from core.media.sandbox import SeekableReader
from workforce.redaction.boxes import Boxes, areas, intersections, no_boxes, overlaps
from workforce.redaction.detectors.base import Detections
from workforce.redaction.detectors.process import DetectorProcess
from workforce.redaction.detectors.recipe import Mode, Role, Subject
from workforce.redaction.finding import LONGEST_SIDE, ClipFacts, Place, Progress
from workforce.redaction.masks import masked_share, masks_of
from workforce.redaction.tracking import TrackingRules, tracks_of

LOOKS_A_SECOND = 2.0
COVERED = 0.5  # share of a hit that masks must cover
SAME_PLACE = 0.3  # overlap of a hit on the output with one on the source
MOST_LISTED = 100  # tracks and stretches, the worst first; the counts are of all
SIZES = (16, 32, 64)  # pixels of the shorter side that part the size bins


@dataclass
class Exposure:
    """What the witness saw of one subject: hits per size bin, and what was exposed where."""

    hits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(size_bins(), 0))
    exposed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(size_bins(), 0))
    found: dict[int, Detections] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """Something that the witness saw in a frame: box float64 (4,), pixels.

    kind: "exposed" on the copy, or "unmasked" on the source, where both detectors disagree.
    """

    kind: str
    subject: Subject
    frame: int
    box: NDArray[np.float64]


def size_bins() -> list[str]:
    """Names of the size bins, smallest first."""
    middle = [f"{low}-{high} px" for low, high in pairwise(SIZES)]
    return [f"under {SIZES[0]} px", *middle, f"{SIZES[-1]} px and more"]


def size_bin(box: NDArray[np.float64]) -> str:
    """The bin of a box by its shorter side."""
    side = float(min(box[2] - box[0], box[3] - box[1]))
    return size_bins()[int(np.searchsorted(SIZES, side, side="right"))]


def residual(
    source: SeekableReader,
    output: SeekableReader,
    facts: ClipFacts,
    *,
    places: Mapping[int, Sequence[Place]],
    subjects: Sequence[Subject],
    mode: Mode,
    overlays: Boxes | None = None,
    threads: int | None = None,
    progress: Progress = lambda _frame: None,
    tell: Callable[[Mark], None] = lambda _mark: None,
) -> dict[str, Any]:
    """Compare `output` with `source` twice a second; report as JSON values.

    tell: told each place that is exposed, or that the witness sees and no mask covers.

    Per subject: hits on the source, exposed hits, both per size; tracks,
    tracks never exposed, exposed stretches and the longest of them in frames. Raises as `find`.
    """
    if not subjects:
        return _summary(places, facts, looked_at=0, stride=0, told={})
    stride = facts.stride(LOOKS_A_SECOND)
    scale = facts.scale(mode)
    seen = {subject: Exposure() for subject in subjects}
    looked_at = 0
    side = LONGEST_SIDE[mode]
    with DetectorProcess(
        mode=mode,
        subjects=tuple(subjects),
        role=Role.WITNESS,
        overlays=None if overlays is None else overlays / scale,
        threads=threads,
    ) as witness:
        pairs = zip(
            read_frames(source, every=stride, longest_side=side),
            read_frames(output, every=stride, longest_side=side),
            strict=True,
        )
        for before, after in pairs:
            # Whatever a mask was meant for, what lies under it is hidden.
            masks = np.array([place.box for place in places.get(before.frame, [])]).reshape(-1, 4)
            on_source = witness.detect(before.frame, before.pixels)
            on_output = witness.detect(after.frame, after.pixels)
            for subject, exposure in seen.items():
                boxes = on_source[subject].boxes * scale
                _compare(exposure, before.frame, boxes, on_output[subject].boxes * scale, masks)
                for box in exposure.found[before.frame].boxes:
                    tell(Mark("exposed", subject, before.frame, box))
                for box in boxes[covered_share(boxes, masks) < COVERED]:
                    tell(Mark("unmasked", subject, before.frame, box))
            looked_at += 1
            progress(before.frame)
    told = {
        str(subject): _told(exposure, places, subject, stride, facts)
        for subject, exposure in seen.items()
    }
    return _summary(places, facts, looked_at=looked_at, stride=stride, told=told)


def added_up(reports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The residuals of several clips as one, by subject and size; JSON values."""
    total: dict[str, Any] = {}
    for report in reports:
        for name, told in report.get("subjects", {}).items():
            sums = total.setdefault(name, {"hits": 0, "exposed": 0, "by_size": {}})
            _add(sums, told)
            for size, counts in told["by_size"].items():
                _add(sums["by_size"].setdefault(size, {"hits": 0, "exposed": 0}), counts)
            for count in ("tracks", "tracks_never_exposed", "exposed_stretches"):
                sums[count] = sums.get(count, 0) + told[count]
            for longest in ("longest_exposed_frames", "longest_exposed_seconds"):
                sums[longest] = max(sums.get(longest, 0), told.get(longest, 0))
    return total


def _add(sums: dict[str, Any], told: Mapping[str, Any]) -> None:
    for count in ("hits", "exposed"):
        sums[count] += told[count]


def _summary(
    places: Mapping[int, Sequence[Place]],
    facts: ClipFacts,
    *,
    looked_at: int,
    stride: int,
    told: dict[str, Any],
) -> dict[str, Any]:
    shares = _shares(places, facts)
    return {
        "looked_at": looked_at,
        "every": stride,
        "subjects": told,
        "masked_area": {
            "mean": round(float(np.mean(shares)), 5),
            "largest": round(float(np.max(shares)), 5),
        },
    }


def _compare(exposure: Exposure, frame: int, source: Boxes, output: Boxes, masks: Boxes) -> None:
    for box in source:
        exposure.hits[size_bin(box)] += 1
    bare = exposed(source, output, masks)
    for box in bare:
        exposure.exposed[size_bin(box)] += 1
    exposure.found[frame] = Detections(bare, np.ones(len(bare)))


def exposed(source: Boxes, output: Boxes, masks: Boxes) -> Boxes:
    """Hits on the output that fire on the source too and that masks cover by less than half."""
    if not len(source) or not len(output):
        return no_boxes()
    real = overlaps(output, source).max(axis=1) >= SAME_PLACE
    bare: Boxes = output[real & (covered_share(output, masks) < COVERED)]
    return bare


def covered_share(boxes: Boxes, masks: Boxes) -> NDArray[np.float64]:
    """Share of each box that masks cover, float64 (n,): of several masks, the best one."""
    if not len(masks) or not len(boxes):
        return np.zeros(len(boxes))
    own = np.maximum(areas(boxes), 1e-9)
    best: NDArray[np.float64] = (intersections(boxes, masks) / own[:, None]).max(axis=1)
    return best


def _told(
    exposure: Exposure,
    places: Mapping[int, Sequence[Place]],
    subject: Subject,
    stride: int,
    facts: ClipFacts,
) -> dict[str, Any]:
    rules = TrackingRules(gap=2 * stride, reach=0, sure=0.0)
    stretches = tracks_of(exposure.found, rules=rules)
    spans = [(int(one.frames[0]), int(one.frames[-1])) for one in stretches]
    runs = [last - first + stride for first, last in spans]
    tracks = {place.track for here in places.values() for place in here if place.subject is subject}
    touched = Counter(
        place.track
        for frame, hits in exposure.found.items()
        for place in places.get(frame, [])
        if place.subject is subject
        and len(hits.boxes)
        and intersections(hits.boxes, place.box[None]).any()
    )
    return {
        "hits": sum(exposure.hits.values()),
        "exposed": sum(exposure.exposed.values()),
        "by_size": {
            name: {"hits": exposure.hits[name], "exposed": exposure.exposed[name]}
            for name in size_bins()
        },
        "tracks": len(tracks),
        "tracks_never_exposed": len(tracks - touched.keys()),
        "exposed_tracks": [
            {"track": track, "looks": looks} for track, looks in touched.most_common(MOST_LISTED)
        ],
        "exposed_stretches": len(runs),
        "longest_exposed_frames": max(runs, default=0),
        "longest_exposed_seconds": round(max(runs, default=0) / facts.rate, 3),
        "stretches": sorted(
            ({"first": first, "last": last} for first, last in spans),
            key=lambda span: span["first"] - span["last"],
        )[:MOST_LISTED],
    }


def _shares(places: Mapping[int, Sequence[Place]], facts: ClipFacts) -> list[float]:
    masks = masks_of(places, facts=facts)
    return [masked_share(masks.get(frame, []), facts=facts) for frame in range(facts.frame_count)]
