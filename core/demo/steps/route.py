"""Step 6: people pull work; leases are exclusive and fenced."""

from __future__ import annotations

from core.demo.cast import REVIEWER, SKILLS, VENDOR
from core.demo.journey import Journey
from core.demo.worker import Lease, pull

# What an annotator is told of a task; nothing in it may tell gold from work.
_TOLD = {
    "id",
    "project",
    "clip",
    "ontology",
    "task_type",
    "start_frame",
    "end_frame",
    "state",
    "ontology_document",
}


def run(journey: Journey) -> None:
    """Everybody pulls once; check exclusivity, fencing and who may not pull."""
    held = {email: pull(journey.visitor(email)) for email in SKILLS}
    leases = {email: lease for email, lease in held.items() if lease is not None}
    tasks = {lease.task["id"] for lease in leases.values()}
    journey.check(
        "everybody who asks gets a task, and no two the same",
        held=len(tasks) == len(SKILLS),
        found=f"{len(tasks)} leases",
    )
    journey.check(
        "gold looks like any other task",
        held=all(set(lease.task) == _TOLD for lease in leases.values()),
        found=f"{len(_TOLD)} facts of each",
    )
    somebody, lease = next(iter(leases.items()))
    again = pull(journey.visitor(somebody))
    journey.check("who asks again gets the task they hold", held=again == lease)
    _check_fencing(journey, somebody, lease)
    _check_who_may_not(journey, lease)


def _check_fencing(journey: Journey, email: str, lease: Lease) -> None:
    """A lease given back is worth nothing, and its token neither."""
    visitor = journey.visitor(email)
    visitor.post(f"{lease.path}/release", {"token": lease.token})
    late = visitor.raw("PATCH", f"{lease.path}/tracks", json={"token": lease.token, "tracks": []})
    journey.check(
        "a save under a lease that is over is refused",
        held=late.status_code == 409,
        found=f"{late.status_code} {late.json().get('code', '')}",
    )
    stolen = [
        journey.visitor(other)
        .raw("PATCH", f"{lease.path}/tracks", json={"token": lease.token + 1, "tracks": []})
        .status_code
        for other in SKILLS
        if other != email
    ]
    journey.check(
        "nobody saves into a task that they do not hold",
        held=all(status in {404, 409} for status in stolen),
        found=str(stolen),
    )


def _check_who_may_not(journey: Journey, lease: Lease) -> None:
    first, second = journey.clients
    other = second.slug if lease.tenant == first.slug else first.slug
    annotator = journey.visitor(next(iter(SKILLS)))
    refused = {
        "a client pulls work": journey.admin(first)
        .raw("POST", f"t/{VENDOR}/lease", json={})
        .status_code,
        "an annotator lists a client's tasks": annotator.raw(
            "GET", f"t/{first.slug}/tasks"
        ).status_code,
        "a reviewer reads a task that she does not hold": journey.visitor(REVIEWER)
        .raw("GET", f"{lease.path}/tracks")
        .status_code,
        "a task under the other client's address": annotator.raw(
            "GET", f"t/{other}/tasks/{lease.task['id']}"
        ).status_code,
    }
    journey.check(
        "who has no lease and no right gets nothing",
        held=all(status in {403, 404} for status in refused.values()),
        found=", ".join(f"{what}: {status}" for what, status in refused.items()),
    )
