"""Events: how news travels upward. A handler subscribes by topic and runs as a job of its own."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from core.outbox.jobs import enqueueing
from core.outbox.kinds import Handler, job
from core.outbox.models import Event
from core.tenancy.statements import Statement, run_together

_WRITE = """
insert into outbox_event (id, tenant_id, topic, data, created_at)
values (%(id)s, %(tenant)s, %(topic)s, %(data)s, %(at)s)
"""
_subscribers: dict[str, list[str]] = {}


def on(
    topic: str, *, job_name: str, max_attempts: int = 5, timeout: int = 600
) -> Callable[[Handler], Handler]:
    """Subscribe `handler(ctx, **data)` to a topic, as the job `job_name`."""

    def register(handler: Handler) -> Handler:
        job(job_name, max_attempts=max_attempts, timeout=timeout)(handler)
        _subscribers.setdefault(topic, []).append(job_name)
        return handler

    return register


def unheard(topic: str) -> str:
    """Give back the topic of an event that a statement writes by itself.

    Such a statement writes no jobs, so nobody may have subscribed: raises RuntimeError.
    """
    if _subscribers.get(topic):
        raise RuntimeError(f"somebody subscribed to {topic}: write it with emit()")
    return topic


def emit(topic: str, *, tenant: UUID | None, data: dict[str, Any], priority: int = 5) -> Event:
    """Write an event, and a job for each handler, in the caller's transaction.

    data: ids and numbers only; handlers get them as keyword arguments.
    """
    event, statements = emitting(topic, tenant=tenant, data=data, priority=priority)
    run_together(statements)
    return event


def emitting(
    topic: str, *, tenant: UUID | None, data: dict[str, Any], priority: int = 5
) -> tuple[Event, list[Statement]]:
    """Give the statements by which `emit` writes, for writes that leave in one trip."""
    event = Event(tenant_id=tenant, topic=topic, data=data)
    values = {
        "id": event.id,
        "tenant": tenant,
        "topic": topic,
        "data": Jsonb(data),
        "at": event.created_at,
    }
    jobs = [
        enqueueing(name, tenant=tenant, args=data, priority=priority)[1]
        for name in _subscribers.get(topic, [])
    ]
    return event, [(_WRITE, values), *jobs]
