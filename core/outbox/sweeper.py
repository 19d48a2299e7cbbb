"""The only redelivery there is: wake workers for due jobs, take back those of dead workers."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

from core.clock import now
from core.outbox.jobs import backoff
from core.outbox.kinds import kind_of
from core.outbox.models import Job, SweeperRound, turn
from core.outbox.waking import hint

log = logging.getLogger(__name__)

_DIED = (
    "Its worker died with it, or did not answer for {seconds:.0f} s: killed, out of memory, or cut "
    "off from the database. Look for the worker's end in the system's log before it runs again."
)


def sweep(*, limit: int = 200) -> int:
    """Do one round; give how many messages were sent.

    Messages all say the same, so the broker needs no more of them than there are due jobs, and
    never more than `limit`, however long the queue is.
    """
    take_back()
    due = Job.objects.filter(state=Job.State.OPEN, run_after__lte=now()).values_list("id")
    wanted = len(due[:limit])
    sent = 0
    if wanted:
        wanted -= waiting_messages() or 0
        while sent < wanted and hint():
            sent += 1
    SweeperRound.objects.update_or_create(id=1, defaults={"at": now()})
    return sent


def waiting_messages() -> int | None:
    """Count the messages that no worker has taken; None when the broker does not answer."""
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=0, timeout=1)
            queue = settings.CELERY_TASK_DEFAULT_QUEUE
            channel: Any = broker.default_channel
            count: int = channel.queue_declare(queue, passive=True).message_count
    except ChannelError:
        return 0  # an empty queue does not exist in this broker
    except (OSError, OperationalError) as error:
        log.warning("the broker does not answer: %s", type(error).__name__)
        return None
    return count


def take_back() -> int:
    """Open again what has lost its heartbeat; bury it after the last attempt of its kind.

    A job whose row is locked is skipped: its handler is committing, so it is alive.
    """
    limit = timedelta(seconds=settings.JOB_HEARTBEAT_LIMIT)
    with transaction.atomic():
        lost = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(state=Job.State.RUNNING, heartbeat_at__lt=now() - limit)
            .order_by("heartbeat_at")[:500]
        )
        for row in lost:
            _take_back(row, silent=limit)
    return len(lost)


def _take_back(row: Job, *, silent: timedelta) -> None:
    kind = kind_of(row.kind)
    row.error = _DIED.format(seconds=silent.total_seconds())
    if kind is not None and row.attempts >= kind.max_attempts:
        log.error("job %s is dead: %d workers died with it", row.id, row.attempts)
        row.state, row.finished_at = Job.State.DEAD, now()
    else:
        row.state = Job.State.OPEN
        # The first worker's end is an accident, so it runs at once; the next may be its doing.
        row.run_after = now() if row.attempts < 2 else now() + backoff(row.attempts)
        row.turn_at = turn(row.run_after, row.priority)
    row.save(update_fields=["state", "error", "run_after", "turn_at", "finished_at"])


def hand_back(*, worker: UUID) -> int:
    """Open again, at once and without an attempt lost, what a worker that stops still holds."""
    with transaction.atomic():
        held = list(
            Job.objects.select_for_update(skip_locked=True).filter(
                state=Job.State.RUNNING, worker=worker
            )
        )
        for row in held:
            row.state, row.attempts = Job.State.OPEN, row.attempts - 1
            row.save(update_fields=["state", "attempts"])
    return len(held)
