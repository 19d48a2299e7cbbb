"""What organizations are called where people read of them: by their own words, not by a slug.

The profile is an organization's own row, which only a room above core knows; it says here how it is
read. Names are kept for a few minutes in the shared cache, so that a page costs no query more.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.core.cache import cache

from core.tenancy.asking import asking_as_system
from core.tenancy.models import Organization
from core.tenancy.scope import scope

KEPT_SECONDS = 300

#: Where an object keeps what was read together with others.
_CALLED = "_called"

_readers: list[Callable[[], str]] = []


def names_are_read_by(reader: Callable[[], str]) -> None:
    """Say what gives the name of the organization whose scope is open; empty where it has none."""
    _readers[:] = [reader]


def name_of(organization: Organization) -> str:
    """Give what an organization is called; its slug where it has no name.

    For whoever is told of it anyway: a statement names a client whose engagement has ended.
    """
    together = organization.__dict__.get(_CALLED)
    if together is not None:
        return str(together)
    key = _key(organization.id)
    known = cache.get(key)
    if known is None:
        known = _read(organization.id)
        cache.set(key, known, KEPT_SECONDS)
    return str(known) or organization.slug


def call_together(rows: Iterable[Organization]) -> None:
    """Read what each of these is called in one trip, for all that ask of these very objects."""
    several = list(rows)
    names = names_together(several)
    for row in several:
        row.__dict__[_CALLED] = names[row.id]


def names_together(rows: Iterable[Organization]) -> dict[UUID, str]:
    """Give what each of these organizations is called, by id, in one trip to the cache."""
    slugs = {row.id: row.slug for row in rows}
    known = cache.get_many([_key(one) for one in slugs])
    fresh = {_key(one): _read(one) for one in slugs if _key(one) not in known}
    if fresh:
        cache.set_many(fresh, KEPT_SECONDS)
    known |= fresh
    return {one: str(known[_key(one)]) or slug for one, slug in slugs.items()}


def names_of(organizations: Iterable[UUID]) -> dict[UUID, str]:
    """Give what each of these organizations is called, by id; read together."""
    return names_together(Organization.objects.filter(id__in=set(organizations)))


def names_by_slug(slugs: Iterable[str]) -> dict[str, str]:
    """Give what each of these organizations is called, by slug; read together."""
    rows = list(Organization.objects.filter(slug__in=set(slugs)))
    names = names_together(rows)
    return {row.slug: names[row.id] for row in rows}


def forget_name(organization: UUID) -> None:
    """Read the name anew: it was changed."""
    cache.delete(_key(organization))


def _read(organization: UUID) -> str:
    # Kept for whoever asks next, so it must not hang on who asks now: one to whom that scope is
    # shut would leave an empty name for all.
    with asking_as_system(), scope(organization):
        return _readers[0]() if _readers else ""


def _key(organization: UUID) -> str:
    return f"organization-name:{organization}"
