"""Who may take what: one predicate in SQL, made of named parts.

The lease filters the queue by all parts at once; the board and the explanations ask for each part
by its name, for one person and one task or for all of a vendor. Both are made from `PARTS`, so an
explanation cannot say something else than the lease does.

`q` is a row of the queue, `me` what one person of one vendor holds at an instant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from core.access.models import Engagement
from core.clock import now
from core.tenancy.statements import run_prepared


@dataclass(frozen=True, slots=True)
class Part:
    """One condition. `of` says whether it looks at the work or at the person alone."""

    name: str
    of: str
    sql: str
    passed: str
    failed: str


PARTS = (
    Part("member", "person", "me.member", "Works here", "No longer a member here"),
    Part("active", "person", "me.active", "Taken on", "Not taken on, or resting"),
    Part(
        "engaged",
        "work",
        "q.tenant_id = any(me.clients)",
        "The client has engaged the vendor",
        "The client has not engaged the vendor",
    ),
    Part(
        "vendor",
        "work",
        "(q.vendor_id is null or q.vendor_id = me.vendor)",
        "Open to this vendor",
        "Kept for another vendor",
    ),
    Part(
        "role",
        "work",
        "(q.work <> 'review' or me.reviewer)",
        "Has the role for it",
        "Reviews need the role of a reviewer",
    ),
    Part(
        "skill",
        "work",
        "('skill:' || q.skill || '/' || q.level) = any(me.holds)",
        "Skill {skill}, level {level} or more",
        "Needs skill {skill} at level {level}",
    ),
    Part(
        "trust",
        "work",
        "('gate:' || q.skill) <> all(me.holds)",
        "Not paused by quality",
        "Paused by the quality gate",
    ),
    Part(
        "certificate",
        "work",
        "(q.certificate = '' or ('certificate:' || q.certificate) = any(me.holds))",
        "Certificate {certificate}",
        "Needs the certificate {certificate}",
    ),
    Part(
        "clearance",
        "work",
        "(q.clearance = '' or ('clearance:' || q.clearance) = any(me.holds))",
        "Cleared: {clearance}",
        "Needs the clearance {clearance}",
    ),
    Part(
        "language",
        "work",
        "(q.language = '' or ('language:' || q.language) = any(me.holds))",
        "Speaks {language}",
        "Needs the language {language}",
    ),
    Part(
        "nda",
        "work",
        "(not q.nda or ('nda:' || q.tenant_id) = any(me.holds))",
        "NDA signed for this client",
        "Needs an NDA for this client",
    ),
    Part(
        "clients",
        "work",
        "(not me.choosy or ('only_for:' || q.tenant_id) = any(me.holds))",
        "May work for this client",
        "Works for other clients only",
    ),
    Part(
        "conflict",
        "work",
        "('conflict:' || q.tenant_id) <> all(me.holds)",
        "No conflict of interest",
        "Conflict of interest with this client",
    ),
    Part(
        "own_work",
        "work",
        "me.person <> all(q.excluded)",
        "Has no part in it",
        "Nobody reviews their own work, or decides where they have decided before",
    ),
    Part(
        "reserved",
        "work",
        "(q.reserved_for is null or q.reserved_for = me.person)",
        "Not reserved for somebody else",
        "Reserved for somebody else",
    ),
    Part("shift", "person", "me.on_shift", "On shift", "Off shift"),
    Part(
        "at_once",
        "person",
        "me.in_hand < me.tasks_at_once",
        "Has a hand free",
        "Holds as many tasks as they may",
    ),
    Part(
        "hours",
        "person",
        "(me.minutes_per_day is null or me.minutes_today < me.minutes_per_day)",
        "Under the daily limit",
        "At the daily limit",
    ),
)


# A shift begins on a day of the person's own calendar; a day that differs replaces its pattern.
_ON_SHIFT = """(
  (cardinality(a.week_starts) = 0 and clock.minute / 1440 <> all(a.other_days))
  or exists (
    select from unnest(a.week_starts, a.week_minutes) as s(start, minutes),
      lateral (select (clock.minute + 4320 - s.start) %% 10080 as gone) g
    where g.gone < s.minutes and (clock.minute - g.gone) / 1440 <> all(a.other_days))
  or exists (
    select from unnest(a.extra_starts, a.extra_minutes) as s(start, minutes)
    where clock.minute >= s.start and clock.minute < s.start + s.minutes))"""

#: What people hold now: `holds` has an item for each, such as "skill:boxes/2" (and one for each
#: level below it), "gate:boxes", "language:de"; one array, as each aggregate costs at every pull.
#: Parameters: vendor, now, and people (a list of ids, or null for all).
ME = f"""
  select a.person_id as person, a.vendor_id as vendor, a.active, a.tasks_at_once,
    a.minutes_per_day, clock.minute as local_minute,
    {_ON_SHIFT} as on_shift,
    roles.member, roles.reviewer,
    array(select e.client_id from access_engagement e
      join tenancy_organization o on o.id = e.client_id and o.state = 'active'
      where e.vendor_id = a.vendor_id and e.starts_at <= %(now)s
      and (e.ends_at is null or e.ends_at > %(now)s)) as clients,
    held.holds, held.choosy,
    (select count(*) from tasks_queueentry h
      where h.lessee = a.person_id and h.state = 'leased') as in_hand,
    case when a.minutes_per_day is null then 0 else
      (select coalesce(extract(epoch from
         sum(coalesce(h.finished_at, %(now)s) - h.leased_at)) / 60, 0)
       from tasks_queueentry h where h.lessee = a.person_id and h.leased_at >=
         date_trunc('day', %(now)s at time zone a.time_zone) at time zone a.time_zone)
    end as minutes_today
  from people_availability a, lateral (
    select floor(extract(epoch from (%(now)s at time zone a.time_zone)) / 60)::int as minute) clock,
  lateral (select count(*) > 0 as member, coalesce(bool_or(m.role = 'reviewer'), false) as reviewer
    from access_membership m where m.user_id = a.person_id and m.organization_id = a.vendor_id
      and m.role in ('annotator', 'reviewer')) roles,
  lateral (select coalesce(array_agg(
      s.kind || ':' || s.value || case s.kind when 'skill' then '/' || g else '' end),
      '{{}}') as holds, coalesce(bool_or(s.kind = 'only_for'), false) as choosy
    from people_standing s, generate_series(1, case s.kind when 'skill' then s.level else 1 end) g
    where s.vendor_id = a.vendor_id and s.person_id = a.person_id
      and (s.starts_at is null or s.starts_at <= %(now)s)
      and (s.expires_at is null or s.expires_at > %(now)s)) held
  where a.vendor_id = %(vendor)s
    and (%(people)s::uuid[] is null or a.person_id = any(%(people)s::uuid[]))"""  # noqa: S608 - made of constants


def levels_in(holds: Iterable[str]) -> dict[str, int]:
    """Give the highest level of each skill in `holds`."""
    levels: dict[str, int] = {}
    for item in holds:
        kind, _, held = item.partition(":")
        if kind == "skill":
            skill, _, level = held.rpartition("/")
            levels[skill] = max(levels.get(skill, 0), int(level))
    return levels


#: Each part as a column of its own, `p_` and its name.
ANSWERS = ", ".join(f"({part.sql}) as p_{part.name}" for part in PARTS)
#: What a piece of work may ask of people, in columns of the queue.
REQUIREMENTS = ("skill", "level", "certificate", "clearance", "language", "nda")
_REQUIRED = ", ".join(f"q.{name}" for name in REQUIREMENTS)


def predicate() -> str:
    """Give all parts as one condition on `q` and `me`.

    What looks at the work stands in a CASE: the planner would multiply the parts' selectivities,
    expect hardly a row, and sort the queue instead of walking it in the order of its index.
    """
    alone = " and ".join(part.sql for part in PARTS if part.of == "person")
    work = " and ".join(part.sql for part in PARTS if part.of == "work")
    return f"{alone} and case when {work} then true else false end"


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the predicate, answered for one person and one piece of work."""

    name: str
    holds: bool
    #: What it says, in words for the person and for the board.
    text: str


def explain(*, vendor: UUID, person: UUID, entry: UUID) -> list[Check]:
    """Answer every part for a person of the vendor and one entry of the queue: why, or why not.

    Empty for who was never taken on, or for an entry that is not there.
    """
    sql = f"""with me as ({ME})
      select {ANSWERS}, {_REQUIRED}
      from tasks_queueentry q, me where q.id = %(entry)s"""  # noqa: S608 - made of constants
    values = {"vendor": vendor, "people": [person], "now": now(), "entry": entry}
    names = [*(f"p_{part.name}" for part in PARTS), *REQUIREMENTS]
    found = [dict(zip(names, row, strict=True)) for row in run_prepared(sql, values)]
    return checks_of(found[0]) if found else []


def checks_of(found: dict[str, Any]) -> list[Check]:
    """Put a row of `ANSWERS` into words; a requirement that the work does not make is left out.

    found: the answers, with skill, level, certificate, clearance, language and nda of the work.
    """
    return [
        Check(
            part.name,
            found[f"p_{part.name}"],
            (part.passed if found[f"p_{part.name}"] else part.failed).format_map(found),
        )
        for part in PARTS
        if found.get(part.name) not in {"", False}
    ]


def open_engagements(vendor: UUID) -> Any:
    """Select the ids of active clients that have engaged the vendor now."""
    instant = now()
    return Engagement.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=instant),
        vendor_id=vendor,
        starts_at__lte=instant,
        client__state="active",
    ).values("client_id")
