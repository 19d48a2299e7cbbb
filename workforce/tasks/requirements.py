"""What a project asks of whoever works on it, and its copy on what waits in the queue."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Invalid
from core.tenancy.scope import require_tenant, scope
from tenants.projects.services import get_project
from workforce.people.models import Qualification
from workforce.people.services import LEVELS, check_code
from workforce.tasks.models import QueueEntry, Requirements

ASKED = ("level", "certificate", "clearance", "language", "nda")


def requirements_of(project_id: UUID) -> Requirements:
    """Give the project's requirements in the open scope, or those that ask nothing."""
    found: Requirements | None = Requirements.objects.filter(project_id=project_id).first()
    return found or Requirements(tenant_id=require_tenant(), project_id=project_id)


def requirements_of_all(project_ids: Iterable[UUID]) -> dict[UUID, Requirements]:
    """Give the requirements of each of the projects in the open scope, in one query."""
    tenant, wanted = require_tenant(), list(project_ids)
    found = {row.project_id: row for row in Requirements.objects.filter(project_id__in=wanted)}
    return {
        project: found.get(project) or Requirements(tenant_id=tenant, project_id=project)
        for project in wanted
    }


def asked(requirements: Requirements) -> dict[str, Any]:
    """Give what an entry of the queue copies."""
    return {name: getattr(requirements, name) for name in ASKED}


def set_requirements(
    *,
    actor: Actor,
    tenant: UUID,
    project_id: UUID,
    level: int = 1,
    certificate: str = "",
    clearance: str = "",
    language: str = "",
    nda: bool = False,
) -> Requirements:
    """Say what a project asks; what waits or is held follows, what is leased stays as it is.

    Raises NotFound, Invalid.
    """
    if level not in LEVELS:
        raise Invalid("A level is 1 to 5.", field="level")
    codes = {"certificate": certificate, "clearance": clearance, "language": language}
    for name, value in codes.items():
        if value:
            check_code(Qualification.Kind(name), value)
    values = {"level": level, **codes, "nda": nda}
    with scope(tenant):
        project = get_project(project_id)
        kept: Requirements
        kept, _ = Requirements.objects.update_or_create(
            tenant_id=tenant, project=project, defaults=values
        )
        QueueEntry.objects.filter(
            tenant_id=tenant, project_id=project_id, state__in=["waiting", "held"]
        ).update(**values)
        record(
            action="requirements.set",
            actor=actor,
            tenant=tenant,
            subject=("project", project_id),
            details=values,
        )
    return kept
