"""From what a reader asks for to lookups on entries: also by role, by camera and by batch."""

from typing import Any
from uuid import UUID

from core.tenancy.scope import scope
from tenants.compliance.filters import SYSTEM, lookups
from tenants.compliance.roles import people_with
from tenants.intake.models import Clip


def where_of(tenant: UUID, asked: dict[str, Any]) -> dict[str, Any]:
    """Turn validated filters into lookups on the AuditEntry rows of a tenant."""
    where = lookups(asked)
    if "role" in asked:
        where["actor_id__among"] = _people(tenant, asked["role"])
    if "not_role" in asked:
        where["actor_id__outside"] = [
            *where.get("actor_id__outside", []), *_people(tenant, asked["not_role"]),
        ]  # fmt: skip
    clips: dict[str, Any] = {}
    if "camera" in asked:
        clips["camera__in"] = asked["camera"].split(",")
    if "batch" in asked:
        clips["batch"] = asked["batch"]
    if clips:
        where |= {"subject_kind__among": ["clip"], "subject_id__among": _clips(tenant, **clips)}
    if "not_camera" in asked:
        left_out = _clips(tenant, camera__in=asked["not_camera"].split(","))
        where["subject_id__outside"] = [*where.get("subject_id__outside", []), *left_out]
    return where


def _people(tenant: UUID, roles: str) -> list[UUID | None]:
    asked = set(roles.split(","))
    return [*people_with(tenant, asked), *([None] if SYSTEM in asked else [])]


def _clips(tenant: UUID, **where: Any) -> list[str]:
    with scope(tenant):
        found = Clip.objects.filter(**where)
        return [str(clip) for clip in found.values_list("id", flat=True)]
