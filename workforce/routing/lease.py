"""The pull lease: the next piece of work for one person, taken with SKIP LOCKED.

Of any number of people who pull at once, none gets what another got, and none waits for another.
The predicate is checked where the entry is taken, in the same statement. Gold is drawn here, inside
the lease, so that it comes at the moment and in the form of work.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import ProgrammingError, connection, transaction
from django.db.models import F
from psycopg.types.json import Jsonb

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, NotFound
from core.ids import new_id
from core.outbox.events import emit
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.tenancy.statements import one_trip, run_prepared
from workforce.labels.proposals import propose_to_copy
from workforce.links.laying import lay_out_copy
from workforce.quality.gold import draw_gold, expose_gold
from workforce.routing.eligibility import ME, PARTS, predicate
from workforce.tasks.leases import LEASE
from workforce.tasks.models import QueueEntry, Task

_COLUMNS = [field.column for field in QueueEntry._meta.concrete_fields]
_ROW = ", ".join(f"q.{column}" for column in _COLUMNS)

# One person's pulls follow one another, so that two windows can't take more than is allowed. The
# plan of what follows does not depend on who asks, so it is made once a connection.
_QUEUE_UP = """
select pg_advisory_xact_lock(hashtextextended(%(person)s::text, 7)),
  set_config('plan_cache_mode', 'force_generic_plan', true)"""

_PICK = f"""
  select p.id from me cross join lateral (
    select q.id from tasks_queueentry q
    where q.state = 'waiting' and q.work = %(work)s and {{which}} and {predicate()}
    order by q.priority, q.due_at, q.id limit 1 for update of q skip locked) p
  where not exists (select from current)"""  # noqa: S608 - made of constants

_TAKE = f"""
with me as materialized ({ME}),
current as materialized (
  select q.id from tasks_queueentry q
  where q.lessee = %(person)s and q.work = %(work)s and q.state = 'leased'
    and q.lease_until > %(now)s and not %(another)s
  order by q.leased_at limit 1),
mine as materialized ({_PICK.format(which="q.reserved_for = %(person)s")}),
free as materialized ({_PICK.format(which="q.reserved_for is null")}
  and not exists (select from mine)),
took as (
  update tasks_queueentry q set state = 'leased', lessee = %(person)s, leased_at = %(now)s,
    lease_until = %(until)s, token = q.token + 1, finished_at = null
  from (select id from mine union all select id from free) picked
  where q.id = picked.id
  returning {_ROW})
select true as fresh, {_ROW} from took q
union all
select false, {_ROW} from tasks_queueentry q join current on current.id = q.id"""  # noqa: S608 - made of constants


_DECIDE = """
insert into routing_decision (id, tenant_id, task_id, person, reasons, decided_at)
values (%(id)s, %(tenant)s, %(task)s, %(person)s, %(reasons)s, %(at)s)
"""


@dataclass(frozen=True)
class Leased:
    """A lease; the task that it is on is read, in its client's scope, when somebody asks."""

    entry: QueueEntry

    @cached_property
    def tenant(self) -> Organization:
        return Organization.objects.get(id=self.entry.tenant_id)

    @cached_property
    def task(self) -> Task:
        """Raises NotFound when the client's work was closed to the person since it was taken."""
        with scope(self.entry.tenant_id):
            rows = Task.objects.select_related("ontology").filter(id=self.entry.task_id)
            task: Task | None = rows.first()
        if task is None:
            raise NotFound("This work was closed a moment ago. Ask for the next piece.")
        return task


def lease_next(*, actor: Actor, vendor: UUID, work: str, another: bool = False) -> Leased | None:
    """Give the person their current lease of this kind of work, or the next one; None: no work.

    With `another` the current one stays beside a new one, as far as the person's capacity goes.
    Raises Conflict when the person holds no skill that a gate leaves open.
    """
    assert actor.id is not None
    entry: QueueEntry | None = None
    try:
        with transaction.atomic():
            found = _take(actor.id, vendor, work, another=another)
            if found is not None:
                fresh, entry = found
                if fresh:
                    entry = _settle(actor, vendor, entry)
                return Leased(entry)
    except (Task.DoesNotExist, ProgrammingError):
        if entry is None or _open_to_asker(entry.tenant_id):
            raise
        # The engagement ended between the pick and the client's scope; nothing was taken.
        return None
    _refuse_without_skill(actor.id, vendor)
    return None


def _open_to_asker(client: UUID) -> bool:
    """Say whether whoever asks may be in the client's scope, as the policies see it."""
    with scope(client), connection.cursor() as cursor:
        cursor.execute("select custos_may_be_here()")
        return bool(cursor.fetchone()[0])


def _take(
    person: UUID, vendor: UUID, work: str, *, another: bool
) -> tuple[bool, QueueEntry] | None:
    instant = now()
    values = {
        "person": person,
        "people": [person],
        "vendor": vendor,
        "work": str(work),
        "another": another,
        "now": instant,
        "until": instant + LEASE,
    }
    with one_trip():
        run_prepared(_QUEUE_UP, {"person": person}, after=0)
        row = run_prepared(_TAKE, values, after=0).fetchone()
    if row is None:
        return None
    return row[0], QueueEntry.from_db("default", _ATTRIBUTES, row[1:])


_ATTRIBUTES = [field.attname for field in QueueEntry._meta.concrete_fields]


def _settle(actor: Actor, vendor: UUID, entry: QueueEntry) -> QueueEntry:
    """Write what a fresh lease leaves behind: reasons, log entry, event; perhaps gold instead."""
    with one_trip(), scope(entry.tenant_id, savepoint=False):
        # Of what was picked: people read their reasons, and gold in its place must not show there.
        reasons = reasons_of(entry)
        if entry.work == QueueEntry.Work.ANNOTATE and entry.project_id is not None:
            entry = _gold_instead(entry) or entry
        _note(actor, vendor, entry, reasons)
    return entry


def _note(actor: Actor, vendor: UUID, entry: QueueEntry, reasons: dict[str, Any]) -> None:
    run_prepared(
        _DECIDE,
        {
            "id": new_id(),
            "tenant": entry.tenant_id,
            "task": entry.task_id,
            "person": entry.lessee,
            "reasons": Jsonb(reasons),
            "at": entry.leased_at,
        },
    )
    record(
        action="lease.taken",
        actor=actor,
        tenant=entry.tenant_id,
        subject=("task", entry.task_id),
        details={"token": entry.token, "work": entry.work, "vendor": str(vendor)},
    )
    emit(
        "lease.taken",
        tenant=entry.tenant_id,
        data={"task": str(entry.task_id), "person": str(entry.lessee), "token": entry.token},
    )


def reasons_of(entry: QueueEntry) -> dict[str, Any]:
    """Say why this work went to this person now: its place in the order, and what was checked."""
    return {
        "skill": entry.skill,
        "level": entry.level,
        "priority": entry.priority,
        "due": entry.due_at.isoformat() if entry.due_at else None,
        "reserved": entry.reserved_for is not None,
        "planned": entry.reserved_until is not None,
        "checked": [part.name for part in PARTS],
    }


def _refuse_without_skill(person: UUID, vendor: UUID) -> None:
    row = run_prepared(
        f"with me as ({ME}) select skills, gated from me",  # noqa: S608 - made of constants
        {"vendor": vendor, "people": [person], "now": now()},
    ).fetchone()
    held = {token.partition("/")[0] for token in row[0]} - set(row[1]) if row else set()
    if not held:
        raise Conflict(
            "There is no work that you may do now: you hold no open skill. "
            "Your vendor manager sees why and can reinstate one."
        )


def _gold_instead(entry: QueueEntry) -> QueueEntry | None:
    """Draw gold of the same project in place of `entry`, which goes back to where it was."""
    assert entry.lessee is not None
    assert entry.project_id is not None
    gold = draw_gold(person=entry.lessee, project_id=entry.project_id, task_type=entry.skill)
    if gold is None:
        return None
    task = Task.objects.get(id=entry.task_id)
    copy = Task.objects.create(
        tenant_id=entry.tenant_id,
        project_id=task.project_id,
        clip_id=gold.clip_id,
        ontology_id=task.ontology_id,
        task_type=task.task_type,
        start_frame=gold.start_frame,
        end_frame=gold.end_frame,
        is_copy=True,
    )
    expose_gold(gold=gold, task=copy, person=entry.lessee)
    propose_to_copy(copy)
    lay_out_copy(copy, gold.content)
    QueueEntry.objects.filter(id=entry.id).update(
        state=QueueEntry.State.WAITING,
        lessee=None,
        lease_until=None,
        leased_at=None,
        # Nobody has seen this token; one that is left out would tell of gold.
        token=F("token") - 1,
    )
    entry.pk = QueueEntry._meta.pk.get_default()
    entry._state.adding = True
    entry.task_id = copy.id
    # A lease that runs out must not hand this person's gold to somebody else.
    entry.reserved_for, entry.reserved_until = entry.lessee, None
    entry.token = 1
    entry.created_at = now()
    entry.save(force_insert=True)
    return entry
