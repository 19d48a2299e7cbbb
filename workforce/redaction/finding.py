"""What to hide in a clip, and where: a clip in, tracks and boxes per picture out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid
from core.media.frames import read_frames
from core.media.sandbox import SeekableReader
from workforce.redaction.boxes import Boxes
from workforce.redaction.detectors.base import Detections
from workforce.redaction.detectors.process import DetectorProcess
from workforce.redaction.detectors.recipe import Mode, Role, Subject
from workforce.redaction.tracking import PADDING, Track, TrackingRules, boxes_by_frame, tracks_of

Progress = Callable[[int], None]

# Pictures looked at per second of the clip, at most: of 25 a second every 3rd, of 10 every 2nd.
LOOKS_A_SECOND = 8.4
# Larger pictures are scaled down before detectors look: time grows with the area.
LONGEST_SIDE = {Mode.FAST: 1280, Mode.QUALITY: 1920}
# Least score of something that was seen in a single look. Text is found in brickwork and windows
# too, now and then, with scores of up to 0.9.
SURE = {Subject.FACES: 0.45, Subject.HEADS: 0.45, Subject.PLATES: 0.85}
STILL_RATE = 25.0  # for a clip of a single frame, which has no rate


@dataclass(frozen=True)
class Place:
    """One thing to hide in one picture: box float64 (4,), pixels, and the track it belongs to."""

    subject: Subject
    track: int
    box: NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """What was found. `places` maps a 0-based frame to what is to be hidden in it."""

    tracks: dict[Subject, list[Track]] = field(default_factory=dict)
    places: dict[int, list[Place]] = field(default_factory=dict)
    looked_at: int = 0
    #: Every how many frames one was looked at.
    every: int = 1


@dataclass(frozen=True)
class ClipFacts:
    """What is known of a clip: frames, upright picture in pixels, mean frames a second."""

    frame_count: int
    width: int
    height: int
    rate: float

    @classmethod
    def of(cls, *, frame_count: int, width: int, height: int, seconds: float) -> ClipFacts:
        """Facts of a clip that lasts `seconds`."""
        rate = frame_count / seconds if seconds > 0 else STILL_RATE
        return cls(frame_count, width, height, rate)

    def stride(self, looks_a_second: float) -> int:
        """Every how many frames one is looked at, so that it is not more often."""
        return max(1, math.ceil(self.rate / looks_a_second))

    def scale(self, mode: Mode) -> float:
        """How much larger the source picture is than the one that detectors see, at least 1."""
        return max(1.0, max(self.width, self.height) / LONGEST_SIDE[mode])

    def shows(self, box: NDArray[np.float64]) -> bool:
        """Whether any of the box, float64 (4,), lies in the picture."""
        return bool(box[0] < self.width and box[1] < self.height and box[2] > 0 and box[3] > 0)


def subjects_from(names: Sequence[str]) -> tuple[Subject, ...]:
    """Subjects by name, in a fixed order. Raises Invalid (field "what")."""
    known = [str(subject) for subject in Subject]
    for name in names:
        if name not in known:
            raise Invalid(
                f"{name!r} can't be hidden: choose among {', '.join(known)}.", field="what"
            )
    if not names:
        raise Invalid(f"Say what to hide: {', '.join(known)}.", field="what")
    return tuple(subject for subject in Subject if subject in names)


def find(
    source: SeekableReader,
    facts: ClipFacts,
    *,
    subjects: Sequence[Subject],
    mode: Mode,
    overlays: Boxes | None = None,
    padding: float = PADDING,
    least_score: float = 0.0,
    threads: int | None = None,
    progress: Progress = lambda _frame: None,
) -> Finding:
    """Look at every n-th picture of a clip, and follow what is there.

    overlays: float64 (n, 4), pixels of the source: the camera's own writing, which is not a plate.
    padding: growth of each side of what was found. least_score: hits below it are not believed.
    progress: told the frame that was looked at. Raises Unavailable when the detector dies,
    Misconfigured when its models are not installed, and what read_frames raises.
    """
    if not subjects:
        return Finding()
    found: dict[Subject, dict[int, Detections]] = {subject: {} for subject in subjects}
    stride, scale = facts.stride(LOOKS_A_SECOND), facts.scale(mode)
    looked_at = 0
    with DetectorProcess(
        mode=mode,
        subjects=tuple(subjects),
        role=Role.FIND,
        overlays=None if overlays is None else overlays / scale,
        threads=threads,
    ) as detector:
        for frame, _pts, pixels in read_frames(
            source, every=stride, longest_side=LONGEST_SIDE[mode]
        ):
            for subject, hits in detector.detect(frame, pixels).items():
                kept = hits.scores >= least_score
                found[subject][frame] = Detections(hits.boxes[kept] * scale, hits.scores[kept])
            looked_at += 1
            progress(frame)
    finding = Finding(looked_at=looked_at, every=stride)
    for subject, hits_by_frame in found.items():
        rules = TrackingRules.for_rate(
            rate=facts.rate, stride=stride, padding=padding, sure=SURE[subject]
        )
        finding.tracks[subject] = tracks_of(hits_by_frame, rules=rules)
        boxes = boxes_by_frame(finding.tracks[subject], frame_count=facts.frame_count, rules=rules)
        for frame, here in boxes.items():
            finding.places.setdefault(frame, []).extend(
                Place(subject, number, box) for number, box in here if facts.shows(box)
            )
    return finding
