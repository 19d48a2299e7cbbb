"""What a job is to this program: a name, a handler, and what the handler knows of its own job."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from core.clock import now
from core.errors import CustosError
from core.outbox.models import Job

Handler = Callable[..., None]


class JobLost(CustosError):
    """Another worker has claimed this job since: stop working on it."""

    code = "job_lost"


class JobTimedOut(CustosError):
    """The handler took longer than its kind allows."""

    code = "job_timed_out"


class PermanentFailure(CustosError):
    """The job can't succeed however often it is tried: no more attempts."""

    code = "permanent_failure"


@dataclass(frozen=True, slots=True)
class JobKind:
    name: str
    handler: Handler
    max_attempts: int
    timeout: int


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

    @contextmanager
    def effect(self) -> Iterator[None]:
        """A transaction in which this job is held: nobody else can claim it before the commit.

        For the steps of a handler that leave rows behind. Raises JobLost, before the body runs,
        when somebody else has the job: a worker that was taken for dead commits nothing.
        """
        with transaction.atomic():
            held = Job.objects.select_for_update().filter(
                id=self.id, token=self.token, state=Job.State.RUNNING
            )
            if not held.exists():
                raise JobLost("This job was claimed by another worker.")
            yield

    @contextmanager
    def commit(self) -> Iterator[None]:
        """The last step: the handler's rows and the end of the job are one transaction.

        Either both are there or neither is, so the rows are written exactly once, whatever
        dies. Outside effects (a store, a gateway) stay the handler's own to make repeatable.
        """
        with self.effect():
            yield
            Job.objects.filter(id=self.id).update(state=Job.State.DONE, finished_at=now(), error="")


_kinds: dict[str, JobKind] = {}


def job(name: str, *, max_attempts: int = 5, timeout: int = 600) -> Callable[[Handler], Handler]:
    """Register a handler `handler(ctx, **args)`. It must be idempotent; timeout in seconds."""

    def register(handler: Handler) -> Handler:
        if name in _kinds:
            raise ValueError(f"Two jobs are called {name}.")
        _kinds[name] = JobKind(name, handler, max_attempts, timeout)
        return handler

    return register


def kind_of(name: str) -> JobKind | None:
    """Give the kind of that name, if this program knows it."""
    return _kinds.get(name)
