"""Numbers about the queue, for alarms and metrics. None of them names a tenant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min

from core.clock import now
from core.outbox.models import Job, SweeperRound

_DURATIONS = """
select kind, count(*),
       coalesce(percentile_cont(0.5) within group (order by seconds), 0),
       coalesce(percentile_cont(0.95) within group (order by seconds), 0),
       coalesce(sum(attempts), 0)
from (select kind, attempts, extract(epoch from finished_at - started_at)::float8 as seconds
      from outbox_job where state = 'done' and finished_at > %s) as ended
group by kind order by kind
"""
#: What `durations` looks back on.
SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Depth:
    state: str
    kind: str
    priority: int
    count: int


@dataclass(frozen=True, slots=True)
class Duration:
    """Of the jobs of a kind that were done in SPAN: how many, seconds they took, attempts."""

    kind: str
    count: int
    median: float
    p95: float
    attempts: int


def depths() -> list[Depth]:
    """Count the jobs that are not done, by state, kind and priority."""
    unfinished = Job.objects.filter(state__in=[Job.State.OPEN, Job.State.RUNNING, Job.State.DEAD])
    rows: Any = unfinished.values_list("state", "kind", "priority").annotate(count=Count("id"))
    return [Depth(*row) for row in rows.order_by("state", "kind", "priority")]


def due_since() -> datetime | None:
    """Give when the oldest open job became due; None when none is due."""
    due = Job.objects.filter(state=Job.State.OPEN, run_after__lte=now())
    oldest: datetime | None = due.aggregate(oldest=Min("run_after"))["oldest"]
    return oldest


def dead() -> int:
    """Count the jobs that wait for the operator."""
    return Job.objects.filter(state=Job.State.DEAD).count()


def durations() -> list[Duration]:
    """Measure the jobs done within SPAN, by kind."""
    with connection.cursor() as cursor:
        cursor.execute(_DURATIONS, [now() - SPAN])
        return [Duration(*row) for row in cursor.fetchall()]


def swept_at() -> datetime | None:
    """Give when the sweeper ended its last round; None when it never did."""
    return SweeperRound.objects.values_list("at", flat=True).first()
