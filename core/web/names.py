"""What organizations are called where a page names them: by their own words, not by a slug.

The profile is an organization's own row, which only a room above core knows; it says here how it is
read. Names are kept for a few minutes in the shared cache, so that a page costs no query more.
"""

from collections.abc import Callable
from uuid import UUID

from django.core.cache import cache

from core.tenancy.models import Organization
from core.tenancy.scope import scope

KEPT_SECONDS = 300

_readers: list[Callable[[], str]] = []


def names_are_read_by(reader: Callable[[], str]) -> None:
    """Say what gives the name of the organization whose scope is open; empty where it has none."""
    _readers[:] = [reader]


def name_of(organization: Organization) -> str:
    """Give what an organization is called, for somebody who may enter it; its slug without a name.

    Reads in its scope as who asks: of an organization that they may not enter it tells the slug.
    """
    key = _key(organization.id)
    known = cache.get(key)
    if known is None:
        with scope(organization.id):
            known = _readers[0]() if _readers else ""
        cache.set(key, known, KEPT_SECONDS)
    return str(known) or organization.slug


def forget_name(organization: UUID) -> None:
    """Read the name anew: it was changed."""
    cache.delete(_key(organization))


def _key(organization: UUID) -> str:
    return f"organization-name:{organization}"
