"""Wrong passwords: counted by account and network, and by network alone; until when it is locked.

An address that nobody has is counted and locked like any other.
"""

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.web.errors import error_page

#: Wrong tries from one network within the pause, whatever the accounts: an office behind one
#: address mistypes less, a list of leaked passwords needs more.
PER_NETWORK = 50


def typed_address(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Give the address that was tried, in small letters, so that no other spelling starts anew."""
    given = credentials or {}
    typed = given.get("email") or given.get("login") or given.get("username")
    if not typed and request is not None:
        typed = request.POST.get("login", "")
    return str(typed or "").strip().lower()[:254]


def _pause() -> timedelta:
    return timedelta(hours=settings.AXES_COOLOFF_TIME)


class NetworkCeiling(AxesDatabaseHandler):  # type: ignore[misc]
    """django-axes' counts, and a ceiling on all accounts together."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        if super().is_locked(request, credentials):
            return True
        since = timezone.now() - _pause()
        tries = AccessAttempt.objects.filter(
            ip_address=get_client_ip_address(request), attempt_time__gte=since
        )
        if (tries.aggregate(n=Sum("failures_since_start"))["n"] or 0) < PER_NETWORK:
            return False
        # django-axes sets this for its own limits; its middleware then gives the lock's page.
        request.axes_locked_out = True  # type: ignore[attr-defined]
        return True


def locked_out(
    request: HttpRequest, response: Any = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Say that it is locked, and until when."""
    last = AccessAttempt.objects.filter(ip_address=get_client_ip_address(request)).aggregate(
        at=Max("attempt_time")
    )["at"]
    until = timezone.localtime((last or timezone.now()) + _pause())
    return error_page(
        request,
        status=429,
        code="locked_out",
        message=(
            "Too many wrong tries from your network. Signing in with a password works again at "
            f"{until:%H:%M} ({until.tzname()}). A passkey works now."
        ),
    )
