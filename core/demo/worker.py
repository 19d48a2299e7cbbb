"""A simulated annotator or reviewer at work: pulls, draws, saves, hands in."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.demo.annotators import Skill, annotate
from core.demo.cast import VENDOR
from core.demo.detected import overlap
from core.demo.doors import Visitor
from core.demo.errors import DemoStopped
from core.demo.journey import Journey
from core.demo.truth import Track, from_wire


@dataclass(frozen=True)
class Lease:
    """Work that somebody holds: on which task of which client, under which fencing token."""

    tenant: str
    task: dict[str, Any]
    token: int

    @property
    def path(self) -> str:
        return f"t/{self.tenant}/tasks/{self.task['id']}"

    @property
    def frames(self) -> tuple[int, int]:
        """First frame, and the one after the last."""
        return self.task["start_frame"], self.task["end_frame"] + 1


@dataclass(frozen=True)
class HandedIn:
    """What became of an annotated task."""

    lease: Lease
    label_set: str
    sha256: str
    tracks: int


class Gated(Exception):
    """The portal gives this person no more work of their skill."""


def pull(visitor: Visitor, work: str = "annotate") -> Lease | None:
    """The next piece of work, or None where there is none. Raises Gated."""
    answer = visitor.raw("POST", f"t/{VENDOR}/lease", json={"work": work})
    if answer.status_code == 204:
        return None
    if answer.status_code == 409:
        raise Gated
    if not answer.is_success:
        raise DemoStopped(
            f"{visitor.name} asked for work: {answer.status_code} {answer.text[:300]}"
        )
    body = answer.json()
    return Lease(body["tenant"], body["task"], body["lease"]["token"])


def draw_and_submit(journey: Journey, visitor: Visitor, lease: Lease, skill: Skill) -> HandedIn:
    """Label the leased task as somebody of this skill would, in two autosaves, and hand it in."""
    start, stop = lease.frames
    truth = journey.truth(lease.task["clip"])
    # Hands shake anew for every person, task and round, but alike in every run of a scene.
    seed = zlib.crc32(f"{visitor.name} {start} {truth.frame_count} {lease.token}".encode())
    tracks = annotate(
        truth.between(start, stop),
        stop=stop,
        skill=skill,
        rng=np.random.default_rng(seed),
        width=truth.width,
        height=truth.height,
    )
    watch(journey, visitor, lease)
    earlier = visitor.get(f"{lease.path}/tracks")["tracks"]
    half = len(tracks) // 2
    visitor.patch(
        f"{lease.path}/tracks",
        {"token": lease.token, "tracks": tracks[:half], "deleted": [t["id"] for t in earlier]},
    )
    visitor.patch(f"{lease.path}/tracks", {"token": lease.token, "tracks": tracks[half:]})
    answer = visitor.post(f"{lease.path}/submit", {"token": lease.token})
    journey.handed_in.add(answer["sha256"])
    return HandedIn(lease, answer["label_set"], answer["sha256"], answer["tracks"])


def watch(journey: Journey, visitor: Visitor, lease: Lease) -> None:
    """Fetch the groups of pictures of the task, as the workbench does."""
    start, stop = lease.frames
    clip = f"t/{lease.tenant}/clips/{lease.task['clip']}"
    visitor.download(f"{clip}/init")
    for number, gop in enumerate(visitor.get(f"{clip}/index")["gops"]):
        first, last = gop[:2]
        if first < stop and last >= start:
            visitor.download(f"{clip}/gops/{number}")
            journey.served.add((lease.task["clip"], first, last))


def review(journey: Journey, visitor: Visitor, lease: Lease, *, again: bool) -> str:
    """Look at what was handed in and decide; ``again`` asks for a second round whatever it is."""
    watch(journey, visitor, lease)
    start, stop = lease.frames
    seen = journey.truth(lease.task["clip"]).between(start, stop)
    drawn = [from_wire(t, stop) for t in visitor.get(f"{lease.path}/tracks")["tracks"]]
    verdict: dict[str, Any] = {"token": lease.token, "outcome": "accept", "reasons": []}
    if again or agreement(seen, drawn) < _ACCEPTABLE:
        verdict["outcome"] = "send_back"
        verdict["reasons"] = [{"frame": start, "text": "Boxes are loose: draw them to the edge."}]
    visitor.post(f"{lease.path}/review", verdict)
    return str(verdict["outcome"])


# Mean overlap with what the reviewer sees, from which work is good enough: a fair annotator of
# this demo has .87, the bad one .45.
_ACCEPTABLE = 0.7


def agreement(seen: list[Track], drawn: list[Track]) -> float:
    """Mean over what is seen of the best overlap with what was drawn, less what is too much."""
    best: list[float] = []
    for track in seen:
        for frame, sighting in track.sightings.items():
            rivals = (d.sightings[frame].box for d in drawn if frame in d.sightings)
            best.append(max((overlap(sighting.box, box) for box in rivals), default=0.0))
    count = sum(len(d.sightings) for d in drawn)
    if not best:
        return 1.0 if count == 0 else 0.0
    return float(np.sum(best)) / max(len(best), count)
