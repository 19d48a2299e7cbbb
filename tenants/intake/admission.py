"""Who may upload: the checks of the API's views, for an app beside Django.

An API token, or a session's cookie. With a cookie every request that changes something must come
from our own pages, which its Origin header says; there is no form to carry a token.
"""

import io
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest

from core.access.actors import Actor
from core.access.door import Doorway, Entry, enter
from core.access.permissions import Permission
from core.accounts.assurance import require_passkey
from core.accounts.models import ApiToken
from core.accounts.tokens import authenticate_token
from core.errors import CustosError, NotSignedIn
from core.web.api import through_token

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OtherSite(CustosError):
    """A browser sent a person's cookie along from another site's page."""

    code = "csrf_failed"
    status = 403


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person inside an organization's scope."""

    actor: Actor
    entry: Entry


def admit(scope: dict[str, Any], *, slug: str, method: str, permission: Permission) -> Admitted:
    """Let a request in.

    scope: the ASGI connection. Raises NotSignedIn, NotFound for an organization that is not the
    person's, PermissionDenied, OtherSite.
    """
    request = ASGIRequest(scope, io.BytesIO())
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token: ApiToken | None = None
    seen: Doorway | None = None
    if scheme.lower() == "bearer":
        token, seen = authenticate_token(secret.strip(), place=slug)
        user: Any = token.user
    else:
        user = _session_user(request)
        if method not in SAFE_METHODS:
            _require_own_page(request)
    entry = enter(user, slug, seen)
    if token is not None:
        entry = through_token(token, entry)
    entry.require(permission)
    return Admitted(Actor.person(user), entry)


def _session_user(request: ASGIRequest) -> Any:
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        raise NotSignedIn("Sign in, or send an API token, to upload.")
    require_passkey(request.session, user)
    return user


def _require_own_page(request: ASGIRequest) -> None:
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    if request.headers.get("Origin") not in own:
        raise OtherSite("This request does not come from a page of this portal.")
