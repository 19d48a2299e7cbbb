"""The API of one's own account: who am I, where do I work, my tokens."""

from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access.door import organizations_of
from core.accounts.assurance import passkey_proven
from core.accounts.models import ApiToken, Person
from core.errors import NotSignedIn
from core.web import token_acts
from core.web.api import ApiView, checked_body


class Credentials(serializers.Serializer[Any]):
    email = serializers.EmailField()
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    organization = serializers.SlugField(max_length=63)
    name = serializers.CharField(max_length=80, default="command line")
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)
    permissions = serializers.ListField(child=serializers.CharField(max_length=64), default=None)
    sudo = serializers.BooleanField(default=False)


class NewToken(serializers.Serializer[Any]):
    organization = serializers.SlugField(max_length=63)
    name = serializers.CharField(max_length=80)
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)
    permissions = serializers.ListField(child=serializers.CharField(max_length=64), default=None)
    sudo = serializers.BooleanField(default=False)


def _token_json(token: ApiToken) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "name": token.name,
        "organization": token.organization.slug,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "permissions": token.permissions,
        "sudo": token.sudo,
    }


def _issue(user: Person, body: dict[str, Any], *, second_factor: bool) -> Response:
    token, secret = token_acts.issue(
        user=user,
        slug=body["organization"],
        name=body["name"],
        days=body["days"],
        permissions=body["permissions"],
        sudo=body["sudo"],
        second_factor=second_factor,
    )
    return Response({**_token_json(token), "secret": secret}, status=201)


class SignIn(APIView):
    """Exchange e-mail and password for a token. Wrong tries are counted by django-axes."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        body = checked_body(Credentials, request)
        user = authenticate(
            request._request,
            login=body["email"],
            username=body["email"],
            email=body["email"],
            password=body["password"],
        )
        if not isinstance(user, Person):
            raise NotSignedIn("This e-mail address and password do not go together.")
        if is_mfa_enabled(user):
            raise NotSignedIn(
                "This account has a second factor: sign in to the portal and make a token there."
            )
        return _issue(user, body, second_factor=False)


class Me(ApiView):
    """Who I am and where I work."""

    def get(self, request: Request) -> Response:
        user = self.person
        return Response(
            {
                "id": str(user.pk),
                "email": user.email,
                "name": user.name,
                "time_zone": user.time_zone,
                "organizations": [
                    {
                        "slug": m.organization.slug,
                        "kind": m.organization.kind,
                        "role": m.role,
                    }
                    for m in organizations_of(user)
                ],
            }
        )


class Tokens(ApiView):
    def get(self, request: Request) -> Response:
        rows = ApiToken.objects.filter(user=self.person, revoked_at__isnull=True)
        rows = rows.select_related("organization").order_by("-created_at")
        return Response({"results": [_token_json(t) for t in rows]})

    def post(self, request: Request) -> Response:
        """Make a token; only from a session, so that a stolen token can't outlive itself."""
        if isinstance(request.auth, ApiToken):
            raise NotSignedIn("A token can't make tokens: sign in to the portal.")
        proven = passkey_proven(request._request.session, self.person)
        return _issue(self.person, checked_body(NewToken, request), second_factor=proven)


class TokenDetail(ApiView):
    def delete(self, request: Request, token: UUID) -> Response:
        token_acts.revoke(user=self.person, token_id=token)
        return Response(status=204)
