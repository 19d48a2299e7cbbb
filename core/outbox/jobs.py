"""Jobs: registered by name, enqueued in the caller's transaction, run once in effect.

The message that goes to the broker carries the job's id and nothing else; it may get lost. The
sweeper re-sends what is open and due, and takes back what has lost its heartbeat. A claim raises
the job's token, so of two workers with the same job only the last claimant can finish it.
"""

import logging
import random
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import DatabaseError, close_old_connections, connection, models, transaction
from kombu.exceptions import OperationalError

from core.clock import now
from core.errors import CustosError
from core.outbox.models import Job

log = logging.getLogger(__name__)

#: The one Celery task: its message carries a job's id.
TASK = "outbox.run"

Handler = Callable[..., None]

#: A running job whose heartbeat is older than this belongs to a dead worker.
HEARTBEAT_LIMIT = timedelta(seconds=30)
HEARTBEAT_EVERY = 5.0
#: An open job whose message is older than this is sent again.
RESEND_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class JobKind:
    name: str
    handler: Handler
    max_attempts: int
    timeout: int


class JobLost(CustosError):
    """Another worker has claimed this job since: stop working on it."""

    code = "job_lost"


class PermanentFailure(CustosError):
    """The job can't succeed however often it is tried: no more attempts."""

    code = "permanent_failure"


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler knows of its own job."""

    id: UUID
    tenant: UUID | None
    token: int
    attempt: int

    def heartbeat(self) -> None:
        """Say that the work goes on. Raises JobLost when somebody else has the job."""
        alive = Job.objects.filter(id=self.id, token=self.token, state=Job.State.RUNNING)
        if not alive.update(heartbeat_at=now()):
            raise JobLost("This job was claimed by another worker.")


_kinds: dict[str, JobKind] = {}


def job(name: str, *, max_attempts: int = 5, timeout: int = 600) -> Callable[[Handler], Handler]:
    """Register a handler `handler(ctx, **args)`. It must be idempotent; timeout in seconds."""

    def register(handler: Handler) -> Handler:
        if name in _kinds:
            raise ValueError(f"Two jobs are called {name}.")
        _kinds[name] = JobKind(name, handler, max_attempts, timeout)
        return handler

    return register


def enqueue(
    name: str,
    *,
    tenant: UUID | None,
    args: dict[str, Any] | None = None,
    priority: int = 5,
    delay: timedelta = timedelta(),
) -> Job:
    """Write a job in the caller's transaction; its message is sent after the commit.

    args: ids and numbers only, never content. priority: 0 first, 9 last.
    """
    if name not in _kinds:
        raise ValueError(f"No job is called {name}.")
    row = Job.objects.create(
        tenant_id=tenant,
        kind=name,
        args=args or {},
        priority=priority,
        run_after=now() + delay,
        sent_at=None if delay else now(),
    )
    if not delay:
        transaction.on_commit(lambda: send(row.id, priority), robust=True)
    return row


def send(job_id: UUID, priority: int) -> None:
    """Hint a worker at a job. A broker that is down costs time, not jobs."""
    try:
        current_app.send_task(TASK, args=(str(job_id),), priority=priority, retry=False)
    except (OSError, OperationalError) as error:
        log.warning("job %s waits for the sweeper: %s", job_id, type(error).__name__)


def claim(job_id: UUID) -> tuple[Job, JobContext] | None:
    """Take an open, due job. None when it is done, running elsewhere or not due."""
    with transaction.atomic():
        row = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(id=job_id, state=Job.State.OPEN, run_after__lte=now())
            .first()
        )
        if row is None:
            return None
        row.state = Job.State.RUNNING
        row.attempts += 1
        row.token += 1
        row.heartbeat_at = now()
        row.save(update_fields=["state", "attempts", "token", "heartbeat_at"])
    return row, JobContext(row.id, row.tenant_id, row.token, row.attempts)


@contextmanager
def _beating(context: JobContext) -> Iterator[None]:
    """Keep the heartbeat going from a thread: a long child process can't."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(HEARTBEAT_EVERY):
                context.heartbeat()
        except (JobLost, DatabaseError):
            log.warning("job %s lost its heartbeat", context.id)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(job_id: UUID, *, beat: bool = True) -> bool:
    """Claim and run one job. True when it was run to its end by this call."""
    claimed = claim(job_id)
    if claimed is None:
        return False
    row, context = claimed
    kind = _kinds.get(row.kind)
    try:
        if kind is None:
            raise PermanentFailure(f"This program knows no job called {row.kind}.")
        if beat:
            with _beating(context):
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
    return bool(done)


def _fail(context: JobContext, error: Exception, kind: JobKind | None) -> None:
    """Plan another attempt with exponential backoff and jitter, or bury the job."""
    trace = "".join(traceback.format_exception(error))[-4000:]
    dead = (
        kind is None or isinstance(error, PermanentFailure) or context.attempt >= kind.max_attempts
    )
    if dead:
        log.error("job %s is dead after %d attempts: %s", context.id, context.attempt, error)
        _held(context).update(state=Job.State.DEAD, error=trace, finished_at=now())
        return
    delay = min(300.0, 2.0**context.attempt) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
    log.warning("job %s failed, again in %.0f s: %s", context.id, delay, error)
    _held(context).update(
        state=Job.State.OPEN,
        error=trace,
        run_after=now() + timedelta(seconds=delay),
        sent_at=None,
    )


def retry(*, job_id: UUID) -> bool:
    """Open a dead job again, with all its attempts. True when it was dead."""
    opened = Job.objects.filter(id=job_id, state=Job.State.DEAD).update(
        state=Job.State.OPEN, attempts=0, run_after=now(), sent_at=None, finished_at=None
    )
    return bool(opened)
