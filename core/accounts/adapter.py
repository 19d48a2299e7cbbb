"""What allauth asks us: who may sign up, what a fresh proof is, what passkeys are bound to."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from core.accounts.assurance import fresh, needs_passkey
from core.accounts.models import Person
from core.accounts.second_factors import seal, unseal


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation or by an operator: the sign-up page is closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - allauth's signature
        raise RuntimeError("Sign-up is closed; accounts come from invitations.")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave the counting of wrong passwords to django-axes, which says until when."""

    def _rollback_login_failed_rl_usage(self) -> None:
        """Nothing was counted above, so that nothing is to be given back."""

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Take the sign-in itself for a proof, as long as it is fresh."""
        return not fresh(context.request.session)

    def get_reauthentication_methods(self, user: Person) -> list[dict[str, Any]]:
        """Call passkeys by their name, and offer them first."""
        words = {"mfa_reauthenticate:webauthn": "Use a passkey"}
        methods = super().get_reauthentication_methods(user)
        named = [{**m, "description": words.get(m["id"], m["description"])} for m in methods]
        return sorted(named, key=lambda m: m["id"] not in words)

    def reauthenticate(self, user: Person, password: str) -> bool:
        """Check the password as at sign-in: wrong ones count, and lock."""
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk


def relying_party(base_url: str) -> str:
    """Give the domain that passkeys are bound to; an IP address can't be one, so `localhost`."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return host
    return "localhost"


class PasskeyAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys belong to the portal's own domain, whatever Host header a request carries.

    Secrets of other second steps lie sealed.
    """

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": relying_party(settings.BASE_URL), "name": "Custos"}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last passkey of somebody whose role opens nothing without one."""
        if authenticator.type != Authenticator.Type.WEBAUTHN:
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type=authenticator.type)
        return bool(others.exclude(pk=authenticator.pk).exists()) or not needs_passkey(
            authenticator.user
        )

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's
        """Suggest a name that tells passkeys apart."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "My passkey" if count == 0 else f"Passkey {count + 1}"
