"""Base of the portal's pages, and the way home."""

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views import View
from django.views.generic import TemplateView

from core.access.actors import Actor
from core.access.door import Entry, enter, organizations_of
from core.access.models import AuditorGrant, Membership
from core.access.permissions import Permission, Role
from core.accounts.models import Person
from core.clock import now
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.web.navigation import nav_items, operator_items


class PortalPage(LoginRequiredMixin, TemplateView):
    """A page for a signed-in person."""

    @property
    def person(self) -> Person:
        user = self.request.user
        assert isinstance(user, Person)
        return user

    @property
    def actor(self) -> Actor:
        return Actor.person(self.person)


class TenantPage(PortalPage):
    """A page in one organization. `permission` is what it needs; `permissions` by method."""

    permission: ClassVar[Permission]
    permissions: ClassVar[dict[str, Permission]] = {}

    tenant: Organization
    entry: Entry

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.entry = enter(request.user, kwargs["tenant"])
        self.tenant = self.entry.organization
        self.entry.require(self.permissions.get(str(request.method), self.permission))
        return super().dispatch(request, *args, **kwargs)

    def holds(self, permission: Permission) -> bool:
        """Say whether the person may do `permission` here."""
        return permission in self.entry.permissions

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "tenant": self.tenant,
            "tenant_name": name_of(self.tenant),
            "entry": self.entry,
            "nav_items": nav_items(self.entry, self.request.path),
            "may": {permission.name.lower(): True for permission in self.entry.permissions},
        }
        # The URL's own `tenant` is a slug; templates want the organization.
        return super().get_context_data(**(kwargs | context))


class OperatorPage(PortalPage):
    """A page of the provider's own desk; for others it does not exist."""

    permission: ClassVar[Permission]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        membership = (
            Membership.objects.filter(user=request.user, organization__kind="provider")
            .select_related("organization")
            .first()
        )
        if membership is None:
            raise NotFound
        if self.permission not in enter(request.user, membership.organization.slug).permissions:
            raise NotFound
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"nav_items": operator_items(self.request.path), "tenant_name": "Custos"}
        return super().get_context_data(**(context | kwargs))


class Root(LoginRequiredMixin, View):
    """/: to the place where this person works."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(home_of(request.user))


def home_of(user: Any) -> str:
    """Give the address of a person's home."""
    memberships = organizations_of(user)
    roles = {Role(m.role) for m in memberships}
    if Role.OPERATOR in roles:
        return "/operator/"
    if Role.AUDITOR in roles:
        grant = (
            AuditorGrant.objects.filter(user=user, expires_at__gt=now())
            .select_related("organization")
            .order_by("created_at")
            .first()
        )
        return f"/t/{grant.organization.slug}/log" if grant else "/nowhere"
    if not memberships:
        return "/nowhere"
    return f"/t/{memberships[0].organization.slug}/"


class OrganizationRoot(LoginRequiredMixin, View):
    """/t/<slug>/: to the first place in its rail."""

    def get(self, request: HttpRequest, tenant: str) -> HttpResponseBase:
        entry = enter(request.user, tenant)
        items = nav_items(entry, request.path)
        places = [item for item in items if str(item["url"]).startswith("/t/")]
        if not places:
            entry.require_active()
            raise NotFound
        return HttpResponseRedirect(str(places[0]["url"]))


class Nowhere(PortalPage):
    """For an account without work: what to do about it."""

    template_name = "nowhere.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"nav_items": [], "tenant_name": "No organization yet"}
        return super().get_context_data(**(context | kwargs))
