"""Jobs: registered by name, enqueued in the caller's transaction, run once in effect.

The sweeper wakes workers for jobs that are due, and takes back what has lost its heartbeat. A claim
raises the job's token, so of two workers with the same job only the last claimant can finish it.
"""

import logging
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connection, models, transaction
from psycopg.types.json import Jsonb

from core.clock import now
from core.outbox.claims import claim, claim_next
from core.outbox.kinds import (
    Handler,
    JobContext,
    JobKind,
    JobLost,
    JobTimedOut,
    PermanentFailure,
    job,
    kind_of,
)
from core.outbox.models import LOWEST_PRIORITY, Job, turn
from core.outbox.traces import told, trace
from core.outbox.waking import hint
from core.outbox.watching import watched
from core.tenancy.statements import Statement, run_prepared

__all__ = [
    "Handler",
    "JobContext",
    "JobLost",
    "JobTimedOut",
    "PermanentFailure",
    "claim",
    "drop",
    "enqueue",
    "hint",
    "job",
    "retry",
    "run",
    "run_next",
]

log = logging.getLogger(__name__)

_WRITE = """
insert into outbox_job (id, tenant_id, kind, args, priority, state, attempts, token, run_after,
  turn_at, error, created_at)
values (%(id)s, %(tenant)s, %(kind)s, %(args)s, %(priority)s, 'open', 0, 0, %(due)s, %(turn)s, '',
  %(at)s)
"""


def enqueue(
    name: str,
    *,
    tenant: UUID | None,
    args: dict[str, Any] | None = None,
    priority: int = 5,
    delay: timedelta = timedelta(),
) -> Job:
    """Write a job in the caller's transaction; a worker is woken after the commit.

    args: ids and numbers only, never content. priority: 0 first, 9 last, among the tenant's own.
    """
    row, statement = enqueueing(name, tenant=tenant, args=args, priority=priority, delay=delay)
    run_prepared(*statement)
    return row


def enqueueing(
    name: str,
    *,
    tenant: UUID | None,
    args: dict[str, Any] | None = None,
    priority: int = 5,
    delay: timedelta = timedelta(),
) -> tuple[Job, Statement]:
    """Give the statement by which `enqueue` writes, for writes that leave in one trip."""
    if kind_of(name) is None:
        raise ValueError(f"No job is called {name}.")
    if not 0 <= priority <= LOWEST_PRIORITY:
        raise ValueError(f"{priority} is no priority: 0 is first, {LOWEST_PRIORITY} last.")
    due = now() + delay
    row = Job(tenant_id=tenant, kind=name, args=args or {}, priority=priority, run_after=due)
    row.turn_at = turn(due, priority)
    values = {
        "id": row.id,
        "tenant": tenant,
        "kind": name,
        "args": Jsonb(row.args),
        "priority": priority,
        "due": due,
        "turn": row.turn_at,
        "at": row.created_at,
    }
    if not delay:
        transaction.on_commit(hint, robust=True)
    return row, (_WRITE, values)


def run_next() -> bool:
    """Claim and run the job whose turn it is. True when one was run to its end by this call."""
    claimed = claim_next()
    return claimed is not None and _run(*claimed, beat=True)


def run(job_id: UUID, *, beat: bool = True) -> bool:
    """Claim and run one job. True when it was run to its end by this call."""
    claimed = claim(job_id)
    return claimed is not None and _run(*claimed, beat=beat)


def _run(row: Job, context: JobContext, *, beat: bool) -> bool:
    kind = kind_of(row.kind)
    try:
        if kind is None:
            raise PermanentFailure(f"This program knows no job called {row.kind}.")
        if beat:
            with watched(context, kind, _fail):
                kind.handler(context, **row.args)
        else:
            kind.handler(context, **row.args)
    except JobLost:
        return False
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is kept on its row
        if not connection.in_atomic_block:  # a caller's transaction is not ours to close
            close_old_connections()
        _fail(context, error, kind)
        return False
    return _finish(context)


def _held(context: JobContext) -> models.QuerySet[Job]:
    return Job.objects.filter(id=context.id, token=context.token, state=Job.State.RUNNING)


def _finish(context: JobContext) -> bool:
    done = _held(context).update(state=Job.State.DONE, finished_at=now(), error="")
    mine = Job.objects.filter(id=context.id, token=context.token, state=Job.State.DONE)
    return bool(done) or mine.exists()  # done already, where the handler committed it


def _fail(context: JobContext, error: Exception, kind: JobKind | None) -> None:
    """Plan another attempt with exponential backoff and jitter, or bury the job."""
    dead = (
        kind is None or isinstance(error, PermanentFailure) or context.attempt >= kind.max_attempts
    )
    if dead:
        log.error("job %s is dead after %d attempts: %s", context.id, context.attempt, told(error))
        _held(context).update(state=Job.State.DEAD, error=trace(error), finished_at=now())
        return
    delay = backoff(context.attempt)
    log.warning(
        "job %s failed, again in %.0f s: %s", context.id, delay.total_seconds(), told(error)
    )
    for priority in _held(context).values_list("priority", flat=True):
        again = now() + delay
        _held(context).update(
            state=Job.State.OPEN,
            error=trace(error),
            run_after=again,
            turn_at=turn(again, priority),
        )


def backoff(attempt: int) -> timedelta:
    """Give the wait after that attempt: 2, 4, 8 ... 300 s, each with half of it as jitter."""
    return timedelta(seconds=min(300.0, 2.0**attempt) * random.uniform(0.5, 1.5))  # noqa: S311


def retry(*, job_id: UUID) -> bool:
    """Open a dead job again, with all its attempts. True when it was dead."""
    with transaction.atomic():
        dead = Job.objects.select_for_update().filter(id=job_id, state=Job.State.DEAD)
        for row in dead:
            row.state, row.attempts = Job.State.OPEN, 0
            row.run_after, row.finished_at = now(), None
            row.turn_at = turn(row.run_after, row.priority)
            row.save(update_fields=["state", "attempts", "run_after", "finished_at", "turn_at"])
            return True
    return False


def drop(*, job_id: UUID) -> bool:
    """Give a dead job up for good; its error stays. True when it was dead."""
    dead = Job.objects.filter(id=job_id, state=Job.State.DEAD)
    return bool(dead.update(state=Job.State.DROPPED, finished_at=now()))
