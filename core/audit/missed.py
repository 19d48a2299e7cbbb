"""Entries that the sequencer has passed by, and taking them up.

There must be none: what is behind the cursor has its index. A restored database whose transaction
ids began anew, or a mistake in the order of reading, would leave some behind for ever, and in
silence: the log keeps growing and its proofs hold. So it is looked for.
"""

import logging
from itertools import groupby
from uuid import UUID

from django.db import connection, transaction

from core.audit.sequencer import BATCH, Pending, append
from core.audit.tree import latest_checkpoint
from core.tenancy.provider import provider
from core.tenancy.scope import scope

log = logging.getLogger(__name__)

_BEHIND_THE_CURSOR = """
select tenant_id, count(*) from audit_auditpending
where (xid, id) <= (select xid, pending_id from audit_sequencercursor)
group by tenant_id order by tenant_id
"""

_PASSED_BY = """
select tenant_id, entry_id, leaf_hash, xid::text as number, id from audit_auditpending waiting
where tenant_id = %s
  and (xid, id) <= (select xid, pending_id from audit_sequencercursor)
  and not exists (select from audit_auditleaf leaf
                  where leaf.tenant_id = waiting.tenant_id and leaf.entry_id = waiting.entry_id)
order by xid, id
"""


def missed() -> list[Pending]:
    """Give the entries of all logs that lie behind the cursor and have no index."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND_THE_CURSOR)
        behind = cursor.fetchall()
    return [row for tenant, count in behind if count > _size(tenant) for row in _passed_by(tenant)]


def watch() -> list[Pending]:
    """Write an error into the program's own log for each log that lacks entries."""
    found = missed()
    for tenant, rows in groupby(found, key=lambda row: row.tenant):
        log.error(
            "%d entries of the log of %s have no index and would never get one; "
            "take them up with `manage.py sequencer --missed`",
            len(list(rows)),
            tenant,
        )
    return found


def take_up() -> int:
    """Append to each log the entries that it lacks, at its end; give how many there were."""
    found = missed()
    home = provider().id
    for tenant, rows in groupby(found, key=lambda row: row.tenant):
        late = list(rows)
        for first in range(0, len(late), BATCH):
            append(tenant, late[first : first + BATCH], home, late=True)
    return len(found)


def _size(tenant: UUID) -> int:
    with scope(tenant):
        last = latest_checkpoint()
    return last.size if last else 0


def _passed_by(tenant: UUID) -> list[Pending]:
    with transaction.atomic(), scope(tenant), connection.cursor() as cursor:
        cursor.execute(_PASSED_BY, [tenant])
        return [Pending.of(row) for row in cursor.fetchall()]
