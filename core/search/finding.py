"""Looking for things, in one organization's scope at a time, as the person who looks."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Lower

from core.access.door import Entry, enter, organizations_of
from core.access.models import Membership
from core.access.permissions import Permission, Role
from core.errors import NotFound
from core.search.indexing import SPLIT
from core.search.models import LONGEST, SearchWord
from core.search.registry import FINDABLE, FINDERS, Asked, Findable, Hit
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.scope import scope
from core.web.navigation import account_items, nav_items, operator_items

#: Hits of a kind in one organization, words that count, and organizations that are looked through.
MOST, MOST_WORDS, MOST_PLACES = 6, 6, 5
#: Digits of an id from which on it is looked for: eight are shown on pages.
ID_DIGITS = 6
_ID = re.compile(rf"[0-9a-f]{{{ID_DIGITS},32}}")
#: What follows every word that begins with a prefix: no word holds it.
_END = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind in one place."""

    label: str
    icon: str
    place: str
    hits: list[Hit]


def read_query(text: str) -> Asked:
    """Read what somebody typed; the same rules part words as in names."""
    text = " ".join(text.replace("\x00", " ").split())[:200]
    words = [word for word in re.split(SPLIT, text.lower()) if word]
    digits = text.lower().replace("-", "")
    ids = None
    if _ID.fullmatch(digits):
        ids = (UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
    return Asked(text, tuple(word[:LONGEST] for word in words[:MOST_WORDS]), ids)


def look(user: Any, asked: Asked, *, here: str = "") -> list[Group]:
    """Find what a person may see: pages, then things of `here` and of where else they belong.

    here: the slug of the organization whose page they are on; nothing if they may not enter it.
    """
    if not asked.words:
        return []
    groups: list[Group] = []
    for entry in _places(user, here):
        groups += look_here(entry, asked)
    return [*_desk(user, asked), *groups, *_account(asked)]


def look_here(entry: Entry, asked: Asked) -> list[Group]:
    """Find pages and things of the organization that was entered."""
    return [*_pages(entry, asked), *_things(entry, asked)] if asked.words else []


def _places(user: Any, here: str) -> list[Entry]:
    own = [m.organization.slug for m in organizations_of(user)]
    found = []
    for slug in list(dict.fromkeys([here, *own] if here else own))[:MOST_PLACES]:
        try:
            found.append(enter(user, slug))
        except NotFound:
            continue
    return found


def _fits(asked: Asked, name: str) -> bool:
    """Say whether each word that was typed begins one of the name."""
    words = re.split(SPLIT, name.lower())
    return all(any(word.startswith(part) for word in words) for part in asked.words)


def _of(items: list[dict[str, object]], asked: Asked) -> list[Hit]:
    return [
        Hit(str(item["label"]), str(item["url"]))
        for item in items
        if _fits(asked, str(item["label"]))
    ]


def _group(label: str, icon: str, place: str, hits: list[Hit]) -> list[Group]:
    return [Group(label, icon, place, hits)] if hits else []


def _pages(entry: Entry, asked: Asked) -> list[Group]:
    items = [item for item in nav_items(entry, "") if str(item["url"]).startswith("/t/")]
    place = name_of(entry.organization)
    return _group("Pages", "arrow-up-right", place, _of(items, asked))


def _account(asked: Asked) -> list[Group]:
    return _group("Your account", "user", "", _of(account_items("")[1:], asked))


def _desk(user: Any, asked: Asked) -> list[Group]:
    """The operator's pages, and organizations by the beginning of their name."""
    if not Membership.objects.filter(user=user, role=Role.OPERATOR).exists():
        return []
    # Organizations are nobody's rows: LIKE may use their index.
    rows = Organization.objects.exclude(kind=Organization.Kind.PROVIDER)
    rows = rows.filter(slug__contains="-".join(asked.words)).order_by("slug")[:MOST]
    hits = [
        Hit(name_of(row), f"/operator/organizations/{row.id}", f"{row.slug}, {row.kind}")
        for row in rows
    ]
    return [
        *_group("Desk", "arrow-up-right", "", _of(operator_items(""), asked)),
        *_group("Organizations", "building-2", "", hits),
    ]


def _things(entry: Entry, asked: Asked) -> list[Group]:
    place = name_of(entry.organization)
    base = f"/t/{entry.organization.slug}/"
    groups: list[Group] = []
    with scope(entry.organization.id):
        for thing in FINDABLE:
            if _may(entry, thing.permission):
                hits = [thing.show(row) for row in _rows(thing, asked)]
                groups += _group(thing.label, thing.icon, place, _below(base, hits))
        for one in FINDERS:
            if _may(entry, one.permission):
                hits = one.find(entry, asked, MOST)
                groups += _group(one.label, one.icon, place, _below(base, hits))
    return groups


def _may(entry: Entry, permission: Permission) -> bool:
    return permission in entry.permissions


def _below(base: str, hits: list[Hit]) -> list[Hit]:
    return [
        hit if hit.path.startswith("/") else Hit(hit.title, base + hit.path, hit.sub)
        for hit in hits
    ]


def _rows(thing: Findable, asked: Asked) -> list[Any]:
    rows = thing.model.objects.select_related(*thing.related)
    found = list(rows.filter(id__in=by_words(thing.kind, asked.words)[:MOST]))
    if asked.ids and len(found) < MOST:
        known = {row.id for row in found}
        more = rows.filter(id__range=asked.ids)[: MOST - len(found)]
        found += [row for row in more if row.id not in known]
    return found


def by_words(kind: str, words: tuple[str, ...]) -> QuerySet[SearchWord, UUID]:
    """Give the ids of a kind's things in whose names each word begins one, in the open scope.

    The longest word is looked up first: it has the fewest.
    """
    first, *others = sorted(words, key=len, reverse=True)
    rows = _beginning(SearchWord.objects.filter(kind=kind), first)
    for word in others:
        same = SearchWord.objects.filter(object_id=OuterRef("object_id"), kind=kind)
        rows = rows.filter(Exists(_beginning(same, word)))
    return rows.values_list("object_id", flat=True).distinct()


def _beginning(rows: QuerySet[SearchWord], prefix: str) -> QuerySet[SearchWord]:
    # PostgreSQL's own lower(), so that both sides agree on every letter; of a value it is constant.
    low = Lower(Value(prefix))
    return rows.filter(word__gte=low, word__lt=Concat(low, Value(_END)))
