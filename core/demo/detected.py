"""Tracks of people in footage without truth: a stand-in for the simulated annotators to perturb.

OpenCV's HOG person detector on every fifth frame, linked by overlap. It misses much and that is
fine: nobody takes these tracks for the truth, and the report says what they weaken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

import cv2
import numpy as np

from core.demo.canvas import Box, Picture, clip_box
from core.demo.truth import Sighting, Track

EVERY = 5
# Every picture is scaled to this width: the detector's window is 64 x 128 and finds nobody smaller
# (vtest.avi, people of 60-90 px in 768: 16 boxes in 100 frames at 640 px, 222 at 960, 243 at 1152).
_WORKING_WIDTH = 960
# Scores of the linear SVM; 0.6 leaves few false people in vtest.avi.
_LEAST_SCORE = 0.6
_LINK_OVERLAP = 0.3
# A track ends after this many looks without a match, and counts from this many matches on.
_PATIENCE = 2
_LEAST_LOOKS = 3


@dataclass
class _Link:
    looks: dict[int, Box] = field(default_factory=dict)
    missed: int = 0

    @property
    def last(self) -> Box:
        return self.looks[max(self.looks)]


def person_tracks(frames: Iterable[tuple[int, Picture]], rng: np.random.Generator) -> list[Track]:
    """Tracks of people: frames are (0-based index, uint8 (h, w, 3) BGR), all of the clip."""
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())
    live: list[_Link] = []
    ended: list[_Link] = []
    for frame, picture in frames:
        if frame % EVERY:
            continue
        _link(live, frame, _people(detector, picture))
        ended += [link for link in live if link.missed > _PATIENCE]
        live = [link for link in live if link.missed <= _PATIENCE]
    return [_as_track(link, rng) for link in [*ended, *live] if len(link.looks) >= _LEAST_LOOKS]


def _people(detector: cv2.HOGDescriptor, picture: Picture) -> list[Box]:
    height, width = picture.shape[:2]
    scale = _WORKING_WIDTH / width
    small = cv2.resize(picture, None, fx=scale, fy=scale)
    found, scores = detector.detectMultiScale(small, winStride=(8, 8), scale=1.1)
    boxes = []
    for (x, y, w, h), score in zip(found, np.ravel(scores), strict=True):
        if score < _LEAST_SCORE:
            continue
        # HOG's boxes have a margin of about an eighth around the person.
        box = (x + w * 0.12, y + h * 0.06, x + w * 0.88, y + h * 0.94)
        x1, y1, x2, y2 = (float(v) / scale for v in box)
        boxes.append(clip_box((x1, y1, x2, y2), width, height))
    return boxes


def _link(live: list[_Link], frame: int, boxes: list[Box]) -> None:
    pairs = sorted(
        (
            (overlap(link.last, box), i, j)
            for i, link in enumerate(live)
            for j, box in enumerate(boxes)
        ),
        reverse=True,
    )
    linked: set[int] = set()
    taken: set[int] = set()
    for share, i, j in pairs:
        if share < _LINK_OVERLAP or i in linked or j in taken:
            continue
        live[i].looks[frame] = boxes[j]
        live[i].missed = 0
        linked.add(i)
        taken.add(j)
    for i, link in enumerate(live):
        if i not in linked:
            link.missed += 1
    live += [_Link({frame: box}) for j, box in enumerate(boxes) if j not in taken]


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return wide * high / (sum(areas) - wide * high)


def _as_track(link: _Link, rng: np.random.Generator) -> Track:
    """Boxes between two looks lie on the straight line between them."""
    identity = str(UUID(bytes=rng.bytes(16), version=4))
    looked = sorted(link.looks)
    track = Track(identity, "person", {"age_group": "unclear"})
    for low, high in pairwise(looked):
        for frame in range(low, high):
            share = (frame - low) / (high - low)
            x1, y1, x2, y2 = (
                a + (b - a) * share for a, b in zip(link.looks[low], link.looks[high], strict=True)
            )
            track.sightings[frame] = Sighting((x1, y1, x2, y2))
    track.sightings[looked[-1]] = Sighting(link.last)
    return track
