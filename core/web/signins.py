"""Sign-ins and all that changes an account belong to no tenant: they are in the provider's log.

The network is a commitment whose value can be erased; the password is never written.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from core.access.actors import Actor
from core.accounts.models import Person
from core.audit.log import record
from core.tenancy.provider import provider
from core.tenancy.scope import scope


def _network(request: HttpRequest | None) -> dict[str, str]:
    address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    return {"network": address} if address else {}


def _write(
    action: str,
    person: Person,
    request: HttpRequest | None,
    *,
    details: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
) -> None:
    owner = provider()
    with scope(owner.id):
        record(
            action=action,
            actor=Actor.person(person),
            tenant=owner.id,
            subject=("person", person.id),
            details=details,
            personal={**_network(request), **(personal or {})},
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


@receiver(mfa.authenticator_added)
@receiver(mfa.authenticator_removed)
@receiver(mfa.authenticator_reset)
@receiver(mfa.authenticator_used)
def factor(
    sender: Any,
    signal: Signal,
    request: HttpRequest,
    user: Person,
    authenticator: Authenticator,
    **kwargs: Any,
) -> None:
    """Write that a second factor came, went, was renewed or was used; its kind only."""
    _write(_FACTOR_ACTIONS[signal], user, request, details={"kind": authenticator.type})


_FACTOR_ACTIONS = {
    mfa.authenticator_added: "factor.added",
    mfa.authenticator_removed: "factor.removed",
    mfa.authenticator_reset: "factor.renewed",
    mfa.authenticator_used: "factor.used",
}


@receiver(mfa.authentication_failed)
def factor_refused(sender: Any, request: HttpRequest, user: Person, **kwargs: Any) -> None:
    _write("factor.refused", user, request)


@receiver(account.password_set)
@receiver(account.password_changed)
@receiver(account.password_reset)
def password(sender: Any, request: HttpRequest, user: Person, **kwargs: Any) -> None:
    _write("password.changed", user, request)


@receiver(account.email_changed)
def address(
    sender: Any,
    request: HttpRequest,
    user: Person,
    from_email_address: Any,
    to_email_address: Any,
    **kwargs: Any,
) -> None:
    """Write that somebody's address is another one; both as commitments."""
    old = {"from": from_email_address.email} if from_email_address else {}
    _write("email.changed", user, request, personal={**old, "to": to_email_address.email})
