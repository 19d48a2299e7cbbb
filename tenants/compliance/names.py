"""What stands in the log as an id, by the name that an organization's own readers know it by."""

from collections.abc import Iterable
from uuid import UUID

from core.tenancy.scope import scope
from tenants.compliance.filters import SYSTEM
from tenants.intake.models import Batch, Clip
from tenants.projects.models import Camera, Project, Site

#: Kinds of subjects that have a name of their own here, and its column.
_NAMED = {"clip": (Clip, "filename"), "camera": (Camera, "name"), "project": (Project, "name"),
          "site": (Site, "name"), "batch": (Batch, "name")}  # fmt: skip
#: A clip whose footage was erased keeps its id; its file's name was erased with it.
ERASED = "name erased"


def names_of(tenant: UUID, subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Give the names of subjects, (kind, id) each; those without one are left out."""
    wanted: dict[str, set[UUID]] = {}
    for kind, subject in subjects:
        if kind in _NAMED and (key := _as_uuid(subject)):
            wanted.setdefault(kind, set()).add(key)
    # A log has itself and its organization as subjects; it says so rather than an id.
    found = {
        ("log", str(tenant)): "of this organization",
        ("organization", str(tenant)): "as a whole",
    }
    with scope(tenant):
        for kind, ids in wanted.items():
            model, column = _NAMED[kind]
            rows = model.objects.filter(id__in=ids).values_list("id", column)
            found |= {(kind, str(key)): name or ERASED for key, name in rows}
    return found


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def subject_name(kind: str, subject: str, names: dict[tuple[str, str], str]) -> str:
    """Say what a subject is: its name, or its kind and the beginning of its id."""
    said, name = kind.replace("_", " "), names.get((kind, subject))
    if name is None or name == ERASED:
        return f"{said} {subject[:8]}" + (f", {ERASED}" if name else "")
    return name if kind == "clip" else f"{said} {name}"


def person_name(actor: UUID | str | None, reader: UUID) -> str:
    """Name the one who acted, without a name: ids are stable pseudonyms."""
    if actor is None:
        return SYSTEM
    return "You" if str(actor) == str(reader) else f"Person {str(actor)[:8]}"


def camera_names(tenant: UUID) -> dict[UUID, str]:
    """Give the cameras of a tenant by their ids; two of one name have their site before it."""
    with scope(tenant):
        rows = list(Camera.objects.values_list("id", "name", "site__name").order_by("name"))
    names = [name for _, name, _ in rows]
    return {key: f"{site}, {name}" if names.count(name) > 1 else name for key, name, site in rows}
