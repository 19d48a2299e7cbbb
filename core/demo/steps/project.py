"""Step 2: each client sets up a project with the surveillance ontology, a site and a camera."""

from __future__ import annotations

from typing import Any

from core.demo.journey import ClientSide, Journey
from core.demo.scene import HEIGHT, WIDTH

_EVENTS = {
    "loitering",
    "intrusion",
    "tailgating",
    "running",
    "fighting",
    "abandoned_object",
    "theft",
    "crowding",
}
_ZONES: list[dict[str, Any]] = [
    {"kind": "entrance", "name": "Door", "polygon": [[40, 216], [200, 216], [200, 300], [40, 300]]},
    {
        "kind": "circulation",
        "name": "Pavement",
        "polygon": [[0, HEIGHT * 0.8], [WIDTH, HEIGHT * 0.8], [WIDTH, HEIGHT], [0, HEIGHT]],
    },
    {
        "kind": "restricted",
        "name": "Lane",
        "polygon": [[0, 248], [WIDTH, 248], [WIDTH, 430], [0, 430]],
    },
    {
        "kind": "perimeter",
        "name": "Kerb",
        "polygon": [[0, 216], [WIDTH, 216], [WIDTH, 248], [0, 248]],
    },
]


def run(journey: Journey) -> None:
    """Make project, site and camera; check the ontology and the zones that come back."""
    for client in journey.clients:
        _set_up(journey, client)
    first, second = journey.clients
    probe = journey.admin(second).raw("GET", f"t/{second.slug}/projects/{first.project}")
    journey.check(
        "a project of one client does not exist in the other's portal",
        held=probe.status_code == 404,
        found=str(probe.status_code),
    )
    broken = journey.admin(first).raw(
        "POST", f"t/{first.slug}/projects/{first.project}/ontologies", json={"labels": []}
    )
    journey.check(
        "an ontology without labels is refused",
        held=broken.status_code == 400,
        found=str(broken.status_code),
    )


def _set_up(journey: Journey, client: ClientSide) -> None:
    admin = journey.admin(client)
    project = admin.post(
        f"t/{client.slug}/projects",
        {
            "name": "Street watch",
            "task_frames": journey.extent.task,
            "task_overlap": journey.extent.overlap,
        },
    )
    client.project = project["id"]
    document = admin.get(f"t/{client.slug}/projects/{client.project}")["ontology"]["document"]
    labels = {label["key"]: label["attributes"] for label in document["labels"]}
    events = {event["key"] for event in document["events"]}
    journey.check(
        f"{client.slug}: ontology of people, vehicles, objects (typed attributes) and events",
        held={"person", "vehicle", "object"} <= set(labels)
        and all(labels.values())
        and events >= _EVENTS,
        found=f"{len(labels)} labels, {len(events)} events",
    )
    site = admin.post(f"t/{client.slug}/sites", {"name": "Market", "time_zone": "Europe/Madrid"})
    camera = admin.post(
        f"t/{client.slug}/cameras", {"site": site["id"], "name": "CAM 01", "zones": _ZONES}
    )
    client.camera = camera["id"]
    journey.check(
        f"{client.slug}: camera with its zones",
        held={zone["kind"] for zone in camera["zones"]} == {zone["kind"] for zone in _ZONES},
        found=f"{len(camera['zones'])} zones, {camera['time_zone']}",
    )
