"""A password asked for outside the sign-in page: wrong ones count and lock as they do there."""

from collections.abc import Callable

from django.contrib.auth import authenticate
from django.http import HttpRequest

from core.accounts.models import Person


def counted(request: HttpRequest) -> Callable[[Person, str], bool]:
    """Give a check of somebody's password for one request."""

    def proves(person: Person, password: str) -> bool:
        return authenticate(request, email=person.email, password=password) == person

    return proves
