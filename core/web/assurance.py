"""The one place that asks a session for more than a sign-in: a passkey, or a fresh proof.

Tokens carry no session: what they may do is decided where they are read, by the same list.
"""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import suspend_request
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from core.accounts.assurance import fresh, has_passkey, needs_passkey, passkey_proven
from core.errors import CustosError, ProofTooOld, SecondFactorNeeded, SudoScopeNeeded
from core.web.errors import problem_response
from core.web.middleware import Handler

T = "t/<slug:tenant>"

CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

#: Routes, as in the URL conf, whose changes can't be undone, give power away or open what is
#: closed. A session must have proved itself lately, a token must have been made for them.
DANGEROUS: dict[str, frozenset[str]] = dict.fromkeys(
    (
        "accounts/2fa/recovery-codes/generate/",
        "accounts/2fa/totp/activate/",
        "accounts/2fa/totp/deactivate/",
        "accounts/2fa/webauthn/add/",
        "accounts/2fa/webauthn/keys/<int:pk>/edit/",
        "accounts/2fa/webauthn/keys/<int:pk>/remove/",
        "accounts/email/",
        "accounts/password/change/",
        "account/tokens",
        "operator/",
        "operator/auditors",
        "operator/keys",
        "operator/organizations",
        "operator/organizations/<uuid:organization>",
        "operator/rates",
        f"{T}/clips/<uuid:clip>/erase",
        f"{T}/home",
        f"{T}/invoices/<uuid:invoice>",
        f"{T}/key",
        f"{T}/log/<uuid:entry_id>",
        f"{T}/log/webhook",
        f"{T}/members",
        f"{T}/terms",
        "api/v1/me/tokens",
        "api/v1/operator/applications/<uuid:application>/approve",
        "api/v1/operator/audit-grants",
        "api/v1/operator/audit-grants/<uuid:grant>",
        "api/v1/operator/engagements",
        "api/v1/operator/engagements/<uuid:engagement>",
        "api/v1/operator/keys",
        "api/v1/operator/organizations/<uuid:organization>/standing",
        "api/v1/operator/rate-cards",
        "api/v1/operator/rate-cards/<uuid:card>/draft",
        f"api/v1/{T}/clips/<uuid:clip>",
        f"api/v1/{T}/contracts",
        f"api/v1/{T}/contracts/<uuid:contract>/sign",
        f"api/v1/{T}/invitations",
        f"api/v1/{T}/invitations/<uuid:invitation>",
        f"api/v1/{T}/invoices/<uuid:invoice>/refunds",
        f"api/v1/{T}/log/entries/<uuid:entry>/resolve",
        f"api/v1/{T}/key",
        f"api/v1/{T}/members/<uuid:membership>",
        f"api/v1/{T}/webhook",
        f"api/v1/{T}/webhook/secret",
    ),
    CHANGES,
)

#: Reads that open what is closed when the query asks for it: by route, the parameter. Whatever is
#: given to it asks, apart from what `SAID_NO` holds.
DANGEROUS_QUERIES: dict[str, str] = {f"api/v1/{T}/log/bundle": "disclose"}
SAID_NO = frozenset({"", "0", "false"})

#: What stays open to somebody who has yet to show the passkey that their role asks for: the way to
#: it, the way out, and what asks for no account at all.
OPEN: frozenset[str] = frozenset(
    {
        "accounts/2fa/reauthenticate/",
        "accounts/2fa/webauthn/add/",
        "accounts/2fa/webauthn/login/",
        "accounts/2fa/webauthn/reauthenticate/",
        "accounts/login/",
        "accounts/logout/",
        "accounts/reauthenticate/",
        "healthz",
        "readyz",
    }
)


def dangerous(route: str, request: HttpRequest) -> bool:
    """Say whether a request to `route` (as in the URL conf) is a dangerous act."""
    if request.method in DANGEROUS.get(route, ()):
        return True
    parameter = DANGEROUS_QUERIES.get(route)
    return parameter is not None and bool(set(request.GET.getlist(parameter)) - SAID_NO)


def require_sudo_scope(route: str, request: HttpRequest, *, sudo: bool) -> None:
    """Raise SudoScopeNeeded when a token without `sudo` is used for a dangerous act."""
    if not sudo and dangerous(route, request):
        raise SudoScopeNeeded(
            "This act needs a token that was made with `sudo`. Make one on your account's page."
        )


class AssuranceMiddleware:
    """Ask the signed-in session for a passkey or a fresh proof, before any view runs."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponseBase | None:
        if not request.user.is_authenticated:
            return None
        assert request.resolver_match is not None
        route = request.resolver_match.route
        if (
            route not in OPEN
            and not passkey_proven(request.session, request.user)
            and needs_passkey(request.user)
        ):
            return _to_passkey(request)
        if dangerous(route, request) and not fresh(request.session):
            return _to_proof(request)
        return None


def _to_passkey(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith("/api/"):
        return _refused(
            request,
            SecondFactorNeeded(
                "Your role opens nothing without a passkey. Sign in to the portal with one."
            ),
        )
    known = has_passkey(request.user)
    page = reverse("mfa_reauthenticate_webauthn" if known else "mfa_add_webauthn")
    path = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    return HttpResponseRedirect(f"{page}?{urlencode({'next': path})}")


def _to_proof(request: HttpRequest) -> HttpResponseBase:
    """Keep the form that was sent, ask who it is, and send it on."""
    if request.path.startswith("/api/"):
        return _refused(
            request,
            ProofTooOld(
                "This act asks for a proof of the last 15 minutes that it is you. Confirm it at "
                "/accounts/reauthenticate/ and try again."
            ),
        )
    methods = get_adapter().get_reauthentication_methods(request.user)
    page = methods[0]["url"] if methods else reverse("account_login")
    redirect: HttpResponseRedirect = suspend_request(request, page)
    return redirect


def _refused(request: HttpRequest, error: CustosError) -> HttpResponse:
    return problem_response(
        status=error.status,
        code=error.code,
        detail=error.message,
        request_id=getattr(request, "id", ""),
    )
