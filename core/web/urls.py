"""The URL table. Every room below core lists its own routes; they are included by name here."""

from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import module_has_submodule
from django.views.generic import RedirectView

from core.web import health, metrics
from core.web.account_pages import ChangeAddress, RemovePasskey

#: Rooms with routes. `urls.py` holds the API (below /api/v1/) and `pages.py`'s routes the portal.
#: They are tried in this order: first those that the workbench and programs ask all day.
ROOMS = [
    "workforce.routing",
    "workforce.labels",
    "workforce.tasks",
    "tenants.organizations",
    "tenants.operations",
    "tenants.contracts",
    "tenants.projects",
    "tenants.intake",
    "tenants.compliance",
    "workforce.people",
    "workforce.links",
    "workforce.workbench",
    "workforce.quality",
    "workforce.imports",
    "workforce.redaction",
    "workforce.delivery",
    "billing.rates",
    "billing.metering",
    "billing.invoicing",
    "billing.statements",
    "core.notices",
    "core.search",
    "core.web",
]


def _rooms(module: str, prefix: str) -> list[URLPattern | URLResolver]:
    return [
        path(prefix, include(f"{room}.{module}"))
        for room in ROOMS
        if module_has_submodule(import_module(room), module)
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    # Ours in the place of allauth's: one list of sessions with a button for each, an address that
    # counts until the new one is proven, a passkey that must stay. The first that fits is taken.
    path("accounts/sessions/", RedirectView.as_view(url="/account/sessions")),
    path("accounts/email/", ChangeAddress.as_view()),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", RemovePasskey.as_view()),
    path("accounts/", include("allauth.urls")),
    *_rooms("api_urls", "api/v1/"),
    *_rooms("page_urls", ""),
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.permission_denied"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
