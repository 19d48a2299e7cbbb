"""What every response carries: an id to quote, a content security policy, a person's time zone."""

import logging
import zoneinfo
from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.errors import CustosError
from core.tenancy.asking import asking_from_anew
from core.web import request_ids
from core.web.errors import error_page
from core.web.problems import SAME_INSTANT

log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]

#: No inline script or style, nothing from elsewhere. The workbench decodes in a worker of its own.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


class RequestIdMiddleware:
    """Give each request an unguessable id; it is in the log line and on the error page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = request_ids.begin()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class AskerMiddleware:
    """Forget after each request who asked: threads are used again."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with asking_from_anew():
            return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response


class ErrorPageMiddleware:
    """Turn errors of the tree that a page raised into a page; the API has its own handler.

    An address with a zero byte is refused here: PostgreSQL's text can't hold one.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            message = "There is a zero byte in this address. Check where it came from."
            return error_page(request, status=400, code="invalid", message=message)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, CustosError):
            if error.status >= 500:
                log.error("%s: %s", error.code, error.message)
            return error_page(request, status=error.status, code=error.code, message=error.message)
        if isinstance(error, IntegrityError):
            return error_page(request, status=409, code="conflict", message=SAME_INSTANT)
        return None


class TimeZoneMiddleware:
    """Show times in the person's own zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "UTC")
        try:
            timezone.activate(zoneinfo.ZoneInfo(zone))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
