"""Why this one, why none, and what nobody may take: the queue's own predicate, counted and told.

A person is told counts only while nothing is open to them and nothing is in their hands. Else they
could watch the counts over a lease: gold goes back to the queue what it stands in for, work does
not. What they handed in themselves is in no count for the same reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.utils.dateparse import parse_datetime

from core.clock import now
from core.tenancy.names import names_of
from core.tenancy.scope import scope
from core.tenancy.statements import run_prepared
from workforce.routing.eligibility import ME, PARTS, open_engagements
from workforce.routing.models import Decision
from workforce.tasks.models import QueueEntry

#: Entries that are looked through for work that nobody may take.
MOST_LOOKED_AT = 1000
#: What shuts a piece of work to the person who asks. The other parts of the predicate make up what
#: is counted at all.
SHUTS = {
    "role": "ask for the role of a reviewer",
    "skill": "ask for a skill, or a level of one, that you do not hold",
    "trust": "are of a skill that the quality gate has paused for you",
    "certificate": "ask for a certificate that you do not hold",
    "clearance": "ask for a clearance that you do not hold",
    "language": "ask for a language that is not written down for you",
    "nda": "ask for an NDA that is not written down for you",
    "clients": "are of clients that you do not work for",
    "conflict": "are of a client with which you have a conflict of interest",
    "reserved": "are kept for somebody else",
}
_BY_NAME = {part.name: part for part in PARTS}
_ALONE = [part for part in PARTS if part.of == "person"]
_BASE = f"""q.state = 'waiting' and q.work = %(work)s and {_BY_NAME["engaged"].sql}
  and {_BY_NAME["vendor"].sql} and {_BY_NAME["own_work"].sql}"""
_OPEN = " and ".join(_BY_NAME[name].sql for name in SHUTS)
_COUNTS = f"""
with me as materialized ({ME})
select count(*), count(*) filter (where {_OPEN}),
  {", ".join(f"count(*) filter (where not {_BY_NAME[name].sql})" for name in SHUTS)}
from tasks_queueentry q, me where {_BASE}"""  # noqa: S608 - made of constants
_SELF = f"""
with me as ({ME})
select in_hand, {", ".join(part.sql for part in _ALONE)} from me"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no work for a person now."""

    #: What of themselves stands in the way: "Off shift".
    person: list[str]
    #: Whether anything waits that is open to them, once nothing of `person` is in the way.
    open: bool
    #: (how many of what waits, what shuts them); one piece of work may stand in several.
    shut: list[tuple[int, str]]
    busy: bool = False


def why_nothing(*, vendor: UUID, person: UUID, work: str) -> Nothing:
    """Say what keeps work of a kind from a person; counts alone, nobody's name."""
    values = {"vendor": vendor, "people": [person], "now": now()}
    found = run_prepared(_SELF, values)
    if not found:
        return Nothing(["Not taken on"], open=False, shut=[])
    [alone] = found
    if alone[0]:
        return Nothing([], open=False, shut=[], busy=True)
    barred = [part.failed for part, holds in zip(_ALONE, alone[1:], strict=True) if not holds]
    [counts] = run_prepared(_COUNTS, values | {"work": str(work)})
    if counts[1]:
        return Nothing(barred, open=True, shut=[])
    shut = [(count, text) for count, text in zip(counts[2:], SHUTS.values(), strict=True) if count]
    return Nothing(barred, open=False, shut=sorted(shut, reverse=True))


def told(reasons: dict[str, Any]) -> list[str]:
    """Put the reasons that were kept at a decision into words."""
    due = parse_datetime(reasons["due"]) if reasons.get("due") else None
    lines = [
        _order(reasons, due),
        f"It asks for {reasons['skill']}, level {reasons['level']}, and you hold it.",
        f"{len(reasons['checked'])} checks were made when it was taken, and all held.",
    ]
    if reasons.get("planned"):
        lines.insert(0, "The planner kept it: here it was worth most.")
    elif reasons.get("reserved"):
        lines.insert(0, "The vendor manager assigned it.")
    return lines


def _order(reasons: dict[str, Any], due: datetime | None) -> str:
    when = f"due {due:%d %b, %H:%M} UTC" if due else "without a date"
    return f"It was next in order: priority {reasons['priority']} (0 comes first), {when}."


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: which work went to a person, when, and why."""

    client: str
    work: str
    at: datetime
    reasons: list[str]
    state: str


def reasons_in_hand(entries: Sequence[QueueEntry], person: UUID) -> dict[UUID, list[str]]:
    """Give, by task, why a person got what is in their hands; a client's scope after another."""
    by_client: dict[UUID, list[UUID]] = defaultdict(list)
    for entry in entries:
        by_client[entry.tenant_id].append(entry.task_id)
    found: dict[UUID, list[str]] = {}
    for client, tasks in by_client.items():
        with scope(client):
            rows = Decision.objects.filter(person=person, task_id__in=tasks).order_by("decided_at")
            found |= {row.task_id: told(row.reasons) for row in rows}
    return found


def decisions_for(*, vendor: UUID, person: UUID, most: int = 8) -> list[Decided]:
    """Give the newest decisions on a person of the vendor, for its manager."""
    entries = list(
        QueueEntry.objects.filter(
            lessee=person, leased_at__isnull=False, tenant_id__in=open_engagements(vendor)
        )
        .exclude(work=QueueEntry.Work.QUIZ)
        .order_by("-leased_at")[:most]
    )
    kept = reasons_in_hand(entries, person)
    names = names_of(entry.tenant_id for entry in entries)
    return [
        Decided(
            names[entry.tenant_id],
            entry.work,
            entry.leased_at,
            [line.replace(", and you hold it", "") for line in kept[entry.task_id]],
            entry.state,
        )
        for entry in entries
        if entry.task_id in kept and entry.leased_at is not None
    ]


# What asks the same of people is looked at once: what waits longest, and of that only what not
# everybody may take.
_ASKS = (
    "tenant_id", "vendor_id", "work", "excluded", "skill", "level", "certificate", "clearance",
    "language", "nda",
)  # fmt: skip
_STUCK = f"""
with me as materialized ({ME}),
oldest as materialized (
  select * from tasks_queueentry
  where state = 'waiting' and excluded <> '{{}}' and tenant_id = any(%(clients)s::uuid[])
    and (vendor_id is null or vendor_id = %(vendor)s)
  order by created_at limit {MOST_LOOKED_AT}),
q as materialized (
  select {", ".join(_ASKS)}, count(*) as many, min(created_at) as since from oldest
  group by {", ".join(_ASKS)})
select q.tenant_id, q.work, q.skill, q.level, q.many, q.since,
  count(*) filter (where me.member and me.active and {_BY_NAME["role"].sql}),
  count(*) filter (where me.member and me.active and {_BY_NAME["role"].sql}
    and me.person = any(q.excluded))
from q, me group by {", ".join(f"q.{name}" for name in _ASKS)}, q.many, q.since
having count(*) filter (where me.member and me.active and {
    _OPEN.replace(_BY_NAME["reserved"].sql, "true")
} and {_BY_NAME["own_work"].sql}) = 0
order by q.since"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Stuck:
    """Work that nobody of the vendor may take, and what a manager can do about it."""

    client: str
    work: str
    count: int
    since: datetime
    what: str


#: Seconds in which nobody looks again where nothing was stuck.
CLEAR = 60


def stuck(vendor: UUID) -> list[Stuck]:
    """List the work for which no third person is left: reviews, disputes, second labellings.

    What is stuck may be listed a minute late, and is gone from the list at once.
    """
    clear = f"nothing-stuck:{vendor}"
    if cache.get(clear):
        return []
    clients = list(open_engagements(vendor).values_list("client_id", flat=True))
    values = {"vendor": vendor, "people": None, "now": now(), "clients": clients}
    rows = run_prepared(_STUCK, values)
    if not rows:
        cache.set(clear, 1, CLEAR)
    names = names_of(client for client, *_ in rows)
    found: dict[tuple[UUID, str, str], Stuck] = {}
    for client, work, skill, level, many, since, *counts in rows:
        key = (client, work, _what(work, skill, level, *counts))
        known = found.get(key, Stuck(names[client], work, 0, since, key[2]))
        found[key] = replace(known, count=known.count + many)
    return list(found.values())


def _what(work: str, skill: str, level: int, fit: int, had: int) -> str:
    if work == QueueEntry.Work.REVIEW and not fit:
        return "Nobody here is a reviewer. Give a member that role under Members."
    role = "reviewer" if work == QueueEntry.Work.REVIEW else "person"
    if fit and fit == had:
        return (
            f"Every {role} here ({fit}) has had a part in it. Take on another {role}, "
            "or ask the client to have another vendor take it."
        )
    rest = "reviewers" if role == "reviewer" else "people"
    return (
        f"Of {fit} {rest} here, {had} had a part in it, and the others lack a skill, a level or a "
        f"paper that it asks for ({skill}, level {level}). Write it down for one of them."
    )
