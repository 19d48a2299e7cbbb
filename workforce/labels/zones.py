"""Which zones of a camera have events that were labelled in them, and changing a camera's zones."""

from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.tenancy.scope import scope
from tenants.projects import services
from tenants.projects.models import Camera
from workforce.labels.models import SpanRow


def zones_in_use(camera_id: UUID) -> set[UUID]:
    """Give the zones of a camera that an event names, in the open scope."""
    rows = SpanRow.objects.filter(task__clip__camera_id=camera_id, deleted=False)
    named = rows.exclude(zones=[]).values_list("zones", flat=True)
    return {UUID(zone) for zones in named for zone in zones}


def change_zones(
    *, actor: Actor, tenant: UUID, camera_id: UUID, zones: list[dict[str, Any]]
) -> Camera:
    """Write a camera's zones anew; what events name keeps its id and its kind, and stays.

    Raises NotFound, Invalid, Conflict.
    """
    with scope(tenant):
        kept = zones_in_use(camera_id)
    return services.set_zones(
        actor=actor, tenant=tenant, camera_id=camera_id, zones=zones, kept=kept
    )
