"""Claims: which job a worker takes next, so that no tenant's batch starves another's.

A message only wakes a worker; which job it takes is decided here. Tenants are lanes, served by
start-time fair queueing: serving a job costs its lane 1 + priority of virtual time, and the lane
that has used least comes next. A lane that was away begins at the present, so nobody saves up
turns. Within a lane the order is that of `turn_at` (models.turn), which ages.

Costs grow with the number of lanes that have open jobs, not with the number of jobs.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from core.clock import now
from core.ids import new_id
from core.outbox.kinds import JobContext
from core.outbox.models import AGEING, LOWEST_PRIORITY, Job

#: This process and the children it forks: what they claim is handed back when it is told to stop.
WORKER = new_id()

# Loose index scans: one step of outbox_turns for each lane.
_LANES_IN_ORDER = """
with recursive lanes(lane) as (
  (select lane from outbox_job where state = 'open' order by lane limit 1)
  union all
  select (select j.lane from outbox_job j
          where j.state = 'open' and j.lane > lanes.lane order by j.lane limit 1)
  from lanes where lanes.lane is not null
), present as (
  select coalesce(max(started), 0) as time from outbox_lane
)
select lanes.lane, greatest(coalesce(served.finished, 0), present.time) as start
from lanes
cross join present
cross join lateral (
  select priority, turn_at from outbox_job j
  where j.state = 'open' and j.lane = lanes.lane
    and j.run_after <= %(now)s and j.turn_at <= %(latest)s
  order by turn_at limit 1
) head
left join outbox_lane served on served.id = lanes.lane
order by 2, head.priority, head.turn_at
"""

_SERVED = """
insert into outbox_lane as lane (id, started, finished) values (%s, %s, %s)
on conflict (id) do update set
  started = greatest(lane.started, excluded.started),
  finished = greatest(lane.finished, excluded.started) + (excluded.finished - excluded.started)
"""


def claim(job_id: UUID) -> tuple[Job, JobContext] | None:
    """Take this job if it is open and due. None when it is done, running elsewhere or not due."""
    with transaction.atomic():
        row = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(id=job_id, state=Job.State.OPEN, run_after__lte=now())
            .first()
        )
        return _taken(row) if row is not None else None


def claim_next() -> tuple[Job, JobContext] | None:
    """Take the open, due job whose turn it is. None when there is none."""
    with transaction.atomic():
        for lane, start in _lanes_in_order():
            row = (
                Job.objects.select_for_update(skip_locked=True)
                .filter(lane=lane, state=Job.State.OPEN, run_after__lte=now())
                .filter(turn_at__lte=_latest_turn())
                .order_by("turn_at")
                .first()
            )
            if row is not None:
                claimed = _taken(row)
                _serve(lane, start, 1 + row.priority)
                return claimed
    return None


def _latest_turn() -> datetime:
    """No job that is due has a later turn: what is beyond need not be looked at."""
    return now() + LOWEST_PRIORITY * AGEING


def _lanes_in_order() -> list[tuple[UUID, float]]:
    with connection.cursor() as cursor:
        cursor.execute(_LANES_IN_ORDER, {"now": now(), "latest": _latest_turn()})
        return list(cursor.fetchall())


def _taken(row: Job) -> tuple[Job, JobContext]:
    row.state = Job.State.RUNNING
    row.attempts += 1
    row.token += 1
    row.started_at = row.heartbeat_at = now()
    row.worker = WORKER
    row.save(update_fields=["state", "attempts", "token", "started_at", "heartbeat_at", "worker"])
    return row, JobContext(row.id, row.tenant_id, row.token, row.attempts)


def _serve(lane: UUID, start: float, cost: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, [lane, start, start + cost])
