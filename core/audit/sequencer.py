"""Gives committed entries their indices and signs a checkpoint after each batch.

Writers insert without waiting for each other, so the order of their rows' ids is not the order of
their commits. A row is final once its transaction is below the snapshot horizon: everything with
`xid < pg_snapshot_xmin` has ended, so no row can appear there any more. Taking the rows below it in
(xid, id) order therefore skips no committed entry and never takes one twice.

The horizon is that of the whole cluster: one long transaction anywhere holds every log back, which
the role's transaction_timeout of 30 s bounds. A database restored into another cluster starts its
transaction ids anew: write its cursor afresh before the first sequencer runs there.

It can be killed at any point. Each tenant's leaves, nodes and checkpoint are one transaction; the
checkpoint says which pending row was its last, so a batch that is read again is taken up behind it.
Polling, not NOTIFY: a NOTIFY in each writer's transaction would make their commits queue.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction

from core.access.actors import Actor
from core.audit import notes
from core.audit.log import record
from core.audit.merkle import Run
from core.audit.models import AuditEntry, AuditLeaf, AuditNode, Checkpoint
from core.audit.tree import frontier, latest_checkpoint, log_signer, origin_of
from core.tenancy.provider import provider
from core.tenancy.scope import scope

log = logging.getLogger(__name__)

#: Entries a round; a round of this size takes about a second.
BATCH = 5_000
SMALLEST_BATCH = 20
POLL_SECONDS = 0.2
#: Advisory lock: only one sequencer appends at a time. The number means nothing.
LOCK = 0x637573746F73

# The name of the text must not be that of the column: `order by xid` would mean the text, in which
# transaction 10,000 comes before 9,999, and the cursor would pass rows that were never read.
_FINAL_ROWS = """
select tenant_id, entry_id, leaf_hash, xid::text as number, id from audit_auditpending
where xid < pg_snapshot_xmin(pg_current_snapshot())
  and (xid, id) > (coalesce((select xid from audit_sequencercursor), '0'::xid8),
                   coalesce((select pending_id from audit_sequencercursor), 0))
order by xid, id limit %s
"""

_OLDEST_WAITING = """
select tenant_id, entry_id from audit_auditpending
where (xid, id) > (coalesce((select xid from audit_sequencercursor), '0'::xid8),
                   coalesce((select pending_id from audit_sequencercursor), 0))
order by xid, id limit 1
"""

_ADVANCE = """
insert into audit_sequencercursor as held (id, xid, pending_id) values (1, %s::xid8, %s)
on conflict (id) do update set xid = excluded.xid, pending_id = excluded.pending_id
where (held.xid, held.pending_id) < (excluded.xid, excluded.pending_id)
"""


def waiting_since() -> datetime | None:
    """Give the time of the oldest entry without an index; None when all have theirs.

    An old one means that no sequencer runs, or that a long transaction holds the horizon back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_WAITING)
        row = cursor.fetchone()
    if row is None:
        return None
    tenant, entry = row
    with scope(tenant):
        return AuditEntry.objects.values_list("time", flat=True).get(id=entry)


@dataclass(frozen=True, slots=True)
class Pending:
    """A final row that waits for its index."""

    tenant: UUID
    entry: UUID
    leaf: bytes
    xid: int
    id: int

    @classmethod
    def of(cls, row: tuple[UUID, UUID, bytes, str, int]) -> "Pending":
        tenant, entry, leaf, number, pending_id = row
        return cls(tenant, entry, bytes(leaf), int(number), pending_id)

    @property
    def place(self) -> tuple[int, int]:
        return self.xid, self.id


def sequence_once(limit: int = BATCH) -> int:
    """Sequence up to `limit` entries that are final by now; give how many were read.

    Call it outside any transaction. Safe beside another sequencer.
    """
    rows = _read(limit)
    if rows:
        home = provider().id
        by_tenant = sorted(rows, key=lambda row: (str(row.tenant), row.place))
        for tenant, pending in groupby(by_tenant, key=lambda row: row.tenant):
            append(tenant, list(pending), home)
        _advance(rows[-1])
    return len(rows)


def run(stop: threading.Event) -> None:
    """Sequence until `stop` is set; wait out a database that is away.

    A batch that the role's transaction_timeout ended would end the same way again, on a machine
    that is too busy for it: the next ones are smaller, and grow again as they succeed.
    """
    limit = BATCH
    while not stop.is_set():
        try:
            busy = sequence_once(limit) == limit
            limit = min(2 * limit, BATCH)
        except (OperationalError, InterfaceError, InternalError) as error:
            log.warning("sequencer waits for the database: %s", error)
            connection.close()
            busy, limit = False, max(limit // 4, SMALLEST_BATCH)
        if not busy:
            stop.wait(POLL_SECONDS)


def _read(limit: int) -> list[Pending]:
    # One statement, one snapshot: the horizon and the rows below it belong together.
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_FINAL_ROWS, [limit])
        return [Pending.of(row) for row in cursor.fetchall()]


def _advance(last: Pending) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADVANCE, [str(last.xid), last.id])


def append(tenant: UUID, rows: list[Pending], home: UUID, *, late: bool = False) -> None:
    """Append one tenant's rows to its tree and sign, in one transaction.

    late: the rows lie behind the last checkpoint's and have no index; its place stays as it is.
    """
    with transaction.atomic(durable=True), scope(tenant):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        last = latest_checkpoint()
        taken = (last.xid, last.pending_id) if last else (0, 0)
        fresh = _without_index(rows) if late else [row for row in rows if row.place > taken]
        if not fresh:
            return
        reached = max(taken, fresh[-1].place)
        tree = frontier(last.size if last else 0)
        _store(tenant, fresh, tree.extend([row.leaf for row in fresh]))
        head = notes.Checkpoint(origin_of(tenant), tree.size, tree.root())
        checkpoint = Checkpoint.objects.create(
            tenant_id=tenant,
            size=head.size,
            root=head.root,
            note=notes.sign_checkpoint(head, log_signer()),
            xid=reached[0],
            pending_id=reached[1],
        )
        if tenant != home:
            _tell_provider(home, checkpoint)


def _without_index(rows: list[Pending]) -> list[Pending]:
    held = AuditLeaf.objects.filter(entry_id__in=[row.entry for row in rows])
    taken = set(held.values_list("entry_id", flat=True))
    return [row for row in rows if row.entry not in taken]


def _store(tenant: UUID, rows: list[Pending], runs: list[Run]) -> None:
    leaves, *inner = runs
    AuditLeaf.objects.bulk_create(
        AuditLeaf(tenant_id=tenant, index=leaves.first + offset, entry_id=row.entry, hash=row.leaf)
        for offset, row in enumerate(rows)
    )
    AuditNode.objects.bulk_create(
        AuditNode(tenant_id=tenant, level=found.level, position=found.first + offset, hash=digest)
        for found in inner
        for offset, digest in enumerate(found.hashes)
    )


def _tell_provider(home: UUID, checkpoint: Checkpoint) -> None:
    """Keep a tenant's checkpoint in the provider's log, which is a witness of its own kind."""
    with scope(home):
        record(
            action="log.checkpoint.sign",
            actor=Actor.system("sequencer"),
            tenant=home,
            subject=("log", checkpoint.tenant_id),
            details={"size": checkpoint.size, "note": checkpoint.note},
        )
