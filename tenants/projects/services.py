"""Writes of this room: projects, ontology versions, sites, cameras, zones."""

import math
import zoneinfo
from collections.abc import Collection, Mapping
from itertools import count
from typing import Any
from uuid import UUID

from django.db.models import Max

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid, NotFound
from core.ids import new_id
from core.outbox.events import emit
from core.tenancy.scope import scope
from core.tenancy.slugs import slug_of
from tenants.projects.models import Camera, OntologyVersion, Project, Site, Zone
from tenants.projects.ontology import check_ontology, surveillance_ontology

#: What projects whose names have no ASCII letter are called in addresses, before a number.
NAMELESS = "project-"


def create_project(
    *,
    actor: Actor,
    tenant: UUID,
    name: str,
    ontology: dict[str, Any] | None = None,
    task_frames: int = 100,
    task_overlap: int = 10,
) -> Project:
    """Make a project with the first version of its ontology (the ready one when None).

    Raises Invalid for a bad name, ontology or task length, Conflict for a name in use.
    """
    name = name.strip()
    slug = slug_of(name, otherwise=NAMELESS)
    if not slug:
        raise Invalid("Give the project a name with letters or digits.", field="name")
    if not 0 <= task_overlap < task_frames:
        raise Invalid(
            "The overlap of two tasks is shorter than a task, and not negative.",
            field="task_overlap",
        )
    document = ontology if ontology is not None else surveillance_ontology()
    check_ontology(document)
    with scope(tenant):
        if slug == NAMELESS:
            slug = _free_slug(name)
        if Project.objects.filter(slug=slug).exists():
            raise Conflict(f"There is a project {slug} already. Choose another name.")
        project = Project.objects.create(
            tenant_id=tenant,
            slug=slug,
            name=name,
            task_frames=task_frames,
            task_overlap=task_overlap,
        )
        _add_version(actor, project, document, 1)
        record(
            action="project.created",
            actor=actor,
            tenant=tenant,
            subject=("project", project.id),
            details={"task_frames": task_frames, "task_overlap": task_overlap},
        )
        emit("project.created", tenant=tenant, data={"project": str(project.id)})
    return project


def _free_slug(name: str) -> str:
    """Number a project whose name gives no slug. Raises Conflict for a name in use."""
    if Project.objects.filter(name=name).exists():
        raise Conflict(f"There is a project {name} already. Choose another name.", field="name")
    taken = set(Project.objects.filter(slug__startswith=NAMELESS).values_list("slug", flat=True))
    return next(slug for number in count(1) if (slug := f"{NAMELESS}{number}") not in taken)


def _add_version(
    actor: Actor, project: Project, document: dict[str, Any], number: int
) -> OntologyVersion:
    version = OntologyVersion.objects.create(
        tenant_id=project.tenant_id,
        project=project,
        number=number,
        document=document,
        created_by_id=actor.id,
    )
    record(
        action="ontology.versioned",
        actor=actor,
        tenant=project.tenant_id,
        subject=("ontology_version", version.id),
        details={"project": str(project.id), "number": number},
    )
    return version


def add_ontology_version(
    *,
    actor: Actor,
    tenant: UUID,
    project_id: UUID,
    document: dict[str, Any],
    after: int | None = None,
) -> OntologyVersion:
    """Write the next version of a project's ontology; tasks made from now on use it.

    `after`: the version that was edited. Raises Conflict when another came after it, Invalid for
    a bad document, NotFound.
    """
    check_ontology(document)
    with scope(tenant):
        project = get_project(project_id, lock=True)
        last = project.ontology_versions.aggregate(last=Max("number"))["last"] or 0
        if after is not None and after != last:
            raise Conflict(
                f"These changes began from version {after}, and {last} is the newest by now."
                " Open the project again and make them there."
            )
        return _add_version(actor, project, document, last + 1)


def get_project(project_id: UUID, *, lock: bool = False) -> Project:
    """Find a project of the open scope. Raises NotFound."""
    rows = Project.objects.select_for_update() if lock else Project.objects
    project: Project | None = rows.filter(id=project_id).first()
    if project is None:
        raise NotFound
    return project


def project_called(name: str) -> Project | None:
    """Find a project of the open scope by its id or slug."""
    try:
        found = Project.objects.filter(id=UUID(name)).first()
    except ValueError:
        found = Project.objects.filter(slug=name).first()
    project: Project | None = found
    return project


def current_ontology(project: Project) -> OntologyVersion:
    """Give the newest version of a project's ontology."""
    version = project.ontology_versions.order_by("-number").first()
    assert version is not None, "a project is made with its first version"
    return version


def label_order(project: Project) -> list[str]:
    """Give the keys of all labels that the project ever had, by the version that first had them.

    A label keeps its place for good, so that its key at the workbench is the same in all tasks.
    """
    documents = project.ontology_versions.order_by("number").values_list("document", flat=True)
    keys = [label["key"] for document in documents for label in document["labels"]]
    return list(dict.fromkeys(keys))


def add_site(*, actor: Actor, tenant: UUID, name: str, time_zone: str) -> Site:
    """Add a place. Raises Invalid for an unknown time zone, Conflict for a name in use."""
    if time_zone not in zoneinfo.available_timezones():
        raise Invalid(
            f"{time_zone} is no time zone; use a name such as Europe/Madrid.", field="time_zone"
        )
    if not name.strip():
        raise Invalid("Give the site a name.", field="name")
    with scope(tenant):
        if Site.objects.filter(name=name.strip()).exists():
            raise Conflict(f"There is a site called {name.strip()} already.")
        site = Site.objects.create(tenant_id=tenant, name=name.strip(), time_zone=time_zone)
        record(action="site.added", actor=actor, tenant=tenant, subject=("site", site.id))
    return site


def add_camera(
    *,
    actor: Actor,
    tenant: UUID,
    site_id: UUID,
    name: str,
    zones: list[dict[str, Any]] | None = None,
) -> Camera:
    """Add a camera with its zones: {"kind", "name", "polygon": [[x, y], ...]} in source pixels."""
    if not name.strip():
        raise Invalid("Give the camera a name.", field="name")
    checked = _checked_zones(zones or [])
    with scope(tenant):
        site = Site.objects.filter(id=site_id).first()
        if site is None:
            raise NotFound
        if Camera.objects.filter(site=site, name=name.strip()).exists():
            raise Conflict(f"{site.name} has a camera called {name.strip()} already.")
        camera = Camera.objects.create(tenant_id=tenant, site=site, name=name.strip())
        Zone.objects.bulk_create(Zone(tenant_id=tenant, camera=camera, **z) for z in checked)
        record(
            action="camera.added",
            actor=actor,
            tenant=tenant,
            subject=("camera", camera.id),
            details={"site": str(site.id), "zones": len(checked)},
        )
    return camera


def set_zones(
    *,
    actor: Actor,
    tenant: UUID,
    camera_id: UUID,
    zones: list[dict[str, Any]],
    kept: Collection[UUID] = (),
) -> Camera:
    """Write a camera's zones anew. One that is given with its "id" keeps it, whatever its name.

    kept: zones that must stay, and of the same kind, since labels name them. Raises NotFound,
    Invalid, Conflict.
    """
    checked = _checked_zones(zones)
    with scope(tenant):
        camera = Camera.objects.select_for_update().filter(id=camera_id).first()
        if camera is None:
            raise NotFound
        before = {zone.id: zone for zone in camera.zones.all()}
        after = [
            Zone(id=_known(zone, before) or new_id(), tenant_id=tenant, camera=camera, **values)
            for zone, values in zip(zones, checked, strict=True)
        ]
        if len({zone.id for zone in after}) < len(after):
            raise Invalid("One zone is given twice.", field="zones")
        kinds = {zone.id: zone.kind for zone in after}
        for zone in before.values():
            if zone.id in kept and kinds.get(zone.id) != zone.kind:
                raise Conflict(
                    f"Events that were labelled name the zone {zone.name}: it can be renamed and"
                    " redrawn, but it stays, and of its kind."
                )
        camera.zones.all().delete()
        Zone.objects.bulk_create(after)
        record(
            action="camera.zones_changed",
            actor=actor,
            tenant=tenant,
            subject=("camera", camera.id),
            details={"zones": len(after), "removed": len(before.keys() - kinds.keys())},
        )
    return camera


def _known(zone: Mapping[str, Any], before: Mapping[UUID, Zone]) -> UUID | None:
    """Give the id under which a zone is known; an unknown one is refused, none is a new zone's."""
    text = zone.get("id")
    if text in {None, ""}:
        return None
    try:
        known = UUID(str(text))
    except ValueError:
        known = None
    if known not in before:
        raise Conflict("Somebody has removed one of these zones. Load the page again.")
    return known


def _checked_zones(zones: Any) -> list[dict[str, Any]]:
    if not isinstance(zones, list):
        raise Invalid("Zones are a JSON array.", field="zones")
    checked = [_checked_zone(zone) for zone in zones]
    if len({zone["name"] for zone in checked}) < len(checked):
        raise Invalid("Two zones of a camera have one name.", field="zones")
    return checked


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 120 and "\x00" not in value


def _checked_zone(zone: Any) -> dict[str, Any]:
    kinds = sorted(Zone.Kind.values)
    if (
        not isinstance(zone, dict)
        or zone.get("kind") not in kinds
        or not _is_name(zone.get("name"))
    ):
        raise Invalid(
            f"A zone has a name of at most 120 characters and a kind: {', '.join(kinds)}.",
            field="zones",
        )
    polygon = zone.get("polygon")
    sound = (
        isinstance(polygon, list)
        and len(polygon) >= 3
        and all(
            isinstance(point, list)
            and len(point) == 2
            and all(isinstance(v, int | float) and math.isfinite(v) and v >= 0 for v in point)
            for point in polygon
        )
    )
    if not sound:
        raise Invalid(
            f"Zone {zone['name']} needs a polygon of three points [x, y] or more, in pixels.",
            field="zones",
        )
    return {"kind": zone["kind"], "name": zone["name"], "polygon": polygon}
