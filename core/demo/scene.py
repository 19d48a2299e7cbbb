"""A drawn street clip with exact ground truth, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from core.demo.actors import Actor, Stance, Vehicle, Walker, draw_plate, plate_text, varied_head
from core.demo.canvas import Box, Canvas, Picture, clip_box
from core.demo.street import backdrop, lamp_post, stamp_clock
from core.demo.truth import Mark, Sighting, Track, Truth

WIDTH, HEIGHT, FPS = 960, 540, 25
OVERLAY: Box = (8.0, 8.0, 400.0, 36.0)

# An object of which less shows is not labelled; one of which less than the second shows counts as
# occluded.
_LEAST_VISIBLE = 0.15
_OCCLUDED_BELOW = 0.6
# Pixels at the border that still count as an object.
_LEAST_AREA = 400.0

_POST = 255


@dataclass(frozen=True)
class Part:
    """An actor's way through the clip: stances at the first and last frame of [start, stop)."""

    actor: Actor
    start: int
    stop: int
    first: Stance
    last: Stance

    def stance(self, frame: int) -> Stance:
        share = (frame - self.start) / max(1, self.stop - 1 - self.start)
        a, b = self.first, self.last
        return Stance(
            a.x + (b.x - a.x) * share,
            a.y + (b.y - a.y) * share,
            a.size + (b.size - a.size) * share,
        )


@dataclass(frozen=True)
class _Painted:
    """An actor right after it was painted: its box, its face or plate, and its pixels."""

    box: Box
    mark: Box
    alone: int


class Scene:
    """A clip that can be drawn once: iterate ``frames()``, then read ``truth``.

    ``seed`` decides everything that is seen; ``frame_count`` the length at 25 frames a second.
    """

    def __init__(self, *, seed: int, frame_count: int = 250, camera: str = "CAM 01") -> None:
        rng = np.random.default_rng(seed)
        self._camera = camera
        self._background = backdrop(WIDTH, HEIGHT, rng)
        self._parts = [*_vehicles(rng, frame_count), *_walkers(rng, frame_count)]
        self._post_x = float(rng.uniform(0.35, 0.65) * WIDTH)
        self.truth = Truth(
            width=WIDTH,
            height=HEIGHT,
            fps=FPS,
            frame_count=frame_count,
            overlay=OVERLAY,
            tracks=[_empty_track(part.actor, rng) for part in self._parts],
            marks={frame: [] for frame in range(frame_count)},
        )

    def frames(self) -> Iterator[Picture]:
        """Paint frame after frame, uint8 (540, 960, 3) BGR, filling in ``truth``."""
        for frame in range(self.truth.frame_count):
            yield self._paint(frame)

    def _paint(self, frame: int) -> Picture:
        canvas = Canvas(self._background)
        seen: dict[int, _Painted] = {}
        order = sorted(
            (part.stance(frame).y, number)
            for number, part in enumerate(self._parts)
            if part.start <= frame < part.stop
        )
        post_foot = HEIGHT * 0.83
        post_drawn = False
        for y, number in order:
            if y > post_foot and not post_drawn:
                self._paint_post(canvas, post_foot)
                post_drawn = True
            part = self._parts[number]
            canvas.begin(number + 1)
            mark = part.actor.paint(canvas, part.stance(frame), frame)
            box = clip_box(canvas.extent, WIDTH, HEIGHT)
            seen[number] = _Painted(box, mark, canvas.painted(box, number + 1))
        if not post_drawn:
            self._paint_post(canvas, post_foot)
        for number, painted in seen.items():
            self._note(canvas, frame, number, painted)
        stamp_clock(canvas.image, self._camera, frame / FPS)
        return canvas.image

    def _paint_post(self, canvas: Canvas, foot: float) -> None:
        canvas.begin(_POST)
        lamp_post(canvas, self._post_x, foot)

    def _note(self, canvas: Canvas, frame: int, number: int, painted: _Painted) -> None:
        box, mark, alone = painted.box, painted.mark, painted.alone
        track = self.truth.tracks[number]
        area = (box[2] - box[0]) * (box[3] - box[1])
        visible = canvas.painted(box, number + 1) / alone if alone else 0.0
        if area >= _LEAST_AREA and visible >= _LEAST_VISIBLE:
            track.sightings[frame] = Sighting(box, visible < _OCCLUDED_BELOW)
        x1, y1, x2, y2 = mark
        share = canvas.painted(mark, number + 1) / ((x2 - x1) * (y2 - y1))
        if share > 0:
            kind = self._parts[number].actor.shows
            self.truth.marks[frame].append(Mark(track.id, kind, mark, min(1.0, share)))


def _empty_track(actor: Actor, rng: np.random.Generator) -> Track:
    identity = UUID(bytes=rng.bytes(16), version=4)
    return Track(str(identity), actor.label, dict(actor.attributes))


def _walkers(rng: np.random.Generator, frame_count: int) -> list[Part]:
    """Six people, from both sides, on staggered depths so that they pass before each other."""
    parts = []
    for number in range(6):
        actor = Walker(
            head=varied_head(rng),
            coat=_colour(rng, 40, 200),
            trousers=_colour(rng, 30, 110),
            stride=float(rng.uniform(0.2, 0.28)),
            tilt=float(rng.uniform(-6, 6)),
        )
        size = float(rng.uniform(300, 400))
        foot = HEIGHT * 0.82 + number * HEIGHT * 0.028
        rightward = number % 2 == 0
        away = size * 0.3
        ends = (-away, WIDTH + away) if rightward else (WIDTH + away, -away)
        # The first two are in the picture when the clip begins, the others enter.
        start = 0 if number < 2 else int(rng.uniform(0, 0.45) * frame_count)
        begin_x = float(rng.uniform(0.2, 0.6) * WIDTH) if number < 2 else ends[0]
        pace = float(rng.uniform(4.2, 6.5))
        stop = min(frame_count, start + int(abs(ends[1] - begin_x) / pace))
        reach = begin_x + (pace if rightward else -pace) * (stop - start)
        parts.append(
            Part(
                actor,
                start,
                stop,
                Stance(begin_x, foot, size),
                Stance(reach, foot, size * float(rng.uniform(0.97, 1.08))),
            )
        )
    return parts


def _vehicles(rng: np.random.Generator, frame_count: int) -> list[Part]:
    """Vehicles one after the other, coming nearer as they cross; a new one every three seconds.

    The first is in the picture when the clip begins, the others enter.
    """
    parts = []
    count = max(1, frame_count // 80)
    share = frame_count // count
    for number in range(count):
        subtype = "van" if number == 1 else "car"
        actor = Vehicle(
            plate=draw_plate(plate_text(rng)), paintwork=_colour(rng, 50, 210), subtype=subtype
        )
        wide = float(rng.uniform(270, 310))
        rightward = bool(rng.random() < 0.5)
        near, far = -wide * 0.45, WIDTH + wide * 0.6
        if not rightward:
            near, far = WIDTH + wide * 0.45, -wide * 0.6
        if number == 0:
            near += (far - near) * 0.3
        start = max(0, number * share - 10)
        # The last one may still be on its way when the clip ends.
        stop = start + share + 45
        parts.append(
            Part(
                actor,
                start,
                stop,
                Stance(near, HEIGHT * 0.66, wide),
                Stance(far, HEIGHT * 0.76, wide * 1.35),
            )
        )
    return parts


def _colour(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    blue, green, red = (int(v) for v in rng.integers(low, high, 3))
    return (blue, green, red)
