"""How much of a face or plate is left in a delivered picture.

Measured on pixels, against a truth the redactor never saw: the fine detail of the source (what a
low-pass filter takes away) is projected on the fine detail of the delivered picture at the same
place. 1 means the detail is all there, 0 that none of it is; fresh noise or the edge of a blurred
ellipse does not correlate with the source and adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.demo.canvas import Picture, clip_box
from core.demo.truth import Mark

# Detail is what is finer than this share of the object's size: eyes and mouth are about a tenth
# of a face, a plate's strokes about a tenth of its height.
_DETAIL_SHARE = 0.06
# Encoding alone leaves more than .9 of the detail, a blur of a tenth of the size less than .1.
COVERED_BELOW = 0.25
# Marks that others hide by half are left out: their detail is mostly somebody else's.
LEAST_VISIBLE = 0.5
_LEAST_SIDE = 8


@dataclass
class Coverage:
    """Tally per kind of mark."""

    kind: str
    seen: int = 0
    covered: int = 0
    left: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of marks covered, 1.0 where there were none."""
        return self.covered / self.seen if self.seen else 1.0

    @property
    def mean_left(self) -> float:
        return float(np.mean(self.left)) if self.left else 0.0


def detail_left(source: Picture, delivered: Picture, mark: Mark) -> float | None:
    """Share (about 0-1) of the mark's fine detail still in ``delivered``.

    Pictures: uint8 (h, w, 3) BGR of the same frame. None where the mark is too small in the
    picture to say.
    """
    height, width = source.shape[:2]
    x1, y1, x2, y2 = (round(v) for v in clip_box(mark.box, width, height))
    if min(x2 - x1, y2 - y1) < _LEAST_SIDE:
        return None
    sigma = max(1.5, _DETAIL_SHARE * float(np.sqrt((x2 - x1) * (y2 - y1))))
    before = _detail(source[y1:y2, x1:x2], sigma)
    after = _detail(delivered[y1:y2, x1:x2], sigma)
    energy = float(np.sum(before * before))
    if energy == 0:
        return None
    return max(0.0, float(np.sum(before * after)) / energy)


def tally(
    source: Picture, delivered: Picture, marks: Sequence[Mark], totals: dict[str, Coverage]
) -> None:
    """Measure one frame's marks into ``totals``, by kind."""
    for mark in marks:
        if mark.visible < LEAST_VISIBLE:
            continue
        left = detail_left(source, delivered, mark)
        if left is None:
            continue
        total = totals.setdefault(mark.kind, Coverage(mark.kind))
        total.seen += 1
        total.covered += left < COVERED_BELOW
        total.left.append(left)


def _detail(patch: Picture, sigma: float) -> NDArray[np.float32]:
    grey = cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
