"""Taking a list of people over: read and compared first, written when somebody says so."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from core.access.actors import Actor
from core.access.models import Membership
from core.access.permissions import Role
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, CustosError, NotFound
from core.tenancy.scope import scope
from workforce.people.hours import Hours, write_hours
from workforce.people.models import Qualification, RosterImport, Skill, Worker
from workforce.people.roster import Paper, Row, decode, read_roster
from workforce.people.services import LEVELS, checked_value
from workforce.people.standing import publish


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and what taking it over would do: new, change, same, uninvited or error."""

    row: Row
    state: str
    #: In words, what would change.
    changes: tuple[str, ...] = ()
    user_id: UUID | None = None


def preview_roster(
    *, actor: Actor, vendor: UUID, content: bytes
) -> tuple[RosterImport, list[Planned]]:
    """Keep a list and say what taking it over would do. Raises Invalid for one that can't be read.

    No worker is touched.
    """
    text = decode(content)
    rows = read_roster(text)
    with scope(vendor):
        kept: RosterImport = RosterImport.objects.create(
            tenant_id=vendor, content=text, sha256=hashlib.sha256(content).hexdigest()
        )
        planned = _plan(vendor, rows)
        record(
            action="roster.read",
            actor=actor,
            tenant=vendor,
            subject=("roster", kept.id),
            details={"sha256": kept.sha256, **Counter(p.state for p in planned)},
        )
    return kept, planned


def read_preview(*, vendor: UUID, roster_id: UUID) -> tuple[RosterImport, list[Planned]]:
    """Compare a kept list with the people as they are now. Raises NotFound."""
    with scope(vendor):
        kept: RosterImport | None = RosterImport.objects.filter(id=roster_id).first()
        if kept is None:
            raise NotFound
        rows = read_roster(kept.content) if kept.applied_at is None else []
        return kept, _plan(vendor, rows)


def apply_roster(*, actor: Actor, vendor: UUID, roster_id: UUID) -> RosterImport:
    """Take a list over as a whole; again changes nothing.

    Raises NotFound, and Conflict while a row has an error: all or nothing.
    """
    with scope(vendor):
        kept: RosterImport | None = (
            RosterImport.objects.select_for_update().filter(id=roster_id).first()
        )
        if kept is None:
            raise NotFound
        if kept.applied_at is not None:
            return kept
        planned = _plan(vendor, read_roster(kept.content))
        wrong = [p.row.line for p in planned if p.state == "error"]
        if wrong:
            raise Conflict(
                f"Nothing was taken over: lines {', '.join(map(str, wrong[:10]))} have errors. "
                "Mend them and choose the file again."
            )
        for item in planned:
            if item.state in {"new", "change"}:
                _write(actor, vendor, item)
        # The addresses of people who are not here yet must not stay behind.
        kept.content, kept.applied_at = "", now()
        kept.outcome = dict(Counter(p.state for p in planned))
        kept.save(update_fields=["content", "applied_at", "outcome"])
        record(
            action="roster.applied",
            actor=actor,
            tenant=vendor,
            subject=("roster", kept.id),
            details=kept.outcome,
        )
    return kept


def _plan(vendor: UUID, rows: list[Row]) -> list[Planned]:
    roles = [Role.ANNOTATOR.value, Role.REVIEWER.value]
    members = dict(
        Membership.objects.filter(
            organization_id=vendor, role__in=roles, user__email__in=[row.email for row in rows]
        ).values_list("user__email", "user_id")
    )
    workers = {
        worker.user_id: worker
        for worker in Worker.objects.filter(user_id__in=members.values()).prefetch_related(
            "skills", "qualifications", "shifts"
        )
    }
    return [_planned(vendor, row, members.get(row.email), workers) for row in rows]


def _planned(vendor: UUID, row: Row, user_id: UUID | None, workers: dict[UUID, Worker]) -> Planned:
    worker = workers.get(user_id) if user_id else None
    errors = [*row.errors]
    papers = []
    for paper in row.papers:
        try:
            papers.append((paper, checked_value(vendor, paper.kind, paper.value)))
        except CustosError as error:
            errors.append(error.message)
    levels = {skill.task_type: skill.level for skill in worker.skills.all()} if worker else {}
    for name, level in row.skills.items():
        earned = levels.get(name, LEVELS.start)
        if level is not None and level > earned:
            errors.append(f"{name}:{level} is not earned; this person's level is {earned}.")
    if errors:
        row.errors = errors
        return Planned(row, "error", user_id=user_id)
    if user_id is None:
        return Planned(row, "uninvited")
    if worker is None:
        return Planned(row, "new", tuple(row.skills), user_id)
    changes = tuple(_differences(worker, row, papers))
    return Planned(row, "change" if changes else "same", changes, user_id)


def _differences(worker: Worker, row: Row, papers: list[tuple[Paper, str]]) -> list[str]:
    known = {skill.task_type: skill.level for skill in worker.skills.all()}
    changes = [
        f"skill {name}"
        for name, level in row.skills.items()
        if name not in known or (level is not None and level != known[name])
    ]
    held = {(q.kind, q.value): (q.starts_at, q.expires_at) for q in worker.qualifications.all()}
    for paper, value in papers:
        if held.get((paper.kind, value)) != (paper.starts_at, paper.expires_at):
            changes.append(f"{paper.kind} {paper.value}")
    for name in ("time_zone", "tasks_at_once"):
        wanted = getattr(row, name)
        if wanted is not None and wanted != getattr(worker, name):
            changes.append(name.replace("_", " "))
    if row.minutes_per_day is not None and row.minutes_per_day != (worker.minutes_per_day or 0):
        changes.append("hours per day")
    if row.shifts is not None and set(row.shifts) != {
        Hours(s.weekday, s.start, s.minutes) for s in worker.shifts.all()
    }:
        changes.append("shifts")
    return changes


def _write(actor: Actor, vendor: UUID, item: Planned) -> None:
    row = item.row
    worker: Worker
    worker, _ = Worker.objects.get_or_create(tenant_id=vendor, user_id=item.user_id)
    worker.time_zone = row.time_zone or worker.time_zone
    worker.tasks_at_once = row.tasks_at_once or worker.tasks_at_once
    if row.minutes_per_day is not None:
        worker.minutes_per_day = row.minutes_per_day or None
    worker.save()
    for name, level in row.skills.items():
        Skill.objects.update_or_create(
            tenant_id=vendor,
            worker=worker,
            task_type=name,
            defaults={} if level is None else {"level": level},
        )
    for paper in row.papers:
        Qualification.objects.update_or_create(
            tenant_id=vendor,
            worker=worker,
            kind=paper.kind,
            value=checked_value(vendor, paper.kind, paper.value),
            defaults={"starts_at": paper.starts_at, "expires_at": paper.expires_at},
        )
    if row.shifts is not None:
        write_hours(worker, row.shifts, None)
    publish(worker)
    record(
        action="worker.imported",
        actor=actor,
        tenant=vendor,
        subject=("worker", worker.id),
        details={"changes": list(item.changes), "state": item.state},
    )
