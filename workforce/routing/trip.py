"""The pull as one trip to the database: three statements, sent together, one transaction.

1. Queue up: one person's pulls follow one another, so that two windows can't take more than is
   allowed. A statement of its own, because what the next one sees begins after the wait.
2. Pick: what the person holds, or the first entry that they may take, which is locked; nobody
   waits, what another has locked is passed over. It opens the scope of the entry's client.
3. Take: the lease, its reasons, its entry in the client's log and its event, all under the
   client's policies. If gold might come instead, nothing is taken: whether it does is for
   `workforce.routing.lease` to say.

Nothing of a pull waits for Python between statements. Python drafts what the log will hold, and the
third statement puts in what the second one found (`core.audit.drafts`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from core.access.actors import Actor
from core.audit.drafts import Later, draft, statement_parts
from core.ids import new_id
from core.outbox.events import unheard
from core.tenancy.scope import asking, opening
from core.tenancy.statements import Rows, Statement
from workforce.quality.gold import MAY_BE_GOLD
from workforce.routing.eligibility import ME, PARTS, predicate
from workforce.tasks.leases import LEASE
from workforce.tasks.models import QueueEntry

_FIELDS = QueueEntry._meta.concrete_fields
_ATTRIBUTES = [field.attname for field in _FIELDS]
_ROW = ", ".join(f"q.{field.column}" for field in _FIELDS)

# The plan of what follows does not depend on who asks, so it is made once a connection.
_QUEUE_UP = """
select pg_advisory_xact_lock(hashtextextended(%(person)s::text, 7)),
  set_config('plan_cache_mode', 'force_generic_plan', true), set_config('app.picked', '', true),
  set_config('app.task', '', true)"""

#: In SQL, for statements that follow a pick in its trip: the task of what the person got.
PICKED_TASK = "nullif(current_setting('app.task', true), '')::uuid"

_FIRST = f"""
  select p.id from me cross join lateral (
    select q.id from tasks_queueentry q
    where q.state = 'waiting' and q.work = %(work)s and {{which}} and {predicate()}
    order by q.priority, q.due_at, q.id limit 1 for update of q skip locked) p
  where not exists (select from current)"""  # noqa: S608 - made of constants

_PICK = f"""
with me as materialized ({ME}),
current as materialized (
  select q.id from tasks_queueentry q
  where q.lessee = %(person)s and q.work = %(work)s and q.state = 'leased'
    and q.lease_until > %(now)s and not %(another)s
  order by q.leased_at limit 1),
mine as materialized ({_FIRST.format(which="q.reserved_for = %(person)s")}),
free as materialized ({_FIRST.format(which="q.reserved_for is null")}
  and not exists (select from mine)),
picked as (select true as fresh, id from mine union all select true, id from free
  union all select false, id from current)
select p.fresh, {_ROW}, {opening("q.tenant_id")},
  set_config('app.picked', case when p.fresh then p.id::text else '' end, true),
  set_config('app.task', q.task_id::text, true)
from picked p join tasks_queueentry q on q.id = p.id"""  # noqa: S608 - made of constants

_LOGGED = statement_parts(
    "took", tenant="tenant_id", subject="task_id", values=("tenant_id", "task_id", "token")
)
_CHECKED = ", ".join(f"'{part.name}'" for part in PARTS)
_TAKE = f"""
with took as (
  update tasks_queueentry q set state = 'leased', lessee = %(person)s, leased_at = %(now)s,
    lease_until = %(until)s, token = q.token + 1, finished_at = null
  where q.id = coalesce(%(other)s::uuid, nullif(current_setting('app.picked', true), '')::uuid)
    and q.state = 'waiting' and (%(settled)s or not ({MAY_BE_GOLD}))
  returning q.task_id, q.tenant_id, q.token, q.skill, q.level, q.priority, q.due_at,
    q.reserved_for, q.reserved_until),
decided as (
  insert into routing_decision (id, tenant_id, task_id, person, reasons, decided_at)
  select %(decision)s, t.tenant_id, t.task_id, %(person)s, jsonb_build_object(
    'skill', t.skill, 'level', t.level, 'priority', t.priority,
    'due', to_char(t.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    'reserved', t.reserved_for is not null, 'planned', t.reserved_until is not null,
    'checked', jsonb_build_array({_CHECKED})), %(now)s
  from took t),
{_LOGGED},
told as (
  insert into outbox_event (id, tenant_id, topic, data, created_at)
  select %(event)s, t.tenant_id, %(topic)s, jsonb_build_object(
    'task', t.task_id, 'person', %(person)s, 'token', t.token), %(now)s
  from took t)
select t.token, set_config('plan_cache_mode', 'auto', true) from took t"""  # noqa: S608 - made of constants


class Picked(Enum):
    """What a pull may come to, instead of an entry."""

    #: There is no work for the person.
    NOTHING = auto()
    #: Gold may come in place of what was picked, so that it was left where it is.
    LEFT = auto()


@dataclass(frozen=True, slots=True)
class Pull:
    """Who asks for what, and when."""

    actor: Actor
    vendor: UUID
    work: str
    another: bool
    at: datetime

    @property
    def person(self) -> UUID:
        assert self.actor.id is not None, "only people pull"
        return self.actor.id

    def pick(self) -> list[Statement]:
        """Give the first two statements."""
        values = {
            "person": self.person,
            "people": f"{{{self.person}}}",
            "vendor": self.vendor,
            "work": str(self.work),
            "another": self.another,
            "now": self.at,
            **asking(),
        }
        return [(_QUEUE_UP, {"person": self.person}), (_PICK, values)]

    def take(self, other: UUID | None = None, *, settled: bool = False) -> Statement:
        """Give the third. other: what to take, if not what was picked. settled: it's no gold."""
        values = {
            "other": other,
            "person": self.person,
            "now": self.at,
            "until": self.at + LEASE,
            "settled": settled,
            "decision": new_id(),
            "event": new_id(),
            "topic": unheard("lease.taken"),
        }
        logged = draft(
            action="lease.taken",
            actor=self.actor,
            instant=self.at,
            tenant=Later(1),
            subject=("task", Later(2)),
            details={
                "token": Later(3, number=True),
                "work": str(self.work),
                "vendor": str(self.vendor),
            },
        )
        return _TAKE, values | logged

    def read(self, picked: Rows) -> tuple[bool, QueueEntry]:
        """Read the row of the second statement: whether it's fresh, and the entry as it was."""
        fresh, *columns = picked[0]
        return fresh, QueueEntry.from_db("default", _ATTRIBUTES, columns[: len(_ATTRIBUTES)])

    def taken(self, picked: Rows, took: Rows) -> QueueEntry | Picked:
        """Read what came of a whole trip."""
        if not picked:
            return Picked.NOTHING
        fresh, entry = self.read(picked)
        if not fresh:
            return entry
        return self.lent(entry, took) if took else Picked.LEFT

    def lent(self, entry: QueueEntry, took: Rows) -> QueueEntry:
        """Write into an entry what the third statement made of it."""
        [[entry.token, *_]] = took
        entry.state = QueueEntry.State.LEASED
        entry.lessee, entry.leased_at, entry.lease_until = self.person, self.at, self.at + LEASE
        entry.finished_at = None
        return entry
