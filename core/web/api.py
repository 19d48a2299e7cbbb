"""Base of the API's views: who asks, in whose scope, with which permission."""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Final
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core.access.actors import Actor
from core.access.door import Entry, enter
from core.access.models import Membership
from core.access.permissions import Permission
from core.accounts.models import ApiToken, Person
from core.errors import CustosError, Invalid, NotFound
from core.tenancy.models import Organization
from core.web import idempotency
from core.web.conditional import edited, with_tag
from core.web.limits import Allowance, count, require
from core.web.strict import require_types

Handler = Callable[..., Any]
#: Bodies that Django holds in memory anyway.
WHOLE: Final = frozenset({"", "application/json", "text/csv"})
EDITS: Final = frozenset({"PUT", "PATCH", "DELETE"})


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
    """Give the validated body, or raise DRF's ValidationError, which names each field.

    Its JSON has the types that the API's document names: 0 is no text, and "yes" is not true.
    """
    sent: Any = request.data
    if sent is None:
        kind(data=None).is_valid(raise_exception=True)  # it says this better
    require_types(_kept(kind), sent)
    data: dict[str, Any] = _kept(kind).run_validation(sent)
    return data


@cache
def _kept(kind: type[Serializer[Any]]) -> Serializer[Any]:
    """One of each kind: to make one copies each of its fields, and checking leaves nothing in it.

    So it may know nothing of a request: a serializer of ours asks for no context.
    """
    return kind()


def checked_query(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Give the validated parameters of the query. Raises as `checked_body`."""
    data: dict[str, Any] = _kept(kind).run_validation(request.query_params.dict())
    return data


class LimitedView(APIView):
    """A view whose callers are counted, and whose reads carry a tag."""

    allowance: Allowance | None = None

    def _count(self, user: Any, token: Any) -> None:
        self.allowance = count(user, token, self.request._request)
        require(self.allowance)

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        except (CustosError, APIException):
            self._count(None, None)
            raise

    def check_permissions(self, request: Request) -> None:
        """Count the caller before the door: whoever finds nothing is counted like any other."""
        self._count(request.user, request.auth)
        super().check_permissions(request)

    def acted(self, request: Request, handler: Handler, *args: Any, **kwargs: Any) -> Any:
        """Call the view's method."""
        return handler(request, *args, **kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As DRF's, with what stands around the view's method: limits, tags, keys."""
        self.args, self.kwargs = args, kwargs
        asked = self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(asked, *args, **kwargs)
            known = request.method and request.method.lower() in self.http_method_names
            name = str(request.method).lower()
            handler = getattr(self, name, self.http_method_not_allowed) if known else None
            answer = self.acted(asked, handler or self.http_method_not_allowed, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 (as DRF: what is no answer is raised again)
            answer = self.handle_exception(error)
        done: HttpResponseBase = self.finalize_response(asked, answer, *args, **kwargs)
        if self.allowance is not None:
            self.allowance.write(done)
        if isinstance(done, SimpleTemplateResponse):
            done.add_post_render_callback(lambda rendered: with_tag(asked, rendered))
            return done
        return with_tag(asked, done)


class ApiView(LimitedView):
    """A view for a signed-in person, in no organization's scope."""

    #: Whether a POST takes an Idempotency-Key, and an edit If-Match: those in somebody's scope do.
    in_scope: ClassVar[bool] = False
    #: The organization whose scope it is, once the door has said so.
    place: UUID | None = None

    def acted(self, request: Request, handler: Handler, *args: Any, **kwargs: Any) -> Any:
        """Call the view's method: once for a key, and only on the state that If-Match names."""

        def act() -> Any:
            return handler(request, *args, **kwargs)

        if request.method == "POST" and idempotency.HEADER in request.headers:
            return idempotency.once(self._claim(request), act)
        if request.method in EDITS and "If-Match" in request.headers:
            read = getattr(self, "get", None)
            if self.place is None or read is None:
                raise Invalid("If-Match is not offered here: there is no state to read.")
            return edited(request, self.place, lambda: read(request, *args, **kwargs), act)
        return act()

    def _claim(self, request: Request) -> idempotency.Claim:
        operation = getattr(self.post, "operation", None) if hasattr(self, "post") else None
        whole = (request.content_type or "").partition(";")[0] in WHOLE
        if self.place is None or operation is None or operation.secret or not whole:
            raise Invalid(
                "This operation takes no Idempotency-Key: its answer is not kept. "
                "Look whether it was done before you send it again.",
                field=idempotency.HEADER,
            )
        caller = request.auth.id if isinstance(request.auth, ApiToken) else self.person.id
        return idempotency.Claim.of(request, tenant=self.place, caller=caller)

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
    in_scope = True

    tenant: Organization
    entry: Entry

    @property
    def user_id(self) -> UUID:
        return self.person.id

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        seen = getattr(request, "doorway", None)
        self.entry = enter(request.user, kwargs["tenant"], seen)
        if isinstance(request.auth, ApiToken):
            self.entry = through_token(request.auth, self.entry)
        self.tenant = self.entry.organization
        self.place = self.tenant.id
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        if method in self.permissions:
            self.entry.require(self.permissions[method])


class ProviderView(ApiView):
    """A view of the provider's own desk: operators only; for others it does not exist."""

    permissions: ClassVar[dict[str, Permission]] = {}
    in_scope = True

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
        self.place = membership.organization_id
        if isinstance(request.auth, ApiToken):
            if request.auth.organization_id != membership.organization_id:
                raise NotFound
            entry = entry.narrowed(request.auth.permissions)
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        if method in self.permissions and self.permissions[method] not in entry.permissions:
            raise NotFound
