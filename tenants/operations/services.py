"""What the operator does about jobs: look, run again, drop. Each act is in the provider's log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.models import Count

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid, NotFound
from core.outbox import jobs
from core.outbox.models import Job
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.tenancy.statements import run_prepared

MAX_REASON: Final = 300
#: Jobs that one act opens again: more are another act, so that a transaction stays short.
RETRY_AT_ONCE: Final = 500
#: Of what is done there are many more than a page counts.
COUNTED: Final = 10_000
_COUNTS = """
select state,
  (select count(*) from (
    select from outbox_job j where j.state = s.state {limit}) counted),
  (select created_at from outbox_job j where j.state = s.state order by created_at limit 1)
from unnest(%(states)s::text[]) with ordinality s(state, place) order by place"""


@dataclass(frozen=True, slots=True)
class StateCount:
    """Jobs in a state: how many, and since when the oldest is there."""

    state: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which jobs to show; an empty one shows all."""

    state: str = ""
    kind: str = ""
    tenant: str = ""

    def rows(self) -> models.QuerySet[Job]:
        """Give the jobs, the newest first. Raises Invalid for an unknown state or organization."""
        where: dict[str, Any] = {}
        if self.state:
            if self.state not in Job.State.values:
                states = ", ".join(Job.State.values)
                raise Invalid(f"{self.state} is no state. There are: {states}.", field="state")
            where["state"] = self.state
        if self.kind:
            where["kind"] = self.kind
        if self.tenant:
            where["tenant_id"] = _tenant(self.tenant)
        return Job.objects.filter(**where).order_by("-created_at", "-id")


def _tenant(slug: str) -> UUID:
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise Invalid(f"There is no organization {slug}.", field="tenant")
    return organization.id


def counts(most: int | None = None) -> list[StateCount]:
    """Count the jobs of each state, with the time of the oldest; up to one more than `most`."""
    limit = "" if most is None else f"limit {most + 1}"
    rows = run_prepared(_COUNTS.format(limit=limit), {"states": Job.State.values})
    return [StateCount(state, count, oldest) for state, count, oldest in rows]


def dead_kinds() -> list[dict[str, Any]]:
    """Give each kind with dead jobs, and how many."""
    dead: Any = Job.objects.filter(state=Job.State.DEAD).values("kind")
    return list(dead.annotate(count=Count("id")).order_by("-count", "kind"))


def owners(rows: list[Job]) -> dict[UUID, Organization]:
    """Give the organizations that the jobs belong to, by their ids."""
    return Organization.objects.in_bulk({row.tenant_id for row in rows if row.tenant_id})


def get_job(job_id: UUID) -> Job:
    """Find a job. Raises NotFound."""
    row = Job.objects.filter(id=job_id).first()
    if row is None:
        raise NotFound
    return row


def retry_job(*, actor: Actor, job_id: UUID) -> Job:
    """Open a dead job again, with all its attempts. Raises NotFound, Conflict if it isn't dead."""
    row = get_job(job_id)
    with scope(provider().id):
        if not jobs.retry(job_id=job_id):
            raise Conflict(f"This job is not dead but {row.state}: there is nothing to run again.")
        _record("job.retried", actor, row, {"attempts": row.attempts})
    return get_job(job_id)


def retry_kind(*, actor: Actor, kind: str) -> int:
    """Open the dead jobs of a kind again, the oldest first; give how many. Raises NotFound."""
    dead = Job.objects.filter(state=Job.State.DEAD, kind=kind).order_by("finished_at")
    with scope(provider().id):
        opened = [row for row in dead[:RETRY_AT_ONCE] if jobs.retry(job_id=row.id)]
        if not opened:
            raise NotFound(f"No job of the kind {kind} is dead.")
        for row in opened:
            _record("job.retried", actor, row, {"attempts": row.attempts})
    return len(opened)


def drop_job(*, actor: Actor, job_id: UUID, reason: str) -> Job:
    """Give a dead job up for good. Raises NotFound, Invalid without a reason, Conflict."""
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise Invalid(
            f"Say in up to {MAX_REASON} characters why this work is not to be done.", field="reason"
        )
    row = get_job(job_id)
    with scope(provider().id):
        if not jobs.drop(job_id=job_id):
            raise Conflict(f"This job is not dead but {row.state}: only a dead one is dropped.")
        _record("job.dropped", actor, row, {"attempts": row.attempts}, reason=reason)
    return get_job(job_id)


def _record(action: str, actor: Actor, row: Job, details: dict[str, Any], reason: str = "") -> None:
    """The reason is free text, which may name people: it is kept where it can be erased."""
    record(
        action=action,
        actor=actor,
        tenant=provider().id,
        subject=("job", row.id),
        details={"kind": row.kind, "tenant": str(row.tenant_id or ""), **details},
        personal={"reason": reason} if reason else None,
    )
