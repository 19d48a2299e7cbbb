"""Skipping a first step, and taking that back: kept by the browser, per organization."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

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


class FirstSteps(TenantPage):
    """Skip an optional step (`skip`), or show the skipped ones again (`again`)."""

    permission = Permission.ORGANIZATION_READ
    http_method_names = ["post"]

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        skipped = skipped_by(request, self.tenant) & optional_keys(self.tenant.kind)
        if "again" in request.POST:
            skipped = set()
        else:
            key = request.POST.get("skip", "")
            if key not in optional_keys(self.tenant.kind):
                raise NotFound
            skipped.add(key)
        home = "/operator/" if self.tenant.kind == "provider" else f"/t/{self.tenant.slug}/"
        response = HttpResponseRedirect(home)
        response.set_cookie(
            cookie_of(self.tenant),
            ".".join(sorted(skipped)),
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )
        return response
