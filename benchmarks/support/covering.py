"""How many true boxes masks cover, pixel by pixel, without hiding much else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.media.render import Mask
from workforce.redaction.boxes import padded

COVERED = 0.8  # share of a true box
AROUND = 1.0  # how much a true box is grown before what is masked outside it counts
ELSEWHERE = 0.05  # share of the picture that may be masked outside those


@dataclass
class Covering:
    """Boxes seen, boxes covered, pictures in which too much else was masked."""

    seen: int = 0
    covered: int = 0
    smothered: int = 0

    @property
    def recall(self) -> float:
        return self.covered / max(self.seen, 1)

    def add(self, masks: Sequence[Mask], truth, *, size: tuple[int, int], ignored=None) -> None:
        """Count one picture of `size` (height, width); a smothered one covers nothing."""
        hidden = raster(masks, size)
        apart = [truth] if ignored is None else [truth, ignored]
        grown = padded(np.concatenate(apart), share=AROUND)
        allowed = raster([Mask(tuple(box), "box") for box in grown], size)
        shares = [_share(hidden, box) for box in truth]
        smothered = float((hidden & ~allowed).mean()) > ELSEWHERE
        self.seen += len(truth)
        self.smothered += smothered
        self.covered += 0 if smothered else sum(share >= COVERED for share in shares)

    def told(self) -> dict[str, float]:
        return {"boxes": self.seen, "covered": self.covered, "smothered_pictures": self.smothered}


def count(
    masks: Mapping[int, Sequence[Mask]], truth, *, size: tuple[int, int], ignored=None
) -> Covering:
    """The covering of a clip's pictures that have a truth, {frame: boxes}."""
    total = Covering()
    for frame, boxes in truth.items():
        apart = None if ignored is None else ignored[frame]
        total.add(masks.get(frame, []), boxes, size=size, ignored=apart)
    return total


def raster(masks: Sequence[Mask], size: tuple[int, int]):
    """Which pixels masks hide, bool (height, width)."""
    hidden = np.zeros(size, dtype=bool)
    for mask in masks:
        x1, y1, x2, y2 = mask.box
        rows, columns = _window(mask.box, size)
        x = np.arange(columns.start, columns.stop) + 0.5
        y = (np.arange(rows.start, rows.stop) + 0.5)[:, None]
        across, down = (2 * x - x1 - x2) / (x2 - x1 + 1), (2 * y - y1 - y2) / (y2 - y1 + 1)
        inside = True if mask.shape == "box" else across**2 + down**2 <= 1
        hidden[rows, columns] |= inside
    return hidden


def _share(hidden, box) -> float:
    part = hidden[_window(box, hidden.shape)]
    return float(part.mean()) if part.size else 1.0


def _window(box, size: tuple[int, int]) -> tuple[slice, slice]:
    left, top = (max(0, int(np.floor(side))) for side in box[:2])
    right, bottom = int(np.ceil(box[2])), int(np.ceil(box[3]))
    return slice(top, max(top, min(size[0], bottom))), slice(left, max(left, min(size[1], right)))
