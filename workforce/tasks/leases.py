"""Leases: heartbeat, fencing, giving back, running out.

Taking a lease is in workforce.routing, which knows who is eligible.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import LeaseLost
from core.outbox.periodic import every
from core.tenancy.prepared import Asking, Prepared
from core.tenancy.scope import scope
from core.tenancy.statements import Statement, run_prepared
from workforce.tasks.models import QueueEntry

LEASE = timedelta(minutes=15)
#: Seconds between two sweeps, and leases freed in one transaction.
SWEEP_EVERY = 2.0
BATCH = 200

FREE = {"state": QueueEntry.State.WAITING, "lessee": None, "lease_until": None, "leased_at": None}

LOST = (
    "This task is no longer yours: the lease ran out or went to someone else. "
    "What you sent is kept as a draft."
)


def _live(
    entries: QuerySet[QueueEntry], task: UUID, person: UUID, instant: datetime
) -> QuerySet[QueueEntry]:
    state = QueueEntry.State.LEASED
    return entries.filter(task_id=task, lessee=person, state=state, lease_until__gt=instant)


_KEYS: dict[str, type] = {"task": UUID, "person": UUID, "instant": datetime}
_HELD = Prepared(lambda **keys: _live(QueueEntry.objects.all(), **keys), **_KEYS)
_LOCKED = Prepared(lambda **keys: _live(QueueEntry.objects.select_for_update(), **keys), **_KEYS)


def require_lease(
    task_id: UUID, token: int, person: UUID, *, work: str | Sequence[str] = (), lock: bool = False
) -> QueueEntry:
    """Give the person's live lease on a task. Raises LeaseLost.

    work: a kind of work, or several, if it must be one of these. With `lock` the entry stays locked
    to the end of the caller's transaction, so that it can't be lost between this check and the save
    that relies on it.
    """
    held = (_LOCKED if lock else _HELD)(task=task_id, person=person, instant=now())
    return the_lease(held, token, work=work)


def asking_leases(task_id: UUID, person: UUID) -> Asking[list[QueueEntry]]:
    """Ask for the person's live leases on a task and lock them, to be run together with others."""
    return _LOCKED.asking(task=task_id, person=person, instant=now())


def the_lease(
    held: Sequence[QueueEntry], token: int, *, work: str | Sequence[str] = ()
) -> QueueEntry:
    """Give the one of a person's live leases that `token` is of. Raises LeaseLost."""
    kinds = [work] if isinstance(work, str) else work
    for entry in held:
        if entry.token == token and (not kinds or entry.work in kinds):
            return entry
    raise LeaseLost(LOST)


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


_FINISH = """
update tasks_queueentry set state = 'done', lease_until = null, finished_at = %(at)s
where id = %(id)s
"""


def finish(entry: QueueEntry) -> None:
    """Close a leased entry, in the caller's transaction: its work is handed in."""
    run_prepared(*finishing(entry))


def finishing(entry: QueueEntry) -> Statement:
    """Give the statement by which `finish` writes, for writes that leave in one trip."""
    entry.state, entry.lease_until, entry.finished_at = QueueEntry.State.DONE, None, now()
    return _FINISH, {"id": entry.id, "at": entry.finished_at}


def _free(entry: QueueEntry) -> None:
    for name, value in FREE.items():
        setattr(entry, name, value)
    entry.save(update_fields=list(FREE))


@every(SWEEP_EVERY)
def sweep_expired(*, limit: int = 2000) -> int:
    """Free leases that ran out; each leaves an entry in its tenant's log. Gives how many."""
    freed = 0
    while freed < limit:
        count = _free_some_expired(min(BATCH, limit - freed))
        if not count:
            break
        freed += count
    return freed


def _free_some_expired(limit: int) -> int:
    """Free the leases of one tenant that ran out first, in one transaction."""
    with transaction.atomic():
        expired = QueueEntry.objects.filter(state=QueueEntry.State.LEASED, lease_until__lte=now())
        first = expired.order_by("lease_until").values_list("tenant_id", flat=True).first()
        if first is None:
            return 0
        entries = list(
            expired.filter(tenant_id=first)
            .select_for_update(skip_locked=True)
            .order_by("lease_until")[:limit]
        )
        with scope(first):
            for entry in entries:
                record(
                    action="lease.expired",
                    actor=Actor.system("sweeper"),
                    tenant=first,
                    subject=("task", entry.task_id),
                    details={
                        "token": entry.token,
                        "work": entry.work,
                        "person": str(entry.lessee),
                    },
                )
            QueueEntry.objects.filter(id__in=[entry.id for entry in entries]).update(**FREE)
    return len(entries)


@every(SWEEP_EVERY)
def sweep_reservations() -> int:
    """Open to everybody what a planner reserved and nobody took in time. Gives how many."""
    return QueueEntry.objects.filter(
        state=QueueEntry.State.WAITING, reserved_until__lte=now()
    ).update(reserved_for=None, reserved_until=None)
