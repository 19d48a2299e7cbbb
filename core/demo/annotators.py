"""Simulated annotators of known skill.

They start from tracks that are right (the drawn truth, or a detector's where there is none) and
spoil them in the ways people do: jittered corners, sparse keyframes, missed objects, invented
ones, and identities that change half way. What they hand in is the wire form of a track.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np

from core.demo.canvas import Box, clip_box
from core.demo.truth import Sighting, Track, WireTrack, to_wire

# Boxes smaller than this (pixels a side) are no use to anybody and refused by the label store.
_LEAST_SIDE = 2.0


@dataclass(frozen=True)
class Skill:
    """How an annotator errs.

    ``jitter``: standard deviation of each edge, pixels, for objects whose shorter side has 100 or
    more; people zoom in on smaller ones, so there it is less in proportion. ``every``: frames
    between keyframes. ``missed``: share of objects overlooked. ``invented``: false objects for
    each true one. ``switched``: share of tracks whose identity changes half way. ``swollen``:
    share by which boxes are too large, each way.
    """

    name: str
    jitter: float
    every: int
    missed: float = 0.0
    invented: float = 0.0
    switched: float = 0.0
    swollen: float = 0.0


GOOD = Skill("good", jitter=1.2, every=4)
FAIR = Skill("fair", jitter=2.5, every=6, swollen=0.02)
BAD = Skill("bad", jitter=14.0, every=25, missed=0.35, invented=0.5, switched=0.5, swollen=0.2)


def annotate(
    tracks: list[Track],
    *,
    stop: int,
    skill: Skill,
    rng: np.random.Generator,
    width: int,
    height: int,
) -> list[WireTrack]:
    """What an annotator of this skill draws for ``tracks`` up to frame ``stop`` of the clip.

    An empty list stays empty: nobody invents people in an empty street.
    """
    drawn = [track for track in tracks if rng.random() >= skill.missed]
    invented = [
        _elsewhere(track, rng, width, height) for track in tracks if rng.random() < skill.invented
    ]
    spoiled: list[Track] = []
    for track in [*drawn, *invented]:
        spoiled += _switch(track, rng) if rng.random() < skill.switched else [_renamed(track, rng)]
    result = []
    for track in spoiled:
        wire = to_wire(track, stop=stop, every=skill.every)
        for keyframe in wire["keyframes"]:
            keyframe[2] = list(_shaken(keyframe[2], skill, rng, width, height))
        result.append(wire)
    return result


def _renamed(track: Track, rng: np.random.Generator) -> Track:
    identity = str(UUID(bytes=rng.bytes(16), version=4))
    return Track(identity, track.label, track.attributes, track.sightings)


def _switch(track: Track, rng: np.random.Generator) -> list[Track]:
    frames = sorted(track.sightings)
    middle = frames[len(frames) // 2]
    halves = (
        {f: s for f, s in track.sightings.items() if f < middle},
        {f: s for f, s in track.sightings.items() if f >= middle},
    )
    return [
        _renamed(Track(track.id, track.label, track.attributes, half), rng)
        for half in halves
        if half
    ]


def _elsewhere(track: Track, rng: np.random.Generator, width: int, height: int) -> Track:
    """The same movement in a place where nothing is."""
    dx, dy = float(rng.uniform(-0.5, 0.5) * width), float(rng.uniform(-0.4, 0.4) * height)
    moved = {
        frame: Sighting(clip_box((b[0] + dx, b[1] + dy, b[2] + dx, b[3] + dy), width, height))
        for frame, b in ((f, s.box) for f, s in track.sightings.items())
    }
    kept = {f: s for f, s in moved.items() if _sides(s.box) >= 4 * _LEAST_SIDE}
    return Track(track.id, track.label, track.attributes, kept or track.sightings)


def _sides(box: Box) -> float:
    return min(box[2] - box[0], box[3] - box[1])


def _shaken(
    box: list[float], skill: Skill, rng: np.random.Generator, width: int, height: int
) -> Box:
    x1, y1, x2, y2 = box
    grow_x, grow_y = (x2 - x1) * skill.swollen, (y2 - y1) * skill.swollen
    moved = np.array([x1 - grow_x, y1 - grow_y, x2 + grow_x, y2 + grow_y])
    moved += rng.normal(0, skill.jitter * min(1.0, min(x2 - x1, y2 - y1) / 100), 4)
    x1, x2 = sorted((float(moved[0]), float(moved[2])))
    y1, y2 = sorted((float(moved[1]), float(moved[3])))
    x1, y1, x2, y2 = clip_box((x1, y1, x2, y2), width, height)
    # Keep at least a sliver inside the picture, whatever the shaking did.
    x1, y1 = min(x1, width - _LEAST_SIDE), min(y1, height - _LEAST_SIDE)
    x2, y2 = max(x2, x1 + _LEAST_SIDE), max(y2, y1 + _LEAST_SIDE)
    return (round(x1, 2), round(y1, 2), round(x2, 2), round(y2, 2))
