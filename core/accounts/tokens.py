"""API tokens: shown once, stored as a SHA-256, bound to one organization."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from core.access.door import organizations_of
from core.accounts.models import ApiToken, Person
from core.clock import now
from core.errors import Invalid, NotFound, NotSignedIn
from core.tenancy.models import Organization

PREFIX = "custos_"
LIFETIME = timedelta(days=90)


def _digest(secret: str) -> bytes:
    # The secret has 256 random bits, so a fast hash is as strong as a slow one here.
    return hashlib.sha256(secret.encode()).digest()


def issue_token(
    *, user: Person, organization: Organization, name: str, lifetime: timedelta = LIFETIME
) -> tuple[ApiToken, str]:
    """Make a token and give it with its secret, which can't be read again.

    Raises NotFound when the person does not work in that organization.
    """
    if not any(m.organization_id == organization.id for m in organizations_of(user)):
        raise NotFound
    if not name.strip():
        raise Invalid("Name the token after the program that will use it.", field="name")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        organization=organization,
        name=name.strip(),
        digest=_digest(secret),
        expires_at=now() + lifetime,
    )
    return token, secret


def revoke_token(*, user: Person, token_id: Any) -> None:
    """End one of the person's own tokens. Raises NotFound."""
    if not ApiToken.objects.filter(id=token_id, user=user).update(revoked_at=now()):
        raise NotFound


def authenticate_token(secret: str) -> ApiToken:
    """Find the live token of `secret`. Raises NotSignedIn, whatever is wrong with it."""
    token = (
        ApiToken.objects.select_related("user", "organization")
        .filter(
            digest=_digest(secret),
            revoked_at__isnull=True,
            expires_at__gt=now(),
            user__is_active=True,
        )
        .first()
    )
    if token is None:
        raise NotSignedIn("This API token is unknown, expired or revoked. Make a new one.")
    return token
