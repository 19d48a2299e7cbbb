"""From hits in every n-th picture to a box in every picture.

Hits are linked forward and backward in time by a constant-velocity Kalman filter and overlap; the
links of both directions are united into tracks. Between two hits the box is interpolated, past the
ends it is carried on, everywhere it is padded: measured, every third picture with two-way
interpolation hides more than every picture without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.late import late
from workforce.redaction.boxes import Boxes, overlaps, padded
from workforce.redaction.detectors.base import Detections

linear_sum_assignment = late("scipy.optimize.linear_sum_assignment")
maximum_filter1d = late("scipy.ndimage.maximum_filter1d")
median_filter = late("scipy.ndimage.median_filter")

Vector = NDArray[np.float64]

# Noise in shares of the box's size: a detector's box trembles by some 8 % and a walking head's
# speed changes by some 3 % of its size from one picture to the next.
MEASURED = 0.08
MOVED = 0.03
PADDING = 0.35  # growth of each side length: 100 px become 135
FAR = 1e6  # the price of a pair that may not be linked


@dataclass(frozen=True, kw_only=True)
class TrackingRules:
    """How hits become tracks; lengths in pictures of the clip."""

    gap: int  # longest stretch without a hit inside a track
    reach: int  # how far a track is carried on past its first and last hit
    padding: float = PADDING  # growth of each side length: 100 px become 135
    sure: float = 0.45  # a single hit below this score is dropped as chance
    overlap: float = 0.15  # least overlap of a hit with the place where it was expected
    steady: int = 0  # pictures over which a thing keeps its width; 0: its width may change

    @classmethod
    def for_rate(
        cls, *, rate: float, stride: int, padding: float = PADDING, sure: float = 0.45
    ) -> TrackingRules:
        """Rules for `rate` pictures a second of which every `stride`-th is looked at.

        Gaps of up to 1.2 s are bridged (a face turned away, a plate behind a post), widths held for
        0.6 s; ends are carried on for 0.35 s, and at least to the next picture that was looked at.
        """
        return cls(
            gap=max(4 * stride, round(1.2 * rate)),
            reach=max(stride + 1, round(0.35 * rate)),
            padding=padding,
            sure=sure,
            steady=round(0.6 * rate),
        )


@dataclass(frozen=True)
class Track:
    """One thing followed: frames int64 (n,) increasing, boxes float64 (n, 4), scores (n,)."""

    frames: NDArray[np.int64]
    boxes: Boxes
    scores: NDArray[np.float64]


@dataclass
class _Hit:
    frame: int
    box: Vector
    score: float


@dataclass
class _Follower:
    """A Kalman filter over centre x, centre y, width, height and their speeds."""

    last: int  # number of the hit it was last seen in
    frame: int
    state: Vector
    doubt: NDArray[np.float64] = field(repr=False)

    @classmethod
    def start(cls, number: int, hit: _Hit) -> _Follower:
        state = np.concatenate([_centred(hit.box), np.zeros(4)])
        size = max(4.0, float(np.sqrt(state[2] * state[3])))
        spread = np.concatenate([np.full(4, MEASURED * size), np.full(4, 4 * MOVED * size)])
        return cls(number, hit.frame, state, np.diag(spread**2))

    def expect(self, frame: int) -> Vector:
        """Move on to `frame` and say where the box should be, x1 y1 x2 y2."""
        steps = float(abs(frame - self.frame))
        move = np.eye(8)
        move[:4, 4:] = steps * np.eye(4)
        size = max(4.0, float(np.sqrt(abs(self.state[2] * self.state[3]))))
        drift = np.concatenate([np.zeros(4), np.full(4, MOVED * size)])
        self.state = move @ self.state
        self.state[2:4] = np.maximum(self.state[2:4], 1.0)
        self.doubt = move @ self.doubt @ move.T + np.diag(drift**2) * max(steps, 1.0)
        self.frame = frame
        return _cornered(self.state[:4])

    def see(self, number: int, hit: _Hit) -> None:
        """Take in the hit that was linked."""
        measured = _centred(hit.box)
        size = max(4.0, float(np.sqrt(measured[2] * measured[3])))
        noise = np.eye(4) * (MEASURED * size) ** 2
        gain = self.doubt[:, :4] @ np.linalg.inv(self.doubt[:4, :4] + noise)
        self.state = self.state + gain @ (measured - self.state[:4])
        self.doubt = (np.eye(8) - gain @ np.eye(4, 8)) @ self.doubt
        self.last = number


def tracks_of(found: Mapping[int, Detections], *, rules: TrackingRules) -> list[Track]:
    """Unite the hits of the pictures that were looked at ({frame: hits}) into tracks."""
    hits = [
        _Hit(frame, box, float(score))
        for frame in sorted(found)
        for box, score in zip(found[frame].boxes, found[frame].scores, strict=True)
    ]
    after = _links(hits, range(len(hits)), rules)
    for later, earlier in _links(hits, range(len(hits) - 1, -1, -1), rules).items():
        if earlier not in after and later not in after.values():
            after[earlier] = later
    starts = set(range(len(hits))) - set(after.values())
    chains = [_chain(start, after) for start in sorted(starts)]
    return [
        _track([hits[number] for number in chain])
        for chain in chains
        if len(chain) > 1 or hits[chain[0]].score >= rules.sure
    ]


def boxes_by_frame(
    tracks: Sequence[Track], *, frame_count: int, rules: TrackingRules
) -> dict[int, list[tuple[int, Vector]]]:
    """Every track's padded box in every picture it lives in: {frame: [(track number, box)]}.

    Boxes may reach beyond the picture: an ellipse fitted to a box that was cut at the border would
    leave a corner of what it hides.
    """
    boxes: dict[int, list[tuple[int, Vector]]] = {}
    for number, track in enumerate(tracks):
        frames, filled = filled_in(track, frame_count=frame_count, reach=rules.reach)
        shown = padded(filled + _hidden_sides(track, frames, rules.steady), share=rules.padding)
        for frame, box in zip(frames.tolist(), shown, strict=True):
            boxes.setdefault(frame, []).append((number, box))
    return boxes


def filled_in(
    track: Track, *, frame_count: int, reach: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A box for every frame from `reach` before the first hit to `reach` after the last.

    Returns frames int64 (m,) and boxes float64 (m, 4): linear between hits, past the ends carried
    on with the speed of the nearest hits while growing by a tenth of the size per 5 frames.
    """
    first, last = int(track.frames[0]), int(track.frames[-1])
    frames = np.arange(max(0, first - reach), min(frame_count - 1, last + reach) + 1)
    boxes = np.stack(
        [np.interp(frames, track.frames, track.boxes[:, side]) for side in range(4)], axis=1
    )
    for beyond, anchor, speed in (
        (frames < first, first, _speed(track, slice(0, 4))),
        (frames > last, last, _speed(track, slice(-4, None))),
    ):
        away = (frames[beyond] - anchor).astype(np.float64)[:, None]
        carried = boxes[beyond] + np.tile(speed, 2) * away
        grow = (carried[:, 2:] - carried[:, :2]) * 0.01 * np.abs(away)
        boxes[beyond] = np.hstack([carried[:, :2] - grow, carried[:, 2:] + grow])
    return frames, boxes


def _hidden_sides(track: Track, frames: NDArray[np.int64], steady: int) -> Boxes:
    """What to add to each box, float64 (m, 4), so that a thing keeps its width.

    A face behind a post, a plate behind a leg is found by the part that shows. Which side is hidden
    is not known, so both grow by what the widest box nearby has more. A median of three keeps
    one wrong hit from widening its neighbours.
    """
    wider = np.zeros((len(frames), 4))
    if steady and len(track.frames) > 1:
        widths = track.boxes[:, 2] - track.boxes[:, 0]
        own = np.interp(frames, track.frames, widths)
        typical = median_filter(widths, size=3, mode="nearest")
        near = maximum_filter1d(
            np.interp(frames, track.frames, typical), size=2 * steady + 1, mode="nearest"
        )
        missing = np.maximum(near - own, 0.0)
        wider[:, 0], wider[:, 2] = -missing, missing
    return wider


def _links(hits: Sequence[_Hit], order: Iterable[int], rules: TrackingRules) -> dict[int, int]:
    """Which hit follows which when going through `hits` in `order`."""
    links: dict[int, int] = {}
    alive: list[_Follower] = []
    for frame, numbers in _by_frame(hits, order):
        alive = [one for one in alive if abs(frame - hits[one.last].frame) <= rules.gap]
        expected = np.array([one.expect(frame) for one in alive]).reshape(-1, 4)
        seen = np.array([hits[number].box for number in numbers]).reshape(-1, 4)
        taken: set[int] = set()
        for row, column in _matched(expected, seen, rules.overlap):
            number = numbers[column]
            links[alive[row].last] = number
            alive[row].see(number, hits[number])
            taken.add(number)
        alive += [
            _Follower.start(number, hits[number]) for number in numbers if number not in taken
        ]
    return links


def _by_frame(hits: Sequence[_Hit], order: Iterable[int]) -> list[tuple[int, list[int]]]:
    groups: list[tuple[int, list[int]]] = []
    for number in order:
        frame = hits[number].frame
        if not groups or groups[-1][0] != frame:
            groups.append((frame, []))
        groups[-1][1].append(number)
    return groups


def _matched(expected: Boxes, seen: Boxes, overlap: float) -> list[tuple[int, int]]:
    """The pairs of expected and seen boxes with the largest summed overlap.

    What moves fast overlaps little: a box within one size of the expected centre, across by its
    width and down by its height, counts as a weak overlap.
    """
    if not len(expected) or not len(seen):
        return []
    shared = overlaps(expected, seen)
    sides = np.maximum(seen[:, 2:] - seen[:, :2], 1.0)
    # A plate is flat, but a car that turns or comes nearer also moves it up or down.
    sides[:, 1] = np.maximum(sides[:, 1], sides[:, 0] / 2)
    apart = np.linalg.norm((_centres(expected)[:, None] - _centres(seen)[None]) / sides, axis=2)
    likeness = np.maximum(shared, np.where(apart < 1.0, overlap * (2.0 - apart), 0.0))
    price = np.where(likeness >= overlap, 1.0 - likeness, FAR)
    rows, columns = linear_sum_assignment(price)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if price[row, column] < FAR
    ]


def _chain(start: int, after: Mapping[int, int]) -> list[int]:
    chain = [start]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain


def _track(hits: Sequence[_Hit]) -> Track:
    return Track(
        np.array([hit.frame for hit in hits], dtype=np.int64),
        np.array([hit.box for hit in hits], dtype=np.float64).reshape(-1, 4),
        np.array([hit.score for hit in hits], dtype=np.float64),
    )


def _speed(track: Track, part: slice) -> Vector:
    """Mean motion of the centre over a few hits, pixels per frame, float64 (2,)."""
    frames, centres = track.frames[part], _centres(track.boxes[part])
    if len(frames) < 2:
        return np.zeros(2)
    speed: Vector = (centres[-1] - centres[0]) / float(frames[-1] - frames[0])
    return speed


def _centres(boxes: Boxes) -> NDArray[np.float64]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2.0


def _centred(box: Vector) -> Vector:
    return np.concatenate([(box[:2] + box[2:]) / 2.0, np.maximum(box[2:] - box[:2], 1.0)])


def _cornered(box: Vector) -> Vector:
    return np.concatenate([box[:2] - box[2:] / 2.0, box[:2] + box[2:] / 2.0])
