"""Writes of this room: who works for a vendor, with which skills, papers and capacity."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db.models import Q

from core.access.actors import Actor
from core.access.models import Engagement, Membership
from core.access.permissions import Role
from core.audit.log import record
from core.clock import now
from core.errors import Invalid, NotFound
from core.tenancy.names import names_of
from core.tenancy.scope import require_tenant, scope
from workforce.people.models import Qualification, Skill, Worker
from workforce.people.standing import DAY, publish

#: Kinds of work that a task can ask for.
TASK_TYPES = ("boxes", "links")
#: Skill levels: 1 when taken on, the others are earned.
LEVELS = range(1, 6)
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2})?")


def add_worker(*, actor: Actor, vendor: UUID, user_id: UUID, skills: Iterable[str] = ()) -> Worker:
    """Take a member of the vendor on as a worker, with skills.

    Raises NotFound for somebody who is no annotator or reviewer there, Invalid for unknown skills.
    """
    wanted = list(dict.fromkeys(skills))
    for skill in wanted:
        check_skill(skill)
    roles = [Role.ANNOTATOR.value, Role.REVIEWER.value]
    with scope(vendor):
        member = Membership.objects.filter(user_id=user_id, organization_id=vendor, role__in=roles)
        if not member.exists():
            raise NotFound
        worker: Worker
        worker, _ = Worker.objects.get_or_create(tenant_id=vendor, user_id=user_id)
        for skill in wanted:
            Skill.objects.get_or_create(tenant_id=vendor, worker=worker, task_type=skill)
        publish(worker)
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
    level: int | None = None,
) -> Skill:
    """Give a worker a skill, or change when it expires; a level may be lowered here, not raised.

    Raises NotFound, Invalid for an unknown skill or a level that was not earned.
    """
    check_skill(task_type)
    with scope(vendor):
        worker = get_worker(worker_id, lock=True)
        known = Skill.objects.filter(worker=worker, task_type=task_type).first()
        earned = known.level if known else LEVELS.start
        if level is not None and not LEVELS.start <= level <= earned:
            raise Invalid(
                f"Level {level} is not earned: this person's level is {earned}, and a quiz "
                "that is passed raises it.",
                field="level",
            )
        return _write_skill(actor, worker, task_type, level or earned, expires_at)


def earn_level(
    *, actor: Actor, vendor: UUID, person: UUID, task_type: str, level: int
) -> Skill | None:
    """Raise a skill to the level of a quiz that was passed; None for who works there no longer."""
    with scope(vendor):
        worker = Worker.objects.select_for_update().filter(user_id=person).first()
        if worker is None:
            return None
        known = Skill.objects.filter(worker=worker, task_type=task_type).first()
        reached = max(level, known.level) if known else level
        return _write_skill(actor, worker, task_type, reached, known.expires_at if known else None)


def _write_skill(
    actor: Actor, worker: Worker, task_type: str, level: int, expires_at: datetime | None
) -> Skill:
    skill: Skill
    skill, _ = Skill.objects.update_or_create(
        tenant_id=worker.tenant_id,
        worker=worker,
        task_type=task_type,
        defaults={"expires_at": expires_at, "level": level},
    )
    publish(worker)
    record(
        action="worker.skilled",
        actor=actor,
        tenant=worker.tenant_id,
        subject=("worker", worker.id),
        details={
            "skill": task_type,
            "level": level,
            "until": expires_at.isoformat() if expires_at else None,
        },
    )
    return skill


def set_capacity(
    *,
    actor: Actor,
    vendor: UUID,
    worker_id: UUID,
    active: bool | None = None,
    time_zone: str | None = None,
    tasks_at_once: int | None = None,
    minutes_per_day: int | None = None,
) -> Worker:
    """Set whether, where and how much somebody works; None leaves as it is, 0 minutes: no limit.

    Raises NotFound, Invalid.
    """
    check_capacity(time_zone, tasks_at_once, minutes_per_day)
    given: dict[str, Any] = {
        "active": active,
        "time_zone": time_zone,
        "tasks_at_once": tasks_at_once,
        "minutes_per_day": minutes_per_day,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    with scope(vendor):
        worker = get_worker(worker_id, lock=True)
        for name, value in changed.items():
            setattr(worker, name, None if (name, value) == ("minutes_per_day", 0) else value)
        worker.save(update_fields=list(changed))
        publish(worker)
        record(
            action="worker.capacity",
            actor=actor,
            tenant=vendor,
            subject=("worker", worker.id),
            details=changed,
        )
    return worker


def check_capacity(
    time_zone: str | None, tasks_at_once: int | None, minutes_per_day: int | None
) -> None:
    """Raise Invalid for a zone that does not exist or numbers out of range."""
    if time_zone is not None and time_zone not in available_timezones():
        raise Invalid(
            f"{time_zone} is no time zone; write one such as Europe/Brussels.", field="time_zone"
        )
    if tasks_at_once is not None and not 1 <= tasks_at_once <= 100:
        raise Invalid("Tasks at once is a number from 1 to 100.", field="tasks_at_once")
    if minutes_per_day is not None and not 0 <= minutes_per_day <= DAY:
        raise Invalid("Minutes a day is a number from 0 to 1440.", field="minutes_per_day")


def qualify(
    *,
    actor: Actor,
    vendor: UUID,
    worker_id: UUID,
    kind: str,
    value: str,
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> Qualification:
    """Give a worker a certificate, clearance, language, NDA, conflict or client, or its dates.

    value: a code, a language such as "en", or the slug or name of a client that has engaged the
    vendor.
    Raises NotFound, Invalid.
    """
    if starts_at and expires_at and expires_at <= starts_at:
        raise Invalid("It would end before it begins.", field="expires_at")
    with scope(vendor):
        worker = get_worker(worker_id, lock=True)
        stored = checked_value(vendor, kind, value)
        held: Qualification
        held, _ = Qualification.objects.update_or_create(
            tenant_id=vendor,
            worker=worker,
            kind=kind,
            value=stored,
            defaults={"starts_at": starts_at, "expires_at": expires_at},
        )
        publish(worker)
        _note_papers(actor, worker, "worker.qualified", held)
    return held


def checked_value(vendor: UUID, kind: str, value: str) -> str:
    """Give the value as it is stored. Raises Invalid, naming what is possible."""
    if kind not in Qualification.Kind.values:
        raise Invalid(f"Kinds are {', '.join(Qualification.Kind.values)}.", field="kind")
    if kind in Qualification.OF_CLIENTS:
        return str(_client(vendor, value))
    check_code(Qualification.Kind(kind), value)
    return value


def check_code(kind: Qualification.Kind, value: str) -> None:
    """Raise Invalid for what is no language, or no code."""
    form = _LANGUAGE if kind == Qualification.Kind.LANGUAGE else _CODE
    if not form.fullmatch(value):
        what = "a language such as en or pt-br" if form is _LANGUAGE else "a code such as port-area"
        raise Invalid(f"{value!r} is not {what}.", field="value")


def _client(vendor: UUID, called: str) -> UUID:
    """Find a client that has engaged the vendor, by its slug or by what it is called."""
    rows = Engagement.objects.filter(vendor_id=vendor).values_list("client__slug", "client_id")
    by_slug = dict(rows.order_by("client__slug"))
    if called in by_slug:
        return by_slug[called]
    names = names_of(by_slug.values())
    slugs = [s for s, one in by_slug.items() if names[one].casefold() == called.casefold()]
    if not slugs:
        raise Invalid(f"No client called {called} has engaged you.", field="value")
    if len(slugs) > 1:
        raise Invalid(
            f"Several clients are called {called}; write the one you mean as its address has it: "
            f"{', '.join(slugs)}.",
            field="value",
        )
    return by_slug[slugs[0]]


def disqualify(*, actor: Actor, vendor: UUID, worker_id: UUID, qualification_id: UUID) -> None:
    """Take a qualification away. Raises NotFound."""
    with scope(vendor):
        worker = get_worker(worker_id, lock=True)
        held = Qualification.objects.filter(id=qualification_id, worker=worker).first()
        if held is None:
            raise NotFound
        _note_papers(actor, worker, "worker.disqualified", held)
        held.delete()
        publish(worker)


def _note_papers(actor: Actor, worker: Worker, action: str, held: Qualification) -> None:
    record(
        action=action,
        actor=actor,
        tenant=worker.tenant_id,
        subject=("worker", worker.id),
        details={
            "kind": held.kind,
            "value": held.value,
            "until": held.expires_at.isoformat() if held.expires_at else None,
        },
    )


def get_worker(worker_id: UUID, *, lock: bool = False) -> Worker:
    """Find a worker of the vendor whose scope is open. Raises NotFound."""
    rows = Worker.objects.select_for_update() if lock else Worker.objects
    worker: Worker | None = rows.filter(id=worker_id).first()
    if worker is None:
        raise NotFound
    return worker


def live_skills(user_id: UUID) -> list[str]:
    """List the task types that a person may do for the vendor whose scope is open."""
    require_tenant()
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=now())
    rows = Skill.objects.filter(live, worker__user_id=user_id, worker__active=True)
    return list(rows.order_by("task_type").values_list("task_type", flat=True))


def check_skill(task_type: str) -> None:
    """Raise Invalid for a kind of work that there is not."""
    if task_type not in TASK_TYPES:
        raise Invalid(
            f"There is no work of type {task_type}; known: {', '.join(TASK_TYPES)}.",
            field="skills",
        )
