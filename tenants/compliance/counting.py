"""Counts of the newest entries that a query selects: one trip to the database for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from core.audit.models import AuditEntry
from core.clock import now
from core.tenancy.scope import scope

#: A log has millions of entries; what is counted are the newest, which takes some 10 ms.
COUNTED = 4_000
#: Widths that a bar of the picture may stand for, and how many bars there are at most.
WIDTHS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 720, 1440, 10_080, 40_320)]
MOST_BARS = 60

_COUNTS = """
with newest(time, action, actor, kind, subject, purpose) as materialized ({newest}),
ends as (select coalesce(%s, min(time)) as first, coalesce(%s, max(time)) as last from newest),
width as (
  select
    coalesce(min(w) filter (where w * %s >= extract(epoch from last - first)), max(w))
    as seconds
  from ends, unnest(%s::int[]) w
)
select grouping(action, kind, purpose, bin), action, actor, kind, subject, purpose, bin,
  (select seconds from width), count(*), min(time), max(time)
from (select newest.*, date_bin(make_interval(secs => seconds), time, %s) as bin
      from newest, width) counted
group by grouping sets ((action), (actor), (kind, subject), (purpose), (bin, actor))
"""
# Bits of grouping(): 1 where the column is no part of the group.
_BY_ACTION, _BY_SUBJECT, _BY_PURPOSE, _BY_BIN = 0b0111, 0b1011, 0b1101, 0b1110


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries there are of one kind, and when the first and the last was."""

    count: int
    first: datetime
    last: datetime

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.count + other.count, min(self.first, other.first), max(self.last, other.last)
        )


@dataclass(slots=True)
class Counts:
    """Tallies by action, actor (None: a part of the system), (kind, id) of subjects, purpose.

    `bins`: counts by the start of a stretch of time and the actor; `width` is how long one is.
    """

    action: dict[str, Tally] = field(default_factory=dict)
    actor: dict[UUID | None, Tally] = field(default_factory=dict)
    subject: dict[tuple[str, str], Tally] = field(default_factory=dict)
    purpose: dict[str, Tally] = field(default_factory=dict)
    bins: dict[tuple[datetime, UUID | None], int] = field(default_factory=dict)
    width: timedelta = WIDTHS[0]

    @property
    def total(self) -> int:
        return sum(tally.count for tally in self.action.values())

    @property
    def cut_short(self) -> bool:
        """Whether there may be older entries that these counts leave out."""
        return self.total >= COUNTED


def counts_of(
    tenant: UUID, where: dict[str, Any], after: datetime | None, before: datetime | None
) -> Counts:
    """Count the newest entries that `where` selects. `after`, `before`: what the picture spans."""
    midnight = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    widths = [int(width.total_seconds()) for width in WIDTHS]
    with scope(tenant):
        newest = AuditEntry.objects.filter(**where).order_by("-time", "-id")
        columns = newest.values_list(
            "time", "action", "actor_id", "subject_kind", "subject_id", F("body__purpose")
        )
        sql, params = columns[:COUNTED].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                _COUNTS.format(newest=sql),
                [*params, after, before, MOST_BARS, widths, midnight],
            )
            return _gathered(cursor.fetchall())


def _gathered(rows: Iterable[tuple[Any, ...]]) -> Counts:
    counts = Counts()
    for group, action, actor, kind, subject, purpose, start, seconds, count, first, last in rows:
        tally = Tally(count, first, last)
        counts.width = timedelta(seconds=seconds)
        if group == _BY_ACTION:
            counts.action[action] = tally
        elif group == _BY_SUBJECT:
            counts.subject[kind, subject] = tally
        elif group == _BY_PURPOSE:
            counts.purpose[purpose] = tally
        elif group == _BY_BIN:
            counts.bins[start, actor] = count
        else:
            counts.actor[actor] = tally
    return counts
