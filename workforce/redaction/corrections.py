"""What people change of the engine's masks: tracks drawn or changed by keyframes, tracks dropped.

A corrected track is `{"id", "subject", "keyframes": [[frame, x1, y1, x2, y2], ...]}`: frames
0-based and increasing, boxes in pixels of the upright source picture, linear in between; it lives
from its first keyframe to its last. The box is the mask itself: nothing is added around it. A
track of the engine is "faces-3", one that a person drew "drawn-" and eight hex digits.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid
from workforce.labels.simplify import simplify
from workforce.labels.tracks import Flag, Keyframe
from workforce.redaction.detectors.recipe import Subject
from workforce.redaction.finding import ClipFacts, Place

DRAWN = re.compile(r"drawn-[0-9a-f]{8}")
MOST_TRACKS = 2_000
MOST_KEYFRAMES = 20_000
LONGEST_REASON = 400
#: Pixels by which a track may differ from the engine's once it is told by keyframes.
TOLERANCE = 0.75

Places = dict[int, list[Place]]


@dataclass(frozen=True, slots=True)
class MaskTrack:
    """A mask over time: frames int64 (n,) increasing, boxes float64 (n, 4), pixels."""

    id: str
    subject: Subject
    frames: NDArray[np.int64]
    boxes: NDArray[np.float64]

    def to_wire(self) -> dict[str, Any]:
        """The JSON form."""
        rows = zip(self.frames.tolist(), np.round(self.boxes, 2).tolist(), strict=True)
        keyframes = [[frame, *box] for frame, box in rows]
        return {"id": self.id, "subject": str(self.subject), "keyframes": keyframes}


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that people changed: tracks instead of the engine's, new ones, why others are dropped."""

    tracks: tuple[MaskTrack, ...] = ()
    dropped: Mapping[str, str] | None = None

    @property
    def reasons(self) -> Mapping[str, str]:
        return self.dropped or {}

    def to_json(self) -> str:
        """The form that `corrections_from` reads."""
        dropped = [{"id": name, "reason": why} for name, why in sorted(self.reasons.items())]
        return json.dumps(
            {"tracks": [track.to_wire() for track in self.tracks], "dropped": dropped}
        )

    def counts(self) -> dict[str, int]:
        """How many tracks were drawn, changed and dropped, and how many masks that makes."""
        drawn = [track for track in self.tracks if DRAWN.fullmatch(track.id)]
        lives = (int(track.frames[-1] - track.frames[0]) + 1 for track in self.tracks)
        return {
            "drawn": len(drawn),
            "changed": len(self.tracks) - len(drawn),
            "dropped": len(self.reasons),
            "masks": sum(lives),
        }


def engine_id(place: Place) -> str:
    """The name of the engine's track that a place belongs to."""
    return f"{place.subject}-{place.track}"


def engine_tracks(places: Mapping[int, Sequence[Place]]) -> list[MaskTrack]:
    """The engine's tracks with as few keyframes as tell them within TOLERANCE."""
    found: dict[str, list[tuple[int, Place]]] = {}
    for frame in sorted(places):
        for place in places[frame]:
            found.setdefault(engine_id(place), []).append((frame, place))
    return [_thinned(name, rows) for name, rows in found.items()]


def _thinned(name: str, rows: Sequence[tuple[int, Place]]) -> MaskTrack:
    full = [Keyframe(frame, Flag(0), tuple(place.box.tolist())) for frame, place in rows]
    kept = simplify(full, TOLERANCE)
    return MaskTrack(
        name,
        rows[0][1].subject,
        np.array([one.frame for one in kept], dtype=np.int64),
        np.array([one.geometry for one in kept], dtype=np.float64),
    )


def laid_over(places: Mapping[int, Sequence[Place]], corrections: Corrections) -> Places:
    """The engine's places with the corrections in their stead."""
    gone = {track.id for track in corrections.tracks} | set(corrections.reasons)
    whole: Places = {}
    for frame, here in places.items():
        kept = [place for place in here if engine_id(place) not in gone]
        if kept:
            whole[frame] = kept
    free = 1 + max((place.track for here in places.values() for place in here), default=-1)
    for track in corrections.tracks:
        own = DRAWN.fullmatch(track.id) is None
        number = int(track.id.rpartition("-")[2]) if own else free
        free += not own
        for frame, box in _filled(track):
            whole.setdefault(frame, []).append(Place(track.subject, number, box))
    return dict(sorted(whole.items()))


def _filled(track: MaskTrack) -> list[tuple[int, NDArray[np.float64]]]:
    frames = np.arange(track.frames[0], track.frames[-1] + 1)
    sides = [np.interp(frames, track.frames, track.boxes[:, side]) for side in range(4)]
    return list(zip(frames.tolist(), np.stack(sides, axis=1), strict=True))


def corrections_from(
    wire: Mapping[str, Any], *, facts: ClipFacts, engine: Mapping[str, Subject]
) -> Corrections:
    """Corrections from JSON values, checked against the clip and the engine's tracks by id.

    Raises Invalid (field "tracks" or "dropped"), naming the track.
    """
    rows, dropped = wire["tracks"], wire["dropped"]
    if len(rows) > MOST_TRACKS:
        raise Invalid(f"At most {MOST_TRACKS} tracks can be corrected.", field="tracks")
    tracks = tuple(_track(row, facts=facts, engine=engine) for row in rows)
    reasons: dict[str, str] = {}
    for row in dropped:
        if row["id"] not in engine:
            raise Invalid(f"The engine has no track {row['id']!r} to drop.", field="dropped")
        words = row["reason"].strip()
        if not words or len(words) > LONGEST_REASON:
            message = f"Say why {row['id']} is no mask, in up to {LONGEST_REASON} characters."
            raise Invalid(message, field="dropped")
        reasons[row["id"]] = words
    named = [track.id for track in tracks] + list(reasons)
    if len(set(named)) < len(named) or len(reasons) < len(dropped):
        raise Invalid("A track is there twice, or both changed and dropped.", field="tracks")
    return Corrections(tracks, reasons)


def _track(row: Mapping[str, Any], *, facts: ClipFacts, engine: Mapping[str, Subject]) -> MaskTrack:
    name, subject = row["id"], Subject(row["subject"])
    if engine.get(name, subject) is not subject:
        raise Invalid(f"Track {name!r} is of {engine[name]}, not {subject}.", field="tracks")
    if name not in engine and not DRAWN.fullmatch(name):
        raise Invalid(f"There is no track {name!r} to change.", field="tracks")
    keyframes = row["keyframes"]
    if not 1 <= len(keyframes) <= MOST_KEYFRAMES:
        raise Invalid(f"Track {name} needs 1 to {MOST_KEYFRAMES} keyframes.", field="tracks")
    last = -1
    for keyframe in keyframes:
        last = _checked(name, keyframe, after=last, facts=facts)
    rows = np.array(keyframes, dtype=np.float64)
    return MaskTrack(name, subject, rows[:, 0].astype(np.int64), rows[:, 1:])


def _checked(name: str, keyframe: Sequence[float], *, after: int, facts: ClipFacts) -> int:
    """The frame of a keyframe that is right. Raises Invalid."""
    if len(keyframe) != 5 or not all(math.isfinite(value) for value in keyframe):
        raise Invalid(f"A keyframe of {name} is not [frame, x1, y1, x2, y2].", field="tracks")
    frame, x1, y1, x2, y2 = keyframe
    if frame != int(frame) or not after < frame < facts.frame_count:
        message = f"Keyframes of {name} must increase, from 0 to {facts.frame_count - 1}."
        raise Invalid(message, field="tracks")
    size = 10 * max(facts.width, facts.height)
    if not (x1 < x2 and y1 < y2) or max(map(abs, (x1, y1, x2, y2))) > size:
        raise Invalid(f"The box of {name} in frame {int(frame)} is empty.", field="tracks")
    return int(frame)
