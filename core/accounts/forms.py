"""Forms that we put in the place of allauth's."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms


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
