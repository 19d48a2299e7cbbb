"""Who may enter an organization today, through what, and what they did: an access review.

Whoever reviews says who should lose access, in an entry of the log. Taking it away stays with those
who give it: the organization's own people, its vendors, the provider.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import ENGAGED_PERMISSIONS, Role
from core.audit.log import record
from core.audit.models import AuditEntry
from core.audit.receipts import FRAMES_SERVED
from core.clock import now
from core.errors import Invalid
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.scope import scope
from tenants.compliance.names import person_name
from tenants.compliance.reading import Reader
from tenants.compliance.roles import WORDS

REVIEWED = "access.review.completed"
#: Without an entry for so long, somebody's access is asked about.
IDLE = timedelta(days=90)

_LAST = """
select person,
  (select time from audit_auditentry e where e.tenant_id = %(tenant)s and e.actor_id = person
   order by time desc limit 1),
  (select time from audit_auditentry e where e.tenant_id = %(tenant)s and e.actor_id = person
   and e.action = %(served)s order by time desc limit 1)
from unnest(%(people)s::uuid[]) person
"""


@dataclass(frozen=True, slots=True)
class Access:
    """One person's way in. `until`: when it ends by itself, None where it does not."""

    person: UUID
    who: str
    role: str
    through: str
    since: datetime
    until: datetime | None
    last_act: datetime | None
    last_look: datetime | None
    #: No entry for so long that it should be asked whether it is still needed.
    idle: bool
    #: Whoever reviewed last said that it should end.
    flagged: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A review as the log keeps it."""

    entry: UUID
    at: datetime
    who: str
    people: int
    flagged: frozenset[str]


def access_now(reader: Reader) -> tuple[list[Access], Review | None]:
    """Give every way in that is open now, the one unused for longest first. The read is logged."""
    reader.receipt("access.review.read", {})
    ways = _ways(reader.tenant)
    with scope(reader.tenant):
        last = _last_acts(reader.tenant, {way[0] for way in ways})
        review = _last_review(reader)
    flagged = review.flagged if review else frozenset()
    rows = [
        Access(
            person=person,
            who=person_name(person, reader.actor.id or reader.tenant),
            role=WORDS[role],
            through=through,
            since=since,
            until=until,
            last_act=last[person][0],
            last_look=last[person][1],
            idle=(last[person][0] or since) < now() - IDLE,
            flagged=str(person) in flagged,
        )
        for person, role, through, since, until in ways
    ]
    return sorted(rows, key=lambda row: (row.last_act or row.since, row.who, row.role)), review


def _ways(tenant: UUID) -> list[tuple[UUID, Role, str, datetime, datetime | None]]:
    """Memberships here, in engaged vendors and in the provider, and auditors' grants."""
    instant = now()
    ends = Q(ends_at__isnull=True) | Q(ends_at__gt=instant)
    engaged = dict(
        Engagement.objects.filter(ends, client=tenant, starts_at__lte=instant).values_list(
            "vendor", "ends_at"
        )
    )
    grants = {
        grant.user_id: grant
        for grant in AuditorGrant.objects.filter(organization=tenant, expires_at__gt=instant)
    }
    provider = Q(organization__kind=Organization.Kind.PROVIDER)
    found = Membership.objects.filter(Q(organization__in=[tenant, *engaged]) | provider)
    ways: list[tuple[UUID, Role, str, datetime, datetime | None]] = []
    for held in found.select_related("organization"):
        role = Role(held.role)
        if held.organization_id == tenant:
            ways.append((held.user_id, role, "member", held.created_at, None))
        elif held.organization_id in engaged and role in ENGAGED_PERMISSIONS:
            until = engaged[held.organization_id]
            ways.append(
                (held.user_id, role, f"vendor {name_of(held.organization)}", held.created_at, until)
            )
        elif role == Role.AUDITOR and held.user_id in grants:
            grant = grants[held.user_id]
            through = f"grant for {grant.purpose}"
            ways.append((held.user_id, role, through, grant.created_at, grant.expires_at))
        elif role == Role.OPERATOR:
            ways.append((held.user_id, role, "provider", held.created_at, None))
    return ways


def _last_acts(
    tenant: UUID, people: set[UUID]
) -> dict[UUID, tuple[datetime | None, datetime | None]]:
    with connection.cursor() as cursor:
        named: dict[str, Any] = {"tenant": tenant, "people": list(people), "served": FRAMES_SERVED}
        cursor.execute(_LAST, named)
        return {person: (act, look) for person, act, look in cursor.fetchall()}


def _last_review(reader: Reader) -> Review | None:
    entry = AuditEntry.objects.filter(action=REVIEWED).order_by("-time", "-id").first()
    if entry is None:
        return None
    body = json.loads(bytes(entry.body))
    details = body["details"]
    who = person_name(body["actor"]["id"], reader.actor.id or reader.tenant)
    return Review(entry.id, entry.time, who, details["people"], frozenset(details["flagged"]))


def complete_review(
    *, reader: Reader, seen: Sequence[str], flagged: Sequence[str], note: str
) -> UUID:
    """Log that the ways in were reviewed; give the entry's id.

    seen, flagged: ids of the people on the page, and of those who should lose access. note: in
    words, erasable. Raises Invalid where somebody flagged was not seen, nobody was seen, or
    somebody who was seen may not enter.
    """
    people, bad = sorted(set(seen)), sorted(set(flagged))
    if not people or not set(bad) <= set(people):
        raise Invalid("This page is out of date. Look at it again.", field="flagged")
    if not set(people) <= {str(person) for person, *_ in _ways(reader.tenant)}:
        raise Invalid("Somebody here may not enter any more. Look at it again.", field="seen")
    if len(note) > 2000:
        raise Invalid("Say it in at most 2,000 characters.", field="note")
    with scope(reader.tenant):
        return record(
            action=REVIEWED,
            actor=reader.actor,
            tenant=reader.tenant,
            subject=("organization", reader.tenant),
            details={
                "people": len(people),
                "people_sha256": hashlib.sha256("\n".join(people).encode()).hexdigest(),
                "flagged": bad,
            },
            personal={"note": note} if note else None,
        )
