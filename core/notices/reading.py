"""What a person is told, read organization by organization."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from core.notices.kinds import KINDS, Kind
from core.notices.models import Mark, Notice
from core.tenancy.models import Organization
from core.tenancy.names import names_together
from core.tenancy.scope import scope

PAGE = 25


@dataclass(frozen=True, slots=True)
class Told:
    """One notice, in words; `organization` is its slug."""

    id: UUID
    kind: Kind
    sentence: str
    path: str
    organization: str
    organization_name: str
    created_at: datetime
    read_at: datetime | None


def inbox(
    person: Any, places: set[UUID], *, unread: bool = False, kind: str = "", place: str = ""
) -> QuerySet[Mark]:
    """Give the marks of a person's notices in the organizations `places`, newest first.

    kind, place: narrow to one kind, or to the organization of that slug.
    """
    rows = Mark.objects.filter(person=person, tenant_id__in=places, kind__in=KINDS)
    if unread:
        rows = rows.filter(read_at__isnull=True)
    if kind:
        rows = rows.filter(kind=kind)
    if place:
        rows = rows.filter(tenant_id__in=Organization.objects.filter(slug=place).values("id"))
    return rows.order_by("-created_at", "id")


def unread(person: Any, places: set[UUID]) -> int:
    """Count what a person has not read."""
    rows = Mark.objects.filter(person=person, read_at__isnull=True, tenant_id__in=places)
    return rows.filter(kind__in=KINDS).count()


def page_of(rows: QuerySet[Mark], number: object) -> tuple[Page[Mark], list[Told]]:
    """Give a page of the list with its words."""
    page = Paginator(rows, PAGE).get_page(str(number or 1))
    return page, words_of(list(page.object_list))


def words_of(marks: list[Mark]) -> list[Told]:
    """Read the words of notices, one organization's scope after the other; order is kept.

    Where the scope shows whoever asks nothing, nothing is told.
    """
    by_place: dict[UUID, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_place[mark.tenant_id].append(mark)
    places = {row.id: row for row in Organization.objects.filter(id__in=by_place)}
    names = names_together(places.values())
    found: dict[UUID, Told] = {}
    for place, here in by_place.items():
        person = {mark.id: mark.person_id for mark in here}
        with scope(place):
            for row in Notice.objects.filter(id__in=list(person)):
                if row.person_id == person[row.id]:
                    found[row.id] = _told(row, places[place].slug, names[place], here)
    return [found[mark.id] for mark in marks if mark.id in found]


def _told(row: Notice, slug: str, name: str, marks: list[Mark]) -> Told:
    mark = next(mark for mark in marks if mark.id == row.id)
    kind = KINDS[row.kind]
    sentence = kind.say(row.parts)
    return Told(row.id, kind, sentence, row.path, slug, name, row.created_at, mark.read_at)
