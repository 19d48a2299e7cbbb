"""Whether the log stands still, and what holds it back.

An entry gets its index once every transaction that began before it has ended, anywhere in the
cluster. One long transaction therefore stops every log; the writer of a backup script has no idea.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from core.audit.sequencer import waiting_since
from core.clock import now

log = logging.getLogger(__name__)

# The horizon is the oldest transaction id that still runs. Its holder has that id locked, which
# pg_locks shows to every role; of the session, pg_stat_activity shows only who and from where.
_HOLDER = """
with horizon as (select pg_snapshot_xmin(pg_current_snapshot()) as xid)
select held.pid, coalesce(activity.application_name, ''), coalesce(activity.usename, ''),
       coalesce(activity.datname, ''), prepared.gid
from horizon
join pg_locks held on held.locktype = 'transactionid' and held.granted
  and held.transactionid = horizon.xid::xid
left join pg_stat_activity activity on activity.pid = held.pid
left join pg_prepared_xacts prepared on prepared.transaction = horizon.xid::xid
limit 1
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """The oldest transaction that still runs. pid is None for one that was prepared and left."""

    pid: int | None
    application: str
    role: str
    database: str
    prepared: str | None

    def __str__(self) -> str:
        if self.pid is None:
            return f"the prepared transaction {self.prepared!r}"
        by = f"{self.application!r}, " if self.application else ""
        return (
            f"a transaction of process {self.pid} ({by}role {self.role}, database {self.database})"
        )


@dataclass(frozen=True, slots=True)
class Stall:
    """Entries without an index since `since`. holder: what holds them back, None if nothing does:
    then no sequencer is at work.
    """

    since: datetime
    age: timedelta
    holder: Holder | None

    def __str__(self) -> str:
        waited = f"entries wait since {self.since:%Y-%m-%d %H:%M:%S} UTC"
        waited += f" ({self.age.total_seconds():.0f} s)"
        if self.holder is None:
            return f"{waited}: no sequencer takes them; start one with `manage.py sequencer`"
        return f"{waited}: {self.holder} is still open and holds every log back; end it"


def stall() -> Stall | None:
    """Say whether entries have waited for longer than settings.LOG_STALL_SECONDS, and for what."""
    since = waiting_since()
    if since is None or now() - since < timedelta(seconds=settings.LOG_STALL_SECONDS):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER)
        row = cursor.fetchone()
    return Stall(since, now() - since, Holder(*row) if row else None)


def watch() -> Stall | None:
    """Write an error into the program's own log while the log stands still."""
    found = stall()
    if found is not None:
        log.error("the transparency log stands still: %s", found)
    return found
