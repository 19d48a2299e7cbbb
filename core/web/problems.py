"""API errors as RFC 9457 problem documents."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import DataError, IntegrityError
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from core.errors import CustosError, TooManyRequests
from core.web.errors import problem_response

SAME_INSTANT = "Somebody did the same at this instant. Load it again; nothing of yours was stored."

#: What values raise that fit their form and no store: a zero byte, half a surrogate pair, an
#: instant before the year 1, a number of a thousand digits, lists in lists without end.
BEYOND = (DataError, OverflowError, RecursionError, UnicodeError)
BEYOND_ALL = "There is a value in this request that can't be stored: too large, or no text."

#: Errors of others, and what is told. Services look first; two that look at the same instant
#: meet in the database's constraint.
TOLD: tuple[tuple[type[Exception] | tuple[type[Exception], ...], int, str, str], ...] = (
    (IntegrityError, 409, "conflict", SAME_INSTANT),
    (BEYOND, 400, "invalid", BEYOND_ALL),
    (Http404, 404, "not_found", "There is nothing here for you."),
)

log = logging.getLogger(__name__)


def _fields(detail: Any) -> str:
    """Say a serializer's errors in one line: field, then what is wrong."""
    if isinstance(detail, dict):
        return " ".join(f"{field}: {_fields(errors)}" for field, errors in detail.items())
    if isinstance(detail, list):
        return " ".join(_fields(entry) for entry in detail)
    return str(detail)


def problem_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler."""
    extra: dict[str, Any] | None
    request_id = getattr(context["request"]._request, "id", "")
    if isinstance(error, CustosError):
        if error.status >= 500:
            log.error("request %s: %s: %s", request_id, error.code, error.message)
        extra = {"field": error.field} if error.field else None
        response = problem_response(
            status=error.status,
            code=error.code,
            detail=error.message,
            request_id=request_id,
            extra=extra,
        )
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
        return response
    for kinds, status, code, detail in TOLD:
        if isinstance(error, kinds):
            if status != 404:
                log.warning("request %s: %s: %s", request_id, code, type(error).__name__)
            return problem_response(status=status, code=code, detail=detail, request_id=request_id)
    if isinstance(error, DjangoPermissionDenied):
        return problem_response(
            status=403, code="permission_denied", detail=str(error), request_id=request_id
        )
    if isinstance(error, exceptions.APIException):
        codes = error.get_codes()
        code = codes if isinstance(codes, str) else "invalid"
        extra = {"errors": error.detail} if isinstance(error.detail, dict) else None
        response = problem_response(
            status=error.status_code,
            code=code,
            detail=_fields(error.detail),
            request_id=request_id,
            extra=extra,
        )
        header = getattr(error, "auth_header", None)
        if header:
            response["WWW-Authenticate"] = header
        return response
    return None
