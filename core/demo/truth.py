"""Exact ground truth of a drawn clip, and its wire form.

Frames are 0-based; boxes are pixels x1 y1 x2 y2 of the source picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.demo.canvas import Box

# Flags of a keyframe in the wire form of a track.
OUTSIDE = 1
OCCLUDED = 2
FROM_DETECTOR = 4

# A straight line may miss the truth by this many pixels before a keyframe is set: far below what
# the scores can see (0.5 px of a 100 px box is an IoU of .99).
_TOLERANCE = 0.5

WireTrack = dict[str, Any]


@dataclass(frozen=True)
class Sighting:
    """One object in one frame: its box, and whether others hide more than 40 % of it."""

    box: Box
    occluded: bool = False


@dataclass
class Track:
    """One object over the clip: sightings by frame, with gaps where nothing of it shows."""

    id: str
    label: str
    attributes: dict[str, Any] = field(default_factory=dict)
    sightings: dict[int, Sighting] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """What identifies somebody in one frame: ``kind`` is face or plate.

    ``visible``: the share (0-1) of its box that nothing hides.
    """

    track: str
    kind: str
    box: Box
    visible: float


@dataclass
class Truth:
    """All that is known of a clip. ``exact`` is False where a detector's tracks stand in for it."""

    width: int
    height: int
    fps: int
    frame_count: int
    tracks: list[Track]
    marks: dict[int, list[Mark]]
    overlay: Box | None = None
    exact: bool = True

    def between(self, start: int, stop: int) -> list[Track]:
        """Tracks with only their sightings in frames [start, stop); empty ones left out."""
        cut = [
            Track(
                t.id,
                t.label,
                t.attributes,
                {f: s for f, s in t.sightings.items() if start <= f < stop},
            )
            for t in self.tracks
        ]
        return [t for t in cut if t.sightings]


def to_wire(track: Track, *, stop: int, every: int | None = None) -> WireTrack:
    """A track in wire form, keyframes only.

    ``every``: a keyframe each so many frames, as a person draws; without it, as few keyframes as
    reproduce the sightings within half a pixel. Where the object disappears before frame ``stop``
    (the end of the clip or task) a keyframe marked outside says so.
    """
    keyframes: list[list[Any]] = []
    for run in _runs(track.sightings):
        frames = _spaced(run, every) if every else _needed(run)
        sightings = dict(run)
        for frame in _with_flag_changes(frames, run):
            seen = sightings[frame]
            keyframes.append([frame, OCCLUDED if seen.occluded else 0, list(seen.box)])
        last = run[-1][0]
        if last + 1 < stop:
            keyframes.append([last + 1, OUTSIDE, list(sightings[last].box)])
    return {
        "id": track.id,
        "label": track.label,
        "kind": "box",
        "attributes": dict(track.attributes),
        "keyframes": keyframes,
    }


def from_wire(wire: WireTrack, stop: int) -> Track:
    """Sightings of a wire track up to frame ``stop``, boxes interpolated linearly."""
    track = Track(wire["id"], wire["label"], dict(wire.get("attributes", {})))
    keyframes = wire["keyframes"]
    for index, (frame, flags, box) in enumerate(keyframes):
        if flags & OUTSIDE:
            continue
        following = keyframes[index + 1] if index + 1 < len(keyframes) else None
        until = following[0] if following else stop
        for between in range(frame, min(until, stop)):
            place: Box = (box[0], box[1], box[2], box[3])
            if following and not following[1] & OUTSIDE:
                place = _blend(place, following[2], (between - frame) / (until - frame))
            track.sightings[between] = Sighting(place, bool(flags & OCCLUDED))
    return track


def mot_rows(tracks: list[Track]) -> str:
    """MOTChallenge ground truth rows (1-based frames): frame,id,x,y,w,h,1,1,1."""
    rows = []
    for number, track in enumerate(tracks, start=1):
        for frame, seen in track.sightings.items():
            x1, y1, x2, y2 = seen.box
            rows.append(
                (
                    frame + 1,
                    number,
                    f"{frame + 1},{number},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1,1,1",
                )
            )
    return "".join(f"{text}\n" for _, _, text in sorted(rows))


Run = list[tuple[int, Sighting]]


def _runs(sightings: dict[int, Sighting]) -> list[Run]:
    runs: list[Run] = []
    for frame in sorted(sightings):
        if not runs or runs[-1][-1][0] != frame - 1:
            runs.append([])
        runs[-1].append((frame, sightings[frame]))
    return runs


def _spaced(run: Run, every: int) -> set[int]:
    return {run[0][0], run[-1][0], *(f for f, _ in run[::every])}


def _with_flag_changes(frames: set[int], run: Run) -> list[int]:
    changes = {
        frame
        for (frame, seen), (_, before) in zip(run[1:], run, strict=False)
        if seen.occluded != before.occluded
    }
    return sorted(frames | changes)


def _needed(run: Run) -> set[int]:
    """Douglas-Peucker on the boxes over time."""
    kept: set[int] = {0, len(run) - 1}
    stack = [(0, len(run) - 1)]
    while stack:
        low, high = stack.pop()
        worst, where = 0.0, -1
        for index in range(low + 1, high):
            straight = _blend(run[low][1].box, run[high][1].box, (index - low) / (high - low))
            error = max(abs(a - b) for a, b in zip(straight, run[index][1].box, strict=True))
            if error > worst:
                worst, where = error, index
        if worst > _TOLERANCE:
            kept.add(where)
            stack += [(low, where), (where, high)]
    return {run[index][0] for index in kept}


def _blend(first: Any, second: Any, share: float) -> Box:
    x1, y1, x2, y2 = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return (x1, y1, x2, y2)
