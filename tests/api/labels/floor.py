"""A prepared clip cut into tasks, and people of Northlight who may work on it."""

from uuid import UUID, uuid4

from core.access.actors import Actor
from core.tenancy.scope import scope
from tests.cast import Cast

BOX = [10, 20, 50, 110]


def make_clip(cast: Cast, *, organization=None, frames: int = 100, size=(640, 360)):
    """A clip that passed preparation, in a project of its own; its bytes are never read here."""
    from core.storage.models import StoredObject
    from tenants.intake.models import Clip
    from tenants.projects.services import create_project

    organization = organization or cast.harbour
    project = create_project(
        actor=Actor.system("test"),
        tenant=organization.id,
        name=f"Gate {uuid4().hex[:6]}",
        task_frames=50,
        task_overlap=0,
    )
    with scope(organization.id):
        source = StoredObject.objects.create(
            tenant_id=organization.id,
            kind="source",
            size=1,
            sha256=bytes(32),
            ciphertext_sha256=bytes(32),
            store_key=uuid4().hex,
            wrapped_dek=bytes(61),
            key_version=1,
            commitment=bytes(32),
        )
        return Clip.objects.create(
            tenant_id=organization.id,
            project=project,
            source=source,
            filename="gate.mp4",
            state="ready",
            width=size[0],
            height=size[1],
            frame_count=frames,
            duration=frames / 25,
        )


def cut(cast: Cast, clip):
    from workforce.tasks.slicing import slice_clip

    return slice_clip(actor=Actor.system("test"), tenant=clip.tenant_id, clip_id=clip.id)


def hire(cast: Cast, *people) -> None:
    """Give people of Northlight the skill for boxes."""
    from workforce.people.services import add_worker

    for person in people:
        add_worker(
            actor=Actor.person(cast.nora),
            vendor=cast.northlight.id,
            user_id=person.id,
            skills=["boxes"],
        )


def lease(person, task_id, *, work: str = "annotate") -> int:
    """Give the person a lease on the task, as routing does; returns the fencing token."""
    from core.clock import now
    from workforce.tasks.leases import LEASE
    from workforce.tasks.models import QueueEntry

    entry = QueueEntry.objects.get(task_id=task_id, work=work)
    entry.state = "leased"
    entry.lessee = person.id
    entry.lease_until = now() + LEASE
    entry.token += 1
    entry.save()
    return entry.token


def walker(track_id: str | UUID | None = None, *, start=0, end=49, left=10.0, label="person"):
    """A track in the wire form: a 40 x 90 figure that walks 2 pixels a frame."""
    right = left + 2 * (end - start)
    keyframes = [[start, 0, [left, 20.0, left + 40, 110.0]]]
    if end > start:
        keyframes.append([end, 0, [right, 20.0, right + 40, 110.0]])
    return {
        "id": str(track_id or uuid4()),
        "label": label,
        "kind": "box",
        "attributes": {},
        "keyframes": keyframes,
    }
