"""What is left for whoever opens the portal: a clip that has just come in, with its tasks free."""

from __future__ import annotations

from core.demo.cast import VENDOR, VENDOR_MANAGER
from core.demo.doors import wait_for
from core.demo.footage import drawn_clip
from core.demo.journey import Journey
from core.demo.steps.intake import upload_clip
from core.demo.steps.prepare import settled
from core.demo.steps.slicing import tasks_of

_SEED = 15


def leave_work(journey: Journey) -> None:
    """Upload one more clip of the first client; its tasks wait on the vendor's board."""
    client = journey.clients[0]
    folder = journey.data / "footage"
    client.later = drawn_clip(
        folder / "next.mp4", seed=_SEED, frame_count=journey.extent.clip, camera=f"CAM {_SEED}"
    )
    clip = upload_clip(journey, client, client.later)
    settled(journey, client, clip)
    tasks = {task["id"] for task in wait_for("the tasks", lambda: tasks_of(journey, client, clip))}

    def waiting() -> bool:
        queue = journey.visitor(VENDOR_MANAGER).get(f"t/{VENDOR}/queue")["results"]
        return tasks <= {entry["task"] for entry in queue}

    journey.check(
        "a clip that has just come in waits for people, on the vendor's board",
        held=wait_for("the tasks on the board", waiting),
        found=f"{len(tasks)} tasks free",
    )
