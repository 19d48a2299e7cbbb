"""API tokens: shown once, stored as a SHA-256, bound to one organization.

A token does what its person's roles allow at the time of each request, narrowed to the permissions
that it was made with. Dangerous acts it does only if it was made with `sudo`, and a role that wants
a passkey lends nothing to a token that was made without one.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from core.access.door import Doorway, asking_place, organizations_of, reach_of
from core.access.models import Membership
from core.accounts.assurance import needs_passkey
from core.accounts.models import ApiToken, Person
from core.clock import now
from core.errors import Invalid, NotFound, NotSignedIn, SecondFactorNeeded
from core.tenancy.models import Organization
from core.tenancy.prepared import Asking, Prepared, ask_together

#: Secret scanners of code hosts look for it.
PREFIX = "custos_"
LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=365)
#: The time of the last use is kept to the minute: one write a minute, not one a request.
USE_STEP = timedelta(minutes=1)


def _digest(secret: str) -> bytes:
    # The secret has 256 random bits, so a fast hash is as strong as a slow one here.
    return hashlib.sha256(secret.encode()).digest()


def issue_token(
    *,
    user: Person,
    organization: Organization,
    name: str,
    lifetime: timedelta = LIFETIME,
    permissions: Iterable[str] | None = None,
    sudo: bool = False,
    second_factor: bool = False,
) -> tuple[ApiToken, str]:
    """Make a token and give it with its secret, which can't be read again.

    Raises NotFound when the person does not work in that organization, SecondFactorNeeded when a
    role of theirs wants a passkey and none was shown, Invalid for a name, a lifetime or permissions
    that cannot be.
    """
    if not any(m.organization_id == organization.id for m in organizations_of(user)):
        raise NotFound
    if not second_factor and needs_passkey(user):
        raise SecondFactorNeeded(
            "Your role needs a passkey: sign in to the portal with it and make the token there."
        )
    if not name.strip():
        raise Invalid("Name the token after the program that will use it.", field="name")
    if not timedelta() < lifetime <= LONGEST:
        raise Invalid("A token works for a day at least and a year at most.", field="days")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        organization=organization,
        name=name.strip(),
        digest=_digest(secret),
        permissions=_narrowing(user, organization, permissions),
        sudo=sudo,
        second_factor=second_factor,
        expires_at=now() + lifetime,
    )
    return token, secret


def _narrowing(
    user: Person, organization: Organization, permissions: Iterable[str] | None
) -> list[str] | None:
    if permissions is None:
        return None
    wanted = sorted(set(permissions))
    if not wanted:
        raise Invalid("Choose at least one permission for the token.", field="permissions")
    missing = [p for p in wanted if p not in reach_of(user, organization)]
    if missing:
        raise Invalid(
            f"Your role does not hold {', '.join(missing)}: a token cannot either.",
            field="permissions",
        )
    return wanted


def revoke_token(*, user: Person, token_id: Any) -> ApiToken:
    """End one of the person's own tokens, from the next request on. Raises NotFound."""
    token = ApiToken.objects.filter(id=token_id, user=user, revoked_at__isnull=True).first()
    if token is None:
        raise NotFound
    token.revoked_at = now()
    token.save(update_fields=["revoked_at"])
    return token


_LIVE = Prepared(
    lambda digest, instant: ApiToken.objects.select_related("user", "organization").filter(
        digest=digest, revoked_at__isnull=True, expires_at__gt=instant, user__is_active=True
    )[:1],
    digest=bytes,
    instant=datetime,
)


#: Read with the token, as the door is where nearly every request goes next.
_MEMBERSHIPS = Prepared(
    lambda digest: Membership.objects.filter(user__api_tokens__digest=digest).select_related(
        "organization"
    ),
    digest=bytes,
)


def authenticate_token(secret: str, *, place: str | None = None) -> tuple[ApiToken, Doorway | None]:
    """Find the live token of `secret`, and what the door wants to know to open `place`, if any.

    Raises NotSignedIn, whatever is wrong with it; SecondFactorNeeded when its person has come to a
    role that wants a passkey after it was made without one.
    """
    instant, digest = now(), _digest(secret)
    asked: list[Asking[Any]] = [_LIVE.asking(digest=digest, instant=instant)]
    if place is not None:
        asked += [_MEMBERSHIPS.asking(digest=digest), *asking_place(place)]
    found, *seen = ask_together(*asked)
    if not found:
        raise NotSignedIn("This API token is unknown, expired or revoked. Make a new one.")
    token: ApiToken = found[0]
    if not token.second_factor and needs_passkey(token.user):
        raise SecondFactorNeeded(
            "This token was made without the passkey that your role needs. Make another."
        )
    if token.last_used_at is None or token.last_used_at <= instant - USE_STEP:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lte=instant - USE_STEP)
        ApiToken.objects.filter(unused, id=token.id).update(last_used_at=instant)
    return token, None if place is None else Doorway(place, *seen)
