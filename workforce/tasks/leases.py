"""Leases: heartbeat, fencing, giving back, running out.

Taking a lease is in workforce.routing, which knows who is eligible.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import LeaseLost
from core.outbox.periodic import every
from core.tenancy.scope import scope
from workforce.tasks.models import QueueEntry

LEASE = timedelta(minutes=15)

LOST = (
    "This task is no longer yours: the lease ran out or went to someone else. "
    "What you sent is kept as a draft."
)


def require_lease(
    task_id: UUID, token: int, person: UUID, *, work: str | None = None, lock: bool = False
) -> QueueEntry:
    """Give the person's live lease on a task. Raises LeaseLost.

    With `lock` the entry stays locked to the end of the caller's transaction, so that it can't be
    lost between this check and the save that relies on it.
    """
    rows = QueueEntry.objects.select_for_update() if lock else QueueEntry.objects
    entry = rows.filter(
        task_id=task_id,
        token=token,
        lessee=person,
        state=QueueEntry.State.LEASED,
        lease_until__gt=now(),
        **({"work": work} if work else {}),
    ).first()
    if entry is None:
        raise LeaseLost(LOST)
    return entry


def heartbeat(*, task_id: UUID, token: int, person: UUID) -> datetime:
    """Extend a lease; give the new instant of its end. Raises LeaseLost."""
    with transaction.atomic():
        entry = require_lease(task_id, token, person, lock=True)
        entry.lease_until = now() + LEASE
        entry.save(update_fields=["lease_until"])
    return entry.lease_until


def release(*, actor: Actor, task_id: UUID, token: int) -> None:
    """Give a task back unfinished; its saved tracks stay with it. Raises LeaseLost."""
    assert actor.id is not None
    with transaction.atomic():
        entry = require_lease(task_id, token, actor.id, lock=True)
        with scope(entry.tenant_id):
            _free(entry)
            record(
                action="lease.released",
                actor=actor,
                tenant=entry.tenant_id,
                subject=("task", entry.task_id),
                details={"token": token, "work": entry.work},
            )


def finish(entry: QueueEntry) -> None:
    """Close a leased entry, in the caller's transaction: its work is handed in."""
    entry.state = QueueEntry.State.DONE
    entry.lease_until = None
    entry.finished_at = now()
    entry.save(update_fields=["state", "lease_until", "finished_at"])


def _free(entry: QueueEntry) -> None:
    entry.state = QueueEntry.State.WAITING
    entry.lessee = None
    entry.lease_until = None
    entry.save(update_fields=["state", "lessee", "lease_until"])


@every(2.0)
def sweep_expired(*, limit: int = 200) -> int:
    """Free leases that ran out; each leaves an entry in its tenant's log. Gives how many."""
    freed = 0
    while freed < limit and _free_one_expired():
        freed += 1
    return freed


def _free_one_expired() -> bool:
    with transaction.atomic():
        entry = (
            QueueEntry.objects.select_for_update(skip_locked=True)
            .filter(state=QueueEntry.State.LEASED, lease_until__lte=now())
            .order_by("lease_until")
            .first()
        )
        if entry is None:
            return False
        with scope(entry.tenant_id):
            record(
                action="lease.expired",
                actor=Actor.system("sweeper"),
                tenant=entry.tenant_id,
                subject=("task", entry.task_id),
                details={"token": entry.token, "work": entry.work, "person": str(entry.lessee)},
            )
            _free(entry)
    return True
