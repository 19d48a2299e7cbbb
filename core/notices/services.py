"""Telling people, and what they do with what they are told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.access.actors import Actor
from core.access.permissions import Role
from core.accounts.models import Person
from core.audit.log import record
from core.clock import now
from core.errors import Invalid
from core.notices.hearers import hearers
from core.notices.kinds import KINDS, Way
from core.notices.models import DigestHour, Mark, Notice, Preference
from core.outbox.jobs import enqueue
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import require_tenant, scope

MAIL_JOB = "notices.mail"


def notify(
    kind: str,
    *,
    key: str,
    people: Iterable[UUID] | None = None,
    roles: frozenset[Role] | None = None,
    parts: Mapping[str, object] | None = None,
    path: str = "",
) -> int:
    """Tell people of something, in the open scope and the caller's transaction; give how many.

    kind: a name of KINDS. key: what happened; the same again tells nobody twice.
    people: who hears it; else everybody in the organization who holds one of `roles`, by default
    those of the kind. parts: what fills the sentence. path: where to act, below the organization's
    pages, or from the root where it begins with a slash.
    """
    told = KINDS[kind]
    tenant = require_tenant()
    if path and not path.startswith("/"):
        path = f"/t/{Organization.objects.get(id=tenant).slug}/{path}"
    hears = set(people) if people is not None else hearers(tenant, roles or told.hears)
    ways = _ways(kind, hears)
    rows = [
        Notice(
            tenant_id=tenant, person_id=person, kind=kind, key=key,
            parts=dict(parts or {}), path=path,
        )
        for person in sorted(hears, key=str)
        if ways.get(person, Way.OFF) != Way.OFF
    ]  # fmt: skip
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    written = set(
        Notice.objects.filter(id__in=[row.id for row in rows]).values_list("id", flat=True)
    )
    fresh = [row for row in rows if row.id in written]
    Mark.objects.bulk_create(
        Mark(
            id=row.id, person_id=row.person_id, tenant_id=tenant, kind=kind,
            created_at=row.created_at, in_digest=ways[row.person_id] == Way.DIGEST,
        )
        for row in fresh
    )  # fmt: skip
    for row in fresh:
        if ways[row.person_id] == Way.MAIL:
            enqueue(MAIL_JOB, tenant=tenant, args={"notice": str(row.id)})
    return len(fresh)


def _ways(kind: str, people: set[UUID]) -> dict[UUID, Way]:
    """Give how each active person of these wants to hear of a kind."""
    told = KINDS[kind]
    active = Person.objects.filter(id__in=people, is_active=True).values_list("id", flat=True)
    ways = dict.fromkeys(active, told.way)
    chosen = Preference.objects.filter(kind=kind, person_id__in=people)
    for person, way in chosen.values_list("person_id", "way"):
        if person in ways:
            ways[person] = max(Way(way), Way.PORTAL) if told.must else Way(way)
    return ways


def choices_of(person: Person) -> dict[str, Way]:
    """Give how a person hears of each kind."""
    rows = Preference.objects.filter(person=person).values_list("kind", "way")
    chosen = {kind: Way(way) for kind, way in rows}
    return {name: chosen.get(name, kind.way) for name, kind in KINDS.items()}


def digest_hour(person: Person) -> int:
    """Give the hour of their own day at which a person gets the daily e-mail."""
    row = DigestHour.objects.filter(person=person).first()
    return row.hour if row else 8


def choose(*, actor: Actor, person: Person, ways: Mapping[str, int], hour: int | None) -> None:
    """Set how a person hears of kinds, and the hour of the daily e-mail.

    Raises Invalid for a kind or way that there is not, and for turning off what must be heard.
    """
    checked = {name: _checked(name, way) for name, way in ways.items()}
    if hour is not None and not 0 <= hour <= 23:
        raise Invalid("Choose an hour from 0 to 23.", field="hour")
    before = choices_of(person)
    owner = provider()
    with transaction.atomic(), scope(owner.id):
        for name, way in checked.items():
            Preference.objects.update_or_create(
                person=person, kind=name, defaults={"way": way.value}
            )
            if way < Way.DIGEST:
                Mark.objects.filter(person=person, kind=name).update(in_digest=False)
        if hour is not None:
            DigestHour.objects.update_or_create(person=person, defaults={"hour": hour})
        changed = {n: w.name.lower() for n, w in checked.items() if before[n] != w}
        record(
            action="notices.chosen",
            actor=actor,
            tenant=owner.id,
            subject=("person", person.id),
            details={"kinds": changed, "hour": digest_hour(person)},
        )


def _checked(name: str, way: int) -> Way:
    kind = KINDS.get(name)
    if kind is None:
        raise Invalid(f"There is no kind of notice called {name}.", field=name)
    if way not in set(Way) or Way(way) not in kind.ways:
        raise Invalid(f"“{kind.title}” can't be turned off.", field=name)
    return Way(way)


def mark_read(*, person: Any, ids: Iterable[UUID] | None, places: set[UUID]) -> datetime:
    """Mark notices read, those that were already stay so; None marks all. Gives the instant, by
    which `mark_unread` takes it back.
    """
    instant = now()
    rows = Mark.objects.filter(person=person, read_at__isnull=True, tenant_id__in=places)
    if ids is not None:
        rows = rows.filter(id__in=list(ids))
    rows.update(read_at=instant)
    return instant


def mark_unread(
    *, person: Any, ids: Iterable[UUID] | None = None, at: datetime | None = None
) -> int:
    """Mark notices unread again: those of `ids`, or those that were marked at one instant."""
    rows = Mark.objects.filter(person=person, read_at__isnull=False)
    if at is not None:
        rows = rows.filter(read_at=at)
    elif ids is not None:
        rows = rows.filter(id__in=list(ids))
    else:
        return 0
    return rows.update(read_at=None)
