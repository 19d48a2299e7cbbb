"""Who looked at an organization's footage: today, for its own people's first page, or a batch."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from core.audit.models import AuditEntry, AuditLeaf
from core.audit.receipts import FRAMES_SERVED
from core.clock import now
from core.tenancy.scope import scope
from tenants.compliance.entries import Row, frames_of, rows_of
from tenants.compliance.filters import as_details
from tenants.compliance.reading import Reader
from tenants.compliance.selection import where_of

#: Receipts that are gathered into lines: a task leaves one for each group of pictures.
GATHERED = 200
#: Looks of a day, or at a batch, that are counted.
LOOKED = 10_000
HOURS = 24


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks since midnight of the reader's own zone. `hours` counts them by hour of that day."""

    people: int
    hours: Sequence[int]
    #: Newest first; what one person looked at in one clip for one purpose is one line.
    rows: Sequence[Row]

    @property
    def count(self) -> int:
        return sum(self.hours)


def looks_today(reader: Reader, most: int) -> Looks:
    """Count today's looks at frames and give the newest lines. The reading is itself logged."""
    midnight = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {"action": FRAMES_SERVED, "after": midnight, "limit": GATHERED}
    reader.receipt("log.read", as_details(asked))
    with scope(reader.tenant):
        newest = AuditEntry.objects.filter(**where_of(reader.tenant, asked)).order_by(
            "-time", "-id"
        )
        by_hour, people = _counted(newest)
        bodies = newest.values_list("id", "body")[:GATHERED]
        found = ({"id": key, "entry": json.loads(bytes(body))} for key, body in bodies)
        # Read as far as the lines reach, and no further.
        lines = [list(group) for _, group in islice(groupby(found, key=_same_look), most)]
        first = [line[0] for line in lines]
        leaves = AuditLeaf.objects.filter(entry__in=[one["id"] for one in first])
        places = dict(leaves.values_list("entry_id", "index"))
    rows = rows_of(
        reader.tenant,
        [{**one, "index": places.get(one["id"])} for one in first],
        reader.actor.id or reader.tenant,
    )
    return Looks(
        people=people,
        hours=[by_hour[hour] for hour in range(HOURS)],
        rows=[replace(row, frames=_frames(line)) for row, line in zip(rows, lines, strict=True)],
    )


_BY_HOUR = """
select extract(hour from time at time zone %s)::int, actor, count(*)
from ({newest}) newest(time, actor) group by 1, 2"""


def _counted(newest: QuerySet[AuditEntry]) -> tuple[Counter[int], int]:
    """Count looks by hour of the reader's day, and the people."""
    sql, params = newest.values("time", "actor_id")[:LOOKED].query.sql_with_params()
    with connection.cursor() as cursor:
        zone = timezone.get_current_timezone_name()
        cursor.execute(_BY_HOUR.format(newest=sql), [zone, *params])
        rows = cursor.fetchall()
    by_hour = Counter[int]()
    for hour, _, count in rows:
        by_hour[hour] += count
    return by_hour, len({actor for _, actor, _ in rows})


@dataclass(frozen=True, slots=True)
class Seen:
    """How many people looked how often. `more`: there may be more than were counted."""

    people: int
    looks: int

    @property
    def more(self) -> bool:
        return self.looks >= LOOKED


def looks_at(clips: Iterable[UUID]) -> Seen:
    """Count looks at the frames of clips, in the open scope. Before it is told: `log_looks_at`."""
    found = AuditEntry.objects.filter(
        action=FRAMES_SERVED, subject_kind="clip", subject_id__among=[str(clip) for clip in clips]
    )
    counted = found[:LOOKED].aggregate(people=Count("actor_id", distinct=True), looks=Count("id"))
    return Seen(**counted)


def log_looks_at(reader: Reader, batch: UUID) -> None:
    """Log that somebody reads who looked at a batch, and commit."""
    reader.receipt("log.read", as_details({"action": FRAMES_SERVED, "batch": batch}))


def _same_look(found: Mapping[str, Any]) -> tuple[str, str, str]:
    entry = found["entry"]
    return entry["actor"]["id"], entry["subject"]["id"], entry["details"]["purpose"]


def _frames(line: Sequence[Mapping[str, Any]]) -> str:
    return frames_of({"gops": [gop for found in line for gop in found["entry"]["details"]["gops"]]})
