"""Base of the API's views: who asks, in whose scope, with which permission."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core.access.actors import Actor
from core.access.door import Entry, enter
from core.access.models import Membership
from core.access.permissions import Permission
from core.accounts.models import ApiToken, Person
from core.errors import NotFound
from core.tenancy.models import Organization


def through_token(token: ApiToken, entry: Entry) -> Entry:
    """Give what is left of an entry for a program: no more than the token's own permissions.

    A token of a vendor reaches the clients that the vendor is engaged by; one of the provider, the
    organizations that its person may enter; any other only its own. Raises NotFound elsewhere.
    """
    if token.organization_id == entry.organization.id:
        opens = True
    elif entry.vendor_id is not None:
        opens = token.organization_id == entry.vendor_id
    else:
        opens = token.organization.kind == Organization.Kind.PROVIDER
    if not opens:
        raise NotFound
    return entry.narrowed(token.permissions)


def checked_body(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Give the validated body, or raise DRF's ValidationError, which names each field."""
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


class ApiView(APIView):
    """A view for a signed-in person, in no organization's scope."""

    @property
    def person(self) -> Person:
        """The one who asks; REST_FRAMEWORK's default permission lets nobody else in."""
        user = self.request.user
        assert isinstance(user, Person)
        return user

    @property
    def actor(self) -> Actor:
        return Actor.person(self.person)


class TenantView(ApiView):
    """A view below /t/<tenant>/. `permissions` names what each method needs; others are refused.

    Inside, `self.tenant` and `self.entry` are set; no scope is open: services open their own.
    """

    permissions: ClassVar[dict[str, Permission]] = {}

    tenant: Organization
    entry: Entry

    @property
    def user_id(self) -> UUID:
        return self.person.id

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.entry = enter(request.user, kwargs["tenant"])
        if isinstance(request.auth, ApiToken):
            self.entry = through_token(request.auth, self.entry)
        self.tenant = self.entry.organization
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        if method in self.permissions:
            self.entry.require(self.permissions[method])


class ProviderView(ApiView):
    """A view of the provider's own desk: operators only; for others it does not exist."""

    permissions: ClassVar[dict[str, Permission]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        membership = (
            Membership.objects.filter(user=self.person, organization__kind="provider")
            .select_related("organization")
            .first()
        )
        if membership is None:
            raise NotFound
        entry = enter(request.user, membership.organization.slug)
        if isinstance(request.auth, ApiToken):
            if request.auth.organization_id != membership.organization_id:
                raise NotFound
            entry = entry.narrowed(request.auth.permissions)
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        if method in self.permissions and self.permissions[method] not in entry.permissions:
            raise NotFound
