"""What waits, is held or in hand, by project and kind of work, however long the queue is.

The queue is not counted through: a walk along an index reads the first entry of each group, and
counts end at a limit. What is beyond the limit is told as more than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.tenancy.statements import Rows, run_prepared

#: Counts go so far; one more stands for all that is beyond.
COUNTED = 1_000

#: Client, project and kind of work.
Key = tuple[UUID, UUID | None, str]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of the queue is asked for; None: all of it. `before`: due earlier than this."""

    vendor: UUID
    clients: Sequence[UUID]
    project: UUID | None = None
    camera: UUID | None = None
    skill: str | None = None
    state: str | None = None
    before: datetime | None = None

    @property
    def sql(self) -> str:
        """Give it as a condition on `q`."""
        parts = [_LIVE]
        parts += [sql for name, sql in _NARROWED.items() if getattr(self, name) is not None]
        return " and ".join(parts)

    @property
    def values(self) -> dict[str, Any]:
        """Give the parameters of its condition."""
        named = {name: getattr(self, name) for name in _NARROWED}
        return {"vendor": self.vendor, "clients": list(self.clients), **named}


# The states are those of the index that all of this walks along. A quiz is nobody's to hand out.
_LIVE = """q.state in ('waiting', 'held', 'leased') and q.work in ('annotate', 'review')
  and (q.vendor_id is null or q.vendor_id = %(vendor)s)"""
_NARROWED = {
    "project": "q.project_id = %(project)s",
    "camera": "q.camera_id = %(camera)s",
    "skill": "q.skill = %(skill)s",
    "state": "q.state = %(state)s",
    "before": "q.due_at < %(before)s",
}
#: A manager's assignment holds until it is lifted; a planner's lapses, and what it keeps is free.
_FREE = """q.state = 'waiting'
  and not (q.reserved_for is not null and q.reserved_until is null)"""
_HELD = "q.state = 'held'"

# Each step finds the first entry of the next group in the order of the index.
_GROUPS = """
with recursive found as (
  select f.* from unnest(%(clients)s::uuid[]) client cross join lateral (
    select q.tenant_id, q.project_id, q.work, q.state, q.priority, q.due_at
    from tasks_queueentry q where q.tenant_id = client and q.project_id is not null and {where}
    order by q.project_id, q.work, q.state, q.priority, q.due_at limit 1) f
  union all
  select n.* from found f cross join lateral (
    select q.tenant_id, q.project_id, q.work, q.state, q.priority, q.due_at
    from tasks_queueentry q where q.tenant_id = f.tenant_id and {where}
      and (q.project_id, q.work, q.state, q.priority)
        > (f.project_id, f.work, f.state, f.priority)
    order by q.project_id, q.work, q.state, q.priority, q.due_at limit 1) n)
select tenant_id, project_id, work, min(due_at) from found group by tenant_id, project_id, work
union all
select q.tenant_id, null, q.work, min(q.due_at) from tasks_queueentry q
where q.tenant_id = any(%(clients)s::uuid[]) and q.project_id is null and {where}
group by q.tenant_id, q.work"""

_CAMERAS = """
select distinct q.tenant_id, q.camera_id from unnest(%(clients)s::uuid[]) client
join tasks_queueentry q on q.tenant_id = client
where q.camera_id is not null and {where}"""

#: The first groups of a page, with what can be selected in each. {project}: how the project is
#: named, since no index finds what is null by a parameter.
_SHOWN = """
select g.tenant, g.project, g.work,
  (select count(*) from (select from tasks_queueentry q where {free} limit {most}) c),
  (select count(*) from (select from tasks_queueentry q where {held} limit {most}) c),
  array(select q.id from tasks_queueentry q where {free}
    order by q.priority, q.due_at, q.id limit {selectable}),
  array(select q.id from tasks_queueentry q where {held}
    order by q.priority, q.due_at, q.id limit {selectable})
from unnest(%(tenants)s::uuid[], %(projects)s::uuid[], %(works)s::text[]) g(tenant, project, work)
"""
_IN_GROUP = "q.tenant_id = g.tenant and q.project_id {project} and q.work = g.work"

_ALL_FREE = """
select count(*) from (
  select from unnest(%(clients)s::uuid[]) client cross join lateral (
    select from tasks_queueentry q where q.tenant_id = client and {free} limit {most}) one
  limit {most}) counted"""


#: What is in somebody's hands, and what a manager keeps for somebody.
_TAKEN = """
select q.tenant_id, q.project_id, q.work, q.lessee, count(*), true from tasks_queueentry q
where q.tenant_id = any(%(clients)s::uuid[]) and {where} and q.state = 'leased'
group by q.tenant_id, q.project_id, q.work, q.lessee
union all
select q.tenant_id, q.project_id, q.work, q.reserved_for, count(*), false from tasks_queueentry q
where q.tenant_id = any(%(clients)s::uuid[]) and {where} and q.state = 'waiting'
  and q.reserved_for is not null and q.reserved_until is null
group by q.tenant_id, q.project_id, q.work, q.reserved_for"""


@dataclass(frozen=True, slots=True)
class Group:
    """Free and held work of a project and kind: counts up to one more than COUNTED.

    `free_first`, `held_first`: entries that a page can select, the most pressing first.
    """

    free: int
    held: int
    free_first: list[UUID]
    held_first: list[UUID]


def groups_of(asked: Narrowed) -> dict[Key, datetime | None]:
    """Give each project's kinds of work with the nearest date of each."""
    rows = run_prepared(_GROUPS.format(where=asked.sql), asked.values)
    return {(tenant, project, work): due for tenant, project, work, due in rows}


def free_of(asked: Narrowed) -> int:
    """Count what is free in all groups, up to one more than COUNTED."""
    sql = _ALL_FREE.format(free=f"{asked.sql} and {_FREE}", most=COUNTED + 1)
    [(free,)] = run_prepared(sql, asked.values)
    return int(free)


def taken_of(asked: Narrowed) -> Sequence[tuple[Key, UUID, int, bool]]:
    """Count what each person has of each group: in hand (True), or kept for them.

    Both are few, however much waits.
    """
    rows = run_prepared(_TAKEN.format(where=asked.sql), asked.values)
    return [
        ((tenant, project, work), person, count, in_hand)
        for tenant, project, work, person, count, in_hand in rows
    ]


def cameras_of(asked: Narrowed) -> Rows:
    """List client and camera of all that is asked for; it reads all of that."""
    return run_prepared(_CAMERAS.format(where=asked.sql), asked.values)


def shown_of(asked: Narrowed, keys: Sequence[Key], selectable: int) -> Mapping[Key, Group]:
    """Count and pick in these groups alone; `selectable` entries of each at most."""
    found: dict[Key, Group] = {}
    for project, some in (
        ("= g.project", [key for key in keys if key[1] is not None]),
        ("is null", [key for key in keys if key[1] is None]),
    ):
        if not some:
            continue
        here = f"{asked.sql} and {_IN_GROUP.format(project=project)}"
        sql = _SHOWN.format(
            free=f"{here} and {_FREE}",
            held=f"{here} and {_HELD}",
            # Written out: of a limit that is a parameter the planner expects far too much.
            most=COUNTED + 1,
            selectable=selectable,
        )
        tenants, projects, works = zip(*some, strict=True)
        values = {
            **asked.values,
            "tenants": list(tenants),
            "projects": list(projects),
            "works": list(works),
        }
        for tenant, of, work, *group in run_prepared(sql, values):
            found[tenant, of, work] = Group(*group)
    return found
