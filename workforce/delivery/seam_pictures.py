"""Which frames show a pair of tracks best, what is drawn on them, and how far they are cut out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workforce.delivery.seams import Box, Doubt, box_at
from workforce.labels.tracks import Track

#: Frames between two pictures of a side: about half a second, in which people and cars move.
STEP = 12
#: Pictures of each side.
PICTURES = 3
#: How far from the border a side is looked for, in frames.
REACH = 100
#: Around both objects so much of their size is shown, and no less than so many pixels.
AROUND = 0.75
LEAST = 160.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box as `frame_boxes` takes it: a is the earlier task's, b the later's."""

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the frame's number and the boxes on it."""

    frame: int
    boxes: list[Drawn]


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of the picture that is shown, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The last frames of the earlier track, the first of the later one, cut out alike."""

    earlier: list[Shot]
    later: list[Shot]
    cut: Cut

    @property
    def frames(self) -> list[int]:
        """The numbers of all its frames."""
        return [shot.frame for shot in (*self.earlier, *self.later)]


def strip(doubt: Doubt, *, frames: int, width: int, height: int) -> Strip:
    """Choose the pictures of a pair in doubt in a clip of so many frames and pixels."""
    seam = doubt.frame
    before = _seen(doubt.earlier, range(seam, max(-1, seam - REACH), -1))[::-1]
    after = _seen(doubt.later, range(min(seam + 1, frames - 1), min(frames, seam + 1 + REACH)))
    if not after:  # it is seen in the shared frames alone
        after = _seen(doubt.later, range(seam, max(-1, seam - REACH), -1))[::-1]
    earlier = [_shot(frame, [(doubt.earlier, "a")]) for frame in before]
    later = [_shot(frame, [(doubt.later, "b")]) for frame in after]
    if earlier:
        # Where both tasks speak, both boxes stand in one picture.
        earlier[-1] = _shot(before[-1], [(doubt.earlier, "a"), (doubt.later, "b")])
    drawn = [box for shot in (*earlier, *later) for box in shot.boxes]
    return Strip(earlier, later, _cut(drawn, width, height))


def _seen(track: Track, candidates: range) -> list[int]:
    """Up to PICTURES frames, STEP apart, from the first of the candidates that shows the track."""
    first = next((frame for frame in candidates if box_at(track, frame)), None)
    if first is None:
        return []
    wanted = range(first, candidates.stop, STEP * candidates.step)
    return [frame for frame in wanted if box_at(track, frame)][:PICTURES]


def _shot(frame: int, sides: Sequence[tuple[Track, str]]) -> Shot:
    boxes: list[tuple[Box | None, str]] = [(box_at(track, frame), style) for track, style in sides]
    return Shot(
        frame,
        [
            Drawn(box[0], box[1], box[2] - box[0], box[3] - box[1], style)
            for box, style in boxes
            if box is not None
        ],
    )


def _cut(boxes: Sequence[Drawn], width: int, height: int) -> Cut:
    """The area of all boxes and some ground around it, inside the picture."""
    if not boxes:
        return Cut(0, 0, width, height)
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right = max(box.x + box.width for box in boxes)
    bottom = max(box.y + box.height for box in boxes)
    x, wide = _span(left, right, width)
    y, high = _span(top, bottom, height)
    return Cut(x, y, wide, high)


def _span(low: float, high: float, most: int) -> tuple[int, int]:
    """Start and length of one side of the cut-out, both within 0..most."""
    long = min(float(most), max(LEAST, (high - low) * (1 + 2 * AROUND)))
    start = min(max(0.0, (low + high - long) / 2), most - long)
    return int(start), max(1, int(long))
