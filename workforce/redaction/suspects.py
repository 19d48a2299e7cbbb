"""Which frames of a redacted clip a person should look at first, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workforce.redaction.boxes import overlaps

#: How much each reason weighs: what is seen on the copy before what may be wrong with a mask.
WEIGHTS = {"exposed": 100, "unmasked": 60, "once": 40, "weak": 25, "gap": 20}
#: Below this score a look is worth a person's: detectors here find from 0.25 (plates 0.3) on.
WEAK = 0.5
#: Looks that were missed in a row before a gap is worth one.
MISSED = 3
MOST_GAPS = 3  # of one track, the longest
MOST = 200  # frames that are listed, the most suspicious
SAME_PLACE = 0.1  # overlap of marks that follow each other


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a frame is listed. track: the engine's, by id; box: x1 y1 x2 y2 where nothing masks it.

    value: a score for "weak", frames without a look for "gap", looks in a row for the rest.
    """

    kind: str
    subject: str
    value: float
    track: str | None = None
    box: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Suspect:
    """A frame with its reasons, the heaviest first."""

    frame: int
    reasons: tuple[Reason, ...]

    @property
    def weight(self) -> int:
        return sum(WEIGHTS[reason.kind] for reason in self.reasons)

    def to_wire(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "frame": self.frame,
            "reasons": [
                {
                    "kind": one.kind,
                    "subject": one.subject,
                    "value": one.value,
                    "track": one.track,
                    "box": None if one.box is None else list(one.box),
                }
                for one in self.reasons
            ],
        }


def suspects(
    trails: Mapping[str, Sequence[Mapping[str, Sequence[float]]]],
    marks: Iterable[Mapping[str, Any]],
    *,
    every: int,
    without: Iterable[str] = (),
) -> list[Suspect]:
    """The frames to look at, the most suspicious first.

    trails: where each track was seen (masks.trails_of); marks: what the witness saw, as
    `{"kind", "subject", "frame", "box"}`; every: frames from look to look; without: tracks of the
    engine that a person dropped.
    """
    dropped = set(without)
    found: dict[int, list[Reason]] = {}
    for frame, reason in (*_of_marks(marks), *_of_trails(trails, every)):
        if reason.track not in dropped:
            found.setdefault(frame, []).append(reason)
    listed = [
        Suspect(frame, tuple(sorted(reasons, key=lambda one: -WEIGHTS[one.kind])))
        for frame, reasons in found.items()
    ]
    return sorted(listed, key=lambda one: (-one.weight, one.frame))[:MOST]


def _of_trails(
    trails: Mapping[str, Sequence[Mapping[str, Sequence[float]]]], every: int
) -> Iterable[tuple[int, Reason]]:
    for subject, tracks in sorted(trails.items()):
        for number, trail in enumerate(tracks):
            frames, scores = [int(frame) for frame in trail["frames"]], trail["scores"]
            name = f"{subject}-{number}"
            if len(frames) == 1:
                yield frames[0], Reason("once", subject, 1, name)
                continue
            worst = int(np.argmin(scores))
            if scores[worst] < WEAK:
                yield frames[worst], Reason("weak", subject, round(scores[worst], 2), name)
            gaps = sorted(zip(np.diff(frames).tolist(), frames, strict=False), reverse=True)
            for length, start in gaps[:MOST_GAPS]:
                if length > MISSED * every:
                    yield start + length // 2, Reason("gap", subject, length - 1, name)


def _of_marks(marks: Iterable[Mapping[str, Any]]) -> Iterable[tuple[int, Reason]]:
    """One frame for marks of a kind that follow each other at a place: where they are largest."""
    chains: list[list[Mapping[str, Any]]] = []
    for mark in sorted(marks, key=lambda one: int(one["frame"])):
        chain = next((one for one in reversed(chains) if _continues(one[-1], mark)), None)
        if chain is None:
            chains.append([mark])
        else:
            chain.append(mark)
    for chain in chains:
        largest = max(chain, key=lambda one: _area(one["box"]))
        reason = Reason(largest["kind"], largest["subject"], len(chain), box=tuple(largest["box"]))
        yield int(largest["frame"]), reason


def _continues(before: Mapping[str, Any], mark: Mapping[str, Any]) -> bool:
    if (before["kind"], before["subject"]) != (mark["kind"], mark["subject"]):
        return False
    if not 0 < mark["frame"] - before["frame"] <= 2 * max(1, int(mark.get("every", 1))):
        return False
    pair = [np.array([one["box"]], dtype=np.float64) for one in (before, mark)]
    return bool(overlaps(*pair)[0, 0] >= SAME_PLACE)


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
