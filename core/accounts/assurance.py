"""How sure we are who somebody is: a passkey where a role asks for one, and how long ago.

allauth keeps in the session by which methods somebody proved who they are, and when. Operators and
auditors must have proved it with a passkey that they still have; a dangerous act asks everybody for
a proof of the last `FRESH`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator

from core.access.models import Membership
from core.access.permissions import Role
from core.clock import now
from core.errors import SecondFactorNeeded
from core.tenancy.prepared import Prepared

PASSKEY_ROLES = frozenset({Role.AUDITOR, Role.OPERATOR})
#: As long as GitHub's is hours and sudo's is minutes: a laptop left open at lunch is closed again.
FRESH = timedelta(minutes=15)


def _proofs(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(session.get(AUTHENTICATION_METHODS_SESSION_KEY, []))


_IN_PASSKEY_ROLES = Prepared(
    lambda user: Membership.objects.filter(user=user, role__in=sorted(PASSKEY_ROLES))[:1], user=UUID
)


def needs_passkey(user: Any) -> bool:
    """Say whether one of the person's roles opens nothing without a passkey."""
    return _IN_PASSKEY_ROLES.first(user=user.pk) is not None


def has_passkey(user: Any) -> bool:
    """Say whether the person has registered a passkey."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists())


def passkey_proven(session: Mapping[str, Any], user: Any) -> bool:
    """Say whether this session was opened or confirmed with a passkey that the person still has."""
    used = [p.get("id") for p in _proofs(session) if p.get("type") == Authenticator.Type.WEBAUTHN]
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN, pk__in=used)
    return bool(used) and bool(keys.exists())


def require_passkey(session: Mapping[str, Any], user: Any) -> None:
    """Raise SecondFactorNeeded where a role of the person wants a passkey and none was shown."""
    if not passkey_proven(session, user) and needs_passkey(user):
        raise SecondFactorNeeded(
            "Your role opens nothing without a passkey. Sign in to the portal with one."
        )


def fresh(session: Mapping[str, Any]) -> bool:
    """Say whether the person proved who they are within the last `FRESH`, by any method."""
    latest = max((float(proof.get("at", 0)) for proof in _proofs(session)), default=0.0)
    return now().timestamp() - latest < FRESH.total_seconds()
