"""The API of one's own account: who am I, where do I work, my tokens."""

from datetime import datetime
from typing import Any, Literal, TypedDict
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.door import organizations_of
from core.accounts.assurance import passkey_proven
from core.accounts.models import ApiToken, Person
from core.errors import NotSignedIn
from core.web import token_acts
from core.web.answers import Id, Slug
from core.web.api import ApiView, LimitedView, checked_body
from core.web.described import described
from core.web.paging import page_of
from core.web.time_zones import set_time_zone


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


class MyTimeZone(serializers.Serializer[Any]):
    time_zone = serializers.CharField(max_length=64)


class TokenJson(TypedDict):
    """A token, without its secret."""

    id: Id
    name: str
    organization: Slug
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    permissions: list[str] | None
    sudo: bool


class NewTokenJson(TokenJson):
    """A token that was just made; its secret is shown this once."""

    secret: str


class WorkplaceJson(TypedDict):
    slug: Slug
    kind: Literal["client", "vendor", "provider"]
    role: str


class MeJson(TypedDict):
    """A person, and where they work."""

    id: Id
    email: str
    name: str
    time_zone: str
    organizations: list[WorkplaceJson]


def _token_json(token: ApiToken) -> TokenJson:
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


class SignIn(LimitedView):
    """Exchange e-mail and password for a token. Wrong tries are counted by django-axes."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @described("sign_in", secret=True, body=Credentials, answer=NewTokenJson, status=201)
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

    @described("get_me", answer=MeJson)
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

    @described("set_my_time_zone", body=MyTimeZone, answer=MeJson)
    def patch(self, request: Request) -> Response:
        """Show me times in another zone."""
        zone = checked_body(MyTimeZone, request)["time_zone"]
        set_time_zone(person=self.person, zone=zone)
        self.person.refresh_from_db(fields=["time_zone"])
        return self.get(request)


class Tokens(ApiView):
    """One's own tokens that were not revoked."""

    @described("list_my_tokens", page=TokenJson)
    def get(self, request: Request) -> Response:
        rows = ApiToken.objects.filter(user=self.person, revoked_at__isnull=True)
        rows = rows.select_related("organization").order_by("-created_at", "id")
        return page_of(request, rows, _token_json)

    @described("create_token", secret=True, body=NewToken, answer=NewTokenJson, status=201)
    def post(self, request: Request) -> Response:
        """Make a token; only from a session, so that a stolen token can't outlive itself."""
        if isinstance(request.auth, ApiToken):
            raise NotSignedIn("A token can't make tokens: sign in to the portal.")
        proven = passkey_proven(request._request.session, self.person)
        return _issue(self.person, checked_body(NewToken, request), second_factor=proven)


class TokenDetail(ApiView):
    """End a token; what it opened is shut at once."""

    @described("revoke_token", status=204)
    def delete(self, request: Request, token: UUID) -> Response:
        token_acts.revoke(user=self.person, token_id=token)
        return Response(status=204)
