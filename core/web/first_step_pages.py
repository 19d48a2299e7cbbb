"""Skipping a first step, and taking that back: kept by the browser, per organization."""

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views import View

from core.access.door import enter
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.models import Organization
from core.web.first_steps import Checklist, checklist, optional_keys
from core.web.pages import TenantPage

_YEAR = 365 * 24 * 3600


def cookie_of(organization: Organization) -> str:
    """Name the cookie that holds the skipped steps."""
    return f"skipped-{organization.slug}"


def skipped_by(request: HttpRequest, organization: Organization) -> set[str]:
    """Read which steps this browser's person has skipped."""
    return set(request.COOKIES.get(cookie_of(organization), "").split("."))


def checklist_for(page: TenantPage) -> Checklist | None:
    """Give the first steps for who has entered a page."""
    return checklist(page.entry, page.person, skipped_by(page.request, page.tenant))


class FirstSteps(LoginRequiredMixin, View):
    """Skip an optional step (`skip`), or show the skipped ones again (`again`)."""

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        entry = enter(request.user, tenant)
        entry.require(Permission.ORGANIZATION_READ)
        organization = entry.organization
        skipped = skipped_by(request, organization) & optional_keys(organization.kind)
        if "again" in request.POST:
            skipped = set()
        else:
            key = request.POST.get("skip", "")
            if key not in optional_keys(organization.kind):
                raise NotFound
            skipped.add(key)
        home = "/operator/" if organization.kind == "provider" else f"/t/{organization.slug}/"
        response = HttpResponseRedirect(home)
        response.set_cookie(
            cookie_of(organization),
            ".".join(sorted(skipped)),
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )
        return response
