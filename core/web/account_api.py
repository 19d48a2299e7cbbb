"""The API of one's own account: who am I, where do I work, my tokens."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access.actors import Actor
from core.access.door import organizations_of
from core.accounts.models import ApiToken, Person
from core.accounts.tokens import issue_token, revoke_token
from core.audit.log import record
from core.errors import NotFound, NotSignedIn
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.web.api import ApiView, checked_body


class Credentials(serializers.Serializer[Any]):
    email = serializers.EmailField()
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    organization = serializers.SlugField(max_length=63)
    name = serializers.CharField(max_length=80, default="command line")
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class NewToken(serializers.Serializer[Any]):
    organization = serializers.SlugField(max_length=63)
    name = serializers.CharField(max_length=80)
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)


def _token_json(token: ApiToken) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "name": token.name,
        "organization": token.organization.slug,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }


def _issue(user: Person, body: dict[str, Any]) -> Response:
    membership = next(
        (m for m in organizations_of(user) if m.organization.slug == body["organization"]), None
    )
    if membership is None:
        raise NotFound
    owner = provider()
    with scope(owner.id):
        token, secret = issue_token(
            user=user,
            organization=membership.organization,
            name=body["name"],
            lifetime=timedelta(days=body["days"]),
        )
        record(
            action="token.issued",
            actor=Actor.person(user),
            tenant=owner.id,
            subject=("api_token", token.id),
            details={"organization": str(token.organization_id), "days": body["days"]},
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
        return _issue(user, body)


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
        return _issue(self.person, checked_body(NewToken, request))


class TokenDetail(ApiView):
    def delete(self, request: Request, token: UUID) -> Response:
        revoke_token(user=self.person, token_id=token)
        return Response(status=204)
