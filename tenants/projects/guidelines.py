"""How labels are drawn, in words and pictures, for those who do the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.storage.vault import create_object, discard_object
from core.tenancy.scope import scope
from tenants.projects.models import Guideline, GuidelinePicture, Project
from tenants.projects.services import current_ontology, get_project

MOST_TEXT = 8_000
MOST_PICTURES = 12
MOST_BYTES = 3_000_000
#: What a file begins with, and the type that it is then served under, whatever it was called.
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@dataclass(frozen=True, slots=True)
class Section:
    """What is said of one label or event of the newest ontology; of all with an empty key."""

    key: str
    name: str
    text: str
    pictures: Sequence[GuidelinePicture]


def sections_of(project: Project) -> list[Section]:
    """List every label and event with what is said of it, in the open scope; empty ones too."""
    rows = {
        row.label: row
        for row in Guideline.objects.filter(project=project).prefetch_related("pictures")
    }
    return [
        Section(
            key,
            name,
            rows[key].text if key in rows else "",
            sorted(rows[key].pictures.all(), key=lambda one: one.created_at) if key in rows else [],
        )
        for key, name in _names(project).items()
    ]


def _names(project: Project) -> dict[str, str]:
    document = current_ontology(project).document
    labels = {item["key"]: item["name"] for item in document["labels"]}
    events = {item["key"]: item["name"] for item in document.get("events", [])}
    return {"": "For all labels"} | labels | events


def write_guideline(*, actor: Actor, tenant: UUID, project_id: UUID, label: str, text: str) -> None:
    """Say how a label is drawn. Raises NotFound, Invalid for a label that is not there."""
    text = text.strip()
    if len(text) > MOST_TEXT or "\x00" in text:
        raise Invalid(f"Say it in at most {MOST_TEXT:,} characters.", field="text")
    with scope(tenant):
        row = _row(project_id, label)
        row.text, row.updated_at = text, now()
        row.save()
        _note(actor, row, "guideline.written", {"characters": len(text)})


def _row(project_id: UUID, label: str) -> Guideline:
    project = get_project(project_id, lock=True)
    if label not in _names(project):
        raise Invalid("There is no such label in this project.", field="label")
    row: Guideline
    row, _ = Guideline.objects.get_or_create(
        tenant_id=project.tenant_id, project=project, label=label
    )
    return row


def _note(actor: Actor, row: Guideline, action: str, details: dict[str, object]) -> None:
    record(
        action=action,
        actor=actor,
        tenant=row.tenant_id,
        subject=("project", row.project_id),
        details={"label": row.label, **details},
    )
    emit(action, tenant=row.tenant_id, data={"project": str(row.project_id)})


def add_picture(
    *, actor: Actor, tenant: UUID, project_id: UUID, label: str, caption: str, data: bytes
) -> GuidelinePicture:
    """Put a picture (PNG or JPEG) beside a guideline. Raises NotFound, Invalid, Conflict."""
    caption = caption.strip()
    if not 0 < len(caption) <= 200 or "\x00" in caption:
        raise Invalid("Say in a few words what the picture shows.", field="caption")
    if not data or len(data) > MOST_BYTES:
        raise Invalid(f"A picture has at most {MOST_BYTES // 1_000_000} MB.", field="picture")
    media_type = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if media_type is None:
        raise Invalid("A picture is a PNG or a JPEG.", field="picture")
    with scope(tenant):
        _require_room(_row(project_id, label))
    with create_object(tenant=tenant, kind="guideline") as writer:
        writer.write(data)
    try:
        with scope(tenant):
            row = _row(project_id, label)
            _require_room(row)
            picture: GuidelinePicture = GuidelinePicture.objects.create(
                tenant_id=tenant,
                guideline=row,
                object_id=writer.stored.id,
                media_type=media_type,
                caption=caption,
            )
            _note(actor, row, "guideline.picture.added", {"picture": str(picture.id)})
    except BaseException:
        discard_object(tenant=tenant, object_id=writer.stored.id)
        raise
    return picture


def _require_room(row: Guideline) -> None:
    if row.pictures.count() >= MOST_PICTURES:
        raise Conflict(f"A label has at most {MOST_PICTURES} pictures: take one away first.")


def drop_picture(*, actor: Actor, tenant: UUID, picture_id: UUID) -> None:
    """Take a picture away; its bytes are gone. Raises NotFound."""
    with scope(tenant):
        picture = find_picture(picture_id)
        _note(actor, picture.guideline, "guideline.picture.dropped", {"picture": str(picture.id)})
        object_id = picture.object_id
        picture.delete()
    discard_object(tenant=tenant, object_id=object_id)


def find_picture(picture_id: UUID) -> GuidelinePicture:
    """Find a picture of the open scope with its guideline. Raises NotFound."""
    found = GuidelinePicture.objects.select_related("guideline").filter(id=picture_id).first()
    if found is None:
        raise NotFound
    return found
