"""Forms that we put in the place of allauth's."""

from typing import Any

from allauth.core import context
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms

from core.accounts.second_factors import seal, unseal
from core.errors import CustosError


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that signs in without a password, unless somebody wants a mere second step."""

    name = forms.CharField(
        label="Name", required=False, max_length=60, help_text="To tell it from your others."
    )
    passwordless = forms.BooleanField(
        label="Sign in with it alone, by fingerprint, face or PIN", required=False, initial=True
    )

    def clean_name(self) -> Any:
        """Give no two passkeys of a person an empty name."""
        return super().clean_name()


class ActivateAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """An authenticator app's secret waits for its first code in the session, sealed there too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        held = session.pop(SECRET_SESSION_KEY, None)
        try:
            if held:
                session[SECRET_SESSION_KEY] = unseal(held)
        except CustosError:
            # Its root key is gone, or it never was sealed: a new code to scan costs a minute.
            pass
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = seal(self.secret)
