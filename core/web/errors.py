"""Error pages: what is wrong, what to do, and an id to quote."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

TITLES = {
    400: "This request does not fit",
    401: "Sign in to go on",
    403: "Your role does not include this",
    404: "There is nothing here for you",
    409: "This cannot be done now",
    410: "This is gone",
    412: "Somebody changed it",
    422: "This does not fit together",
    429: "Too many tries",
    500: "Something broke on our side",
    503: "A part of the service is down",
}
#: Where the code says more than the status.
TITLES_BY_CODE = {
    "organization_suspended": "This organization is suspended",
    "csrf_failed": "This form is too old",
}


def error_page(
    request: HttpRequest, *, status: int, code: str = "", message: str = ""
) -> HttpResponse:
    """Render an error as a page, or as problem+json under /api/."""
    request_id = getattr(request, "id", "")
    title = TITLES_BY_CODE.get(code) or TITLES.get(status, "This did not work")
    if request.path.startswith("/api/"):
        return problem_response(
            status=status, code=code or "error", detail=message or title, request_id=request_id
        )
    context = {
        "status": status,
        "code": code,
        "title": title,
        "message": message,
        "request_id": request_id,
        "back": _sent_from(request),
    }
    return render(request, "error.html", context, status=status)


def _sent_from(request: HttpRequest) -> str:
    """Give the page of ours whose form was sent; "" where that is not known."""
    if request.method != "POST":
        return ""
    came_from = urlsplit(request.headers.get("Referer", ""))
    try:
        ours = came_from.netloc == request.get_host()
    except DisallowedHost:
        return ""
    if not ours or not came_from.path.startswith("/") or came_from.path.startswith("//"):
        return ""
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def problem_response(
    *, status: int, code: str, detail: str, request_id: str, extra: dict[str, Any] | None = None
) -> JsonResponse:
    """Give an RFC 9457 problem document."""
    body = {
        "type": f"about:blank#{code}",
        "title": TITLES_BY_CODE.get(code) or TITLES.get(status, "This did not work"),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
        **(extra or {}),
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404 with the very words of a hidden object: both look the same."""
    return error_page(
        request, status=404, code="not_found", message="There is nothing here for you."
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, status=400, code="invalid")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, status=403, code="permission_denied")


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        status=500,
        code="internal",
        message="We have kept the error. Quote the id below when you ask about it.",
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        status=403,
        code="csrf_failed",
        message=(
            "You signed out or in since it was loaded, or it came from another site. "
            "Load the page again and send it."
        ),
    )
