"""Step 5: clips are cut into tasks with overlap, and each client hands over its gold."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from core.demo.doors import wait_for
from core.demo.journey import ClientSide, Journey
from core.demo.truth import to_wire

#: HOTA from which gold is passed. A fair annotator of this demo reaches .88, the bad one .3.
PASS_MARK = 0.7


def run(journey: Journey) -> None:
    """Wait for the tasks of every clip; check that they cover it and overlap."""
    for client in journey.clients:
        for clip in (client.clip, client.gold_clip):
            _check_tasks(journey, client, clip)
        _hand_over_gold(journey, client)
    first, second = journey.clients
    again = journey.admin(first).raw("POST", f"t/{first.slug}/clips/{first.clip}/tasks", json={})
    journey.check(
        "a clip is not cut twice", held=again.status_code == 409, found=str(again.status_code)
    )
    task = tasks_of(journey, first, first.clip)[0]["id"]
    probe = journey.admin(second).raw("GET", f"t/{second.slug}/tasks/{task}")
    journey.check(
        "a task of one client does not exist for the other",
        held=probe.status_code == 404,
        found=str(probe.status_code),
    )


def tasks_of(journey: Journey, client: ClientSide, clip: str) -> list[dict[str, Any]]:
    """All tasks of a clip, by first frame."""
    found: list[dict[str, Any]] = []
    asked = {"clip": clip}
    while True:
        page = journey.admin(client).get(f"t/{client.slug}/tasks", **asked)
        found += page["results"]
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


def _check_tasks(journey: Journey, client: ClientSide, clip: str) -> None:
    frames, extent = journey.truth(clip).frame_count, journey.extent
    tasks = wait_for("the tasks of a clip", lambda: tasks_of(journey, client, clip))
    ranges = [(task["start_frame"], task["end_frame"]) for task in tasks]
    covered = ranges[0][0] == 0 and ranges[-1][1] == frames - 1
    lengths = all(last - first + 1 <= extent.task for first, last in ranges)
    overlaps = all(before[1] - after[0] + 1 == extent.overlap for before, after in pairwise(ranges))
    journey.check(
        f"{client.slug}: tasks cover all {frames} frames, neighbours overlap by {extent.overlap}",
        held=covered and lengths and overlaps,
        found=", ".join(f"{first}-{last}" for first, last in ranges[:8]),
    )


def _hand_over_gold(journey: Journey, client: ClientSide) -> None:
    admin, truth = journey.admin(client), journey.truth(client.gold_clip)
    # Every lease is gold while there is any that the person has not had: in minutes the demo
    # gathers the evidence that a portal has after weeks.
    admin.put(
        f"t/{client.slug}/projects/{client.project}/quality",
        {"pass_mark": PASS_MARK, "gold_rate_min": 1.0, "gold_rate_max": 1.0},
    )
    ranges = journey.extent.gold_ranges
    length = journey.extent.gold // ranges
    for start in range(0, ranges * length, length):
        stop = start + length
        admin.post(
            f"t/{client.slug}/gold",
            {
                "clip": client.gold_clip,
                "start_frame": start,
                "end_frame": stop - 1,
                "tracks": [to_wire(t, stop=stop) for t in truth.between(start, stop)],
            },
        )
    known = admin.get(f"t/{client.slug}/gold")["results"]
    journey.check(
        f"{client.slug}: gold of its own footage is in place",
        held=len(known) == ranges and all(g["state"] == "active" for g in known),
        found=f"{len(known)} ranges",
    )
