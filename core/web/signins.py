"""Sign-ins belong to no tenant: they are in the provider's log.

The network is a commitment whose value can be erased; the password is never written.
"""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from core.access.actors import Actor
from core.accounts.models import Person
from core.audit.log import record
from core.tenancy.provider import provider
from core.tenancy.scope import scope


def _network(request: HttpRequest | None) -> dict[str, str]:
    address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    return {"network": address} if address else {}


def _write(action: str, person: Person, request: HttpRequest | None) -> None:
    owner = provider()
    with scope(owner.id):
        record(
            action=action,
            actor=Actor.person(person),
            tenant=owner.id,
            subject=("person", person.id),
            personal=_network(request),
        )


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: Person, **kwargs: Any) -> None:
    _write("session.started", user, request)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest, user: Person | None, **kwargs: Any) -> None:
    if user is not None:
        _write("session.ended", user, request)


@receiver(user_login_failed)
def refused(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Write a wrong try; of the address that was typed only a commitment."""
    typed = str(credentials.get("login") or credentials.get("email") or "")[:254]
    owner = provider()
    with scope(owner.id):
        record(
            action="session.refused",
            actor=Actor.system("sign-in"),
            tenant=owner.id,
            subject=("organization", owner.id),
            personal={**_network(request), **({"typed": typed} if typed else {})},
        )
