"""What can be found. Each room says it for its own things, in its findable.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.door import Entry
from core.access.permissions import Permission
from core.tenancy.models import TenantOwned


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: what it is called, where it is, and a line below.

    path: below the pages of the organization that was looked through; from the root if it begins
    with a slash, for what a vendor's people do at a client.
    """

    title: str
    path: str
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: words in lower case, and ids that begin as the text does."""

    text: str
    words: tuple[str, ...]
    ids: tuple[UUID, UUID] | None = None


@dataclass(frozen=True, slots=True)
class Findable:
    """A kind of thing with a name. `columns` hold it; `permission` is what opens its list.

    `show` gives the hit of a row, its path below the organization's pages; `related` are rows that
    `show` reads besides.
    """

    kind: str
    label: str
    icon: str
    permission: Permission
    model: type[TenantOwned]
    columns: tuple[str, ...]
    show: Callable[[Any], Hit]
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finder:
    """A kind of thing that has no name of its own: `find` gives its hits, in the open scope."""

    label: str
    icon: str
    permission: Permission
    find: Callable[[Entry, Asked, int], list[Hit]]


FINDABLE: list[Findable] = []
FINDERS: list[Finder] = []


def findable(thing: Findable) -> None:
    """Let a kind of thing be found by the words of its name, and by the beginning of its id."""
    FINDABLE.append(thing)


def finder(found: Finder) -> None:
    """Let a kind of thing be found by a function."""
    FINDERS.append(found)
