"""Which tracks of two tasks are one object, and where that is not sure.

Two tasks that follow each other share some frames, in which their tracks are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.late import late
from workforce.labels.interpolation import shape_at
from workforce.labels.tracks import Track

linear_sum_assignment = late("scipy.optimize.linear_sum_assignment")

#: Mean IoU over the shared frames from which two tracks are one object: the same bound at which
#: the CLEAR measures take a box for found.
SAME_OBJECT = 0.5
#: Below this, two boxes have so little in common that nobody is asked.
MAYBE = 0.25
#: What a person decided goes before every likeness, which is at most 1.
DECIDED = 2.0

#: (track of the earlier task, track of the later task) -> one object, or not.
Decisions = Mapping[tuple[UUID, UUID], bool]


class Why(StrEnum):
    """What makes a pair of tracks a question."""

    ATTRIBUTES = "attributes"
    CANDIDATES = "candidates"
    LABEL = "label"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pair of tracks at a border, and what was done with it for want of a decision.

    earlier: as it was joined up to here, under the id of its first part.
    """

    earlier: Track
    later: Track
    #: The last frame of which the earlier task speaks.
    frame: int
    why: Why
    likeness: float
    joined: bool

    @property
    def ids(self) -> tuple[UUID, UUID]:
        return self.earlier.id, self.later.id

    def to_json(self) -> dict[str, object]:
        """For the manifest of a release."""
        return {
            "earlier": str(self.earlier.id),
            "later": str(self.later.id),
            "frame": self.frame,
            "why": self.why.value,
            "likeness": round(self.likeness, 3),
            "joined": self.joined,
        }


@dataclass(frozen=True, slots=True)
class Pairing:
    """partners: the position in `later` of each of `earlier` that is the same object."""

    partners: dict[int, int] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)


def pair(
    earlier: Sequence[Track],
    later: Sequence[Track],
    shared: range,
    *,
    seam: int,
    decisions: Decisions,
) -> Pairing:
    """Pair the tracks of two tasks one to one, decided pairs first."""
    if not (earlier and later and len(shared)):
        return Pairing()
    overlap = np.array([[likeness(a, b, shared) for b in later] for a in earlier])
    same_label = np.array([[a.label == b.label for b in later] for a in earlier])
    wanted = np.where(same_label, overlap, 0.0)
    decided = np.zeros(overlap.shape, bool)
    for row, a in enumerate(earlier):
        for column, b in enumerate(later):
            choice = decisions.get((a.id, b.id))
            if choice is not None:
                decided[row, column] = True
                wanted[row, column] = DECIDED if choice else -DECIDED
    rows, columns = linear_sum_assignment(wanted, maximize=True)
    partners = {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if wanted[row, column] >= SAME_OBJECT
    }
    settled_rows, settled_columns = _settled(wanted)
    doubts = []
    for row, a in enumerate(earlier):
        for column, b in enumerate(later):
            if decided[row, column] or row in settled_rows or column in settled_columns:
                continue
            why = _why(a, b, (row, column), overlap, partners)
            if why is not None:
                joined = partners.get(row) == column
                doubts.append(Doubt(a, b, seam, why, float(overlap[row, column]), joined))
    return Pairing(partners, doubts)


def _settled(wanted: NDArray[np.float64]) -> tuple[set[int], set[int]]:
    """Tracks that somebody joined: about these no other pair is a question any more."""
    rows, columns = np.nonzero(wanted >= DECIDED)
    return set(rows.tolist()), set(columns.tolist())


def _why(
    a: Track,
    b: Track,
    at: tuple[int, int],
    overlap: NDArray[np.float64],
    partners: Mapping[int, int],
) -> Why | None:
    """What is not sure about this pair, if anything."""
    row, column = at
    if overlap[at] < MAYBE:
        return None
    if a.label != b.label:
        free = row not in partners and column not in partners.values()
        return Why.LABEL if free and overlap[at] >= SAME_OBJECT else None
    rivals = [*np.delete(overlap[row], column), *np.delete(overlap[:, column], row)]
    if overlap[at] >= SAME_OBJECT and max(rivals, default=0.0) >= SAME_OBJECT:
        return Why.CANDIDATES
    if partners.get(row) == column:
        return Why.ATTRIBUTES if _contradict(a, b) else None
    if row in partners or column in partners.values():
        return None
    return Why.OVERLAP if overlap[at] < SAME_OBJECT else None


def _contradict(a: Track, b: Track) -> bool:
    """Whether an attribute that holds along both tracks has two values."""
    fixed = (
        (value, b.attributes.get(key))
        for key, value in a.attributes.items()
        if not isinstance(value, tuple)
    )
    return any(
        theirs is not None and not isinstance(theirs, tuple) and ours != theirs
        for ours, theirs in fixed
    )


def likeness(a: Track, b: Track, shared: range) -> float:
    """Mean IoU over the frames in which either is visible, whatever their labels."""
    total, frames = 0.0, 0
    for frame in shared:
        box_a, box_b = box_at(a, frame), box_at(b, frame)
        if box_a is None and box_b is None:
            continue
        frames += 1
        if box_a is not None and box_b is not None:
            total += _iou(box_a, box_b)
    return total / frames if frames else 0.0


Box = tuple[float, float, float, float]


def box_at(track: Track, frame: int) -> Box | None:
    """The upright box around the track at a frame, without its rotation; None: not seen."""
    shape = shape_at(track, frame)
    if shape is None:
        return None
    if track.kind == "box":
        x1, y1, x2, y2 = shape.geometry[:4]
        return x1, y1, x2, y2
    xs, ys = shape.geometry[0::2], shape.geometry[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _iou(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return both / (area_a + area_b - both)
