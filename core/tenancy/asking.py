"""Who asks: a person who came through the door, or a part of the system.

A scope carries the asker into its transaction, where the policy of each table checks that a person
may be there (`core.tenancy.policies`). Requests start as the system, for what happens before the
door (sign-in, tokens); the door names the person, who stays until the request has ended.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_person: ContextVar[UUID | None] = ContextVar("asking_person", default=None)
_in_request: ContextVar[bool] = ContextVar("in_request", default=False)


def asking_person() -> UUID | None:
    """Give the id of the person who asks, or None for the system."""
    return _person.get()


def ask_as_person(person: UUID) -> None:
    """Make every scope that this request opens from now on the person's.

    Outside a request nobody is named: a command that looks through the door stays the system.
    """
    if _in_request.get():
        _person.set(person)


@contextmanager
def asking_from_anew() -> Iterator[None]:
    """Begin as the system and forget on exit who asked: one request never asks as another's."""
    outer, outer_request = _person.get(), _in_request.get()
    _person.set(None)
    _in_request.set(True)
    try:
        yield
    finally:
        _person.set(outer)
        _in_request.set(outer_request)


@contextmanager
def asking_as_system() -> Iterator[None]:
    """Act for the system inside a person's request, where that person may not be themselves.

    Only for what the program does on its own account; say at the call why.
    """
    with asking_from_anew():
        yield
