"""API tokens in the Authorization header."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from core.accounts.models import ApiToken, Person
from core.accounts.tokens import authenticate_token
from core.web.assurance import require_sudo_scope


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer custos_...`; the token binds the request to one organization."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        asked = request._request
        match = asked.resolver_match
        place = match.kwargs.get("tenant") if match else None
        token, seen = authenticate_token(secret.decode("latin-1").strip(), place=place)
        request.doorway = seen  # type: ignore[attr-defined]
        require_sudo_scope(match.route if match else "", asked, sudo=token.sudo)
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"
