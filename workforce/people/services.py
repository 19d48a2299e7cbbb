"""Writes of this room: who works for a vendor, with which skills."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from core.access.actors import Actor
from core.access.models import Membership
from core.access.permissions import Role
from core.audit.log import record
from core.clock import now
from core.errors import Invalid, NotFound
from core.tenancy.scope import require_tenant, scope
from workforce.people.models import Skill, Worker

#: Kinds of work that a task can ask for.
TASK_TYPES = ("boxes",)


def add_worker(*, actor: Actor, vendor: UUID, user_id: UUID, skills: Iterable[str] = ()) -> Worker:
    """Take a member of the vendor on as a worker, with skills.

    Raises NotFound for somebody who is no annotator or reviewer there, Invalid for unknown skills.
    """
    wanted = list(dict.fromkeys(skills))
    for skill in wanted:
        _check_skill(skill)
    roles = [Role.ANNOTATOR.value, Role.REVIEWER.value]
    with scope(vendor):
        member = Membership.objects.filter(user_id=user_id, organization_id=vendor, role__in=roles)
        if not member.exists():
            raise NotFound
        worker, _ = Worker.objects.get_or_create(tenant_id=vendor, user_id=user_id)
        for skill in wanted:
            Skill.objects.get_or_create(tenant_id=vendor, worker=worker, task_type=skill)
        record(
            action="worker.added",
            actor=actor,
            tenant=vendor,
            subject=("worker", worker.id),
            details={"user": str(user_id), "skills": wanted},
        )
    return worker


def set_skill(
    *,
    actor: Actor,
    vendor: UUID,
    worker_id: UUID,
    task_type: str,
    expires_at: datetime | None = None,
) -> Skill:
    """Give a worker a skill, or change when it expires."""
    _check_skill(task_type)
    with scope(vendor):
        worker = get_worker(worker_id)
        skill, _ = Skill.objects.update_or_create(
            tenant_id=vendor,
            worker=worker,
            task_type=task_type,
            defaults={"expires_at": expires_at},
        )
        record(
            action="worker.skilled",
            actor=actor,
            tenant=vendor,
            subject=("worker", worker.id),
            details={
                "skill": task_type,
                "until": expires_at.isoformat() if expires_at else None,
            },
        )
    return skill


def get_worker(worker_id: UUID) -> Worker:
    """Find a worker of the vendor whose scope is open. Raises NotFound."""
    worker: Worker | None = Worker.objects.filter(id=worker_id).first()
    if worker is None:
        raise NotFound
    return worker


def live_skills(user_id: UUID) -> list[str]:
    """List the task types that a person may do for the vendor whose scope is open."""
    require_tenant()
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=now())
    rows = Skill.objects.filter(live, worker__user_id=user_id, worker__active=True)
    return list(rows.order_by("task_type").values_list("task_type", flat=True))


def _check_skill(task_type: str) -> None:
    if task_type not in TASK_TYPES:
        raise Invalid(
            f"There is no work of type {task_type}; known: {', '.join(TASK_TYPES)}.",
            field="skills",
        )
