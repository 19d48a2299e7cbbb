"""Lists of the API: a page, and the cursor of the next one.

A cursor holds the place of the last row in the list's order, so rows that come or go in between
shift nothing. It is a name for a place, not a secret: whoever may not read a row finds none there.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid

PAGE: Final = 100
PAGE_LIMIT: Final = 500
#: A place may hold a file's name of 255 characters, each of up to four bytes.
CURSOR_LIMIT: Final = 2_000

Row = TypeVar("Row", bound=Model)
NOT_OURS = "This cursor is not one of ours: take it from `next` of a page of this list."


class PageQuery(serializers.Serializer[Any]):
    """Where in a list, and how much of it."""

    cursor = serializers.CharField(
        required=False, max_length=CURSOR_LIMIT, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=PAGE_LIMIT, default=PAGE, help_text="How many at most."
    )


@dataclass(frozen=True, slots=True)
class Order:
    """One field of an order: its path from the row (`user__email`), and which way.

    nullable: rows without a value come last, or first where it descends, as in PostgreSQL.
    """

    path: str
    descending: bool
    nullable: bool = False

    def of(self, row: Model) -> Any:
        value: Any = row
        for name in self.path.split("__"):
            value = getattr(value, name)
        return value

    def beyond(self, value: Any) -> Q:
        if value is None and self.nullable:
            return Q(**{f"{self.path}__isnull": False}) if self.descending else Q(pk__in=[])
        found = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        if self.nullable and not self.descending:
            found |= Q(**{f"{self.path}__isnull": True})
        return found


def _order_of(rows: QuerySet[Row]) -> list[Order]:
    """Read a queryset's order; the primary key makes it total."""
    given = [str(name) for name in rows.query.order_by or rows.model._meta.ordering or ()]
    names = given if "id" in given or "-id" in given else [*given, "id"]
    return [_field_of(rows.model, name) for name in names]


def _field_of(model: type[Model], name: str) -> Order:
    path = name.removeprefix("-")
    own = None if "__" in path else model._meta.get_field(path)
    return Order(path, name.startswith("-"), bool(own and own.null))


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return value if value is None or isinstance(value, str | int) else str(value)


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        instant = parse_datetime(value["t"])
        if instant is None or instant.tzinfo is None:
            raise ValueError("an instant without its zone")
        return instant
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError(value)
    if isinstance(value, int) and not -(2**31) <= value < 2**31:
        raise ValueError("a number beyond all rows")
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("text that no row holds")
    return value


def cursor_at(values: list[Any]) -> str:
    """Write a place in an order as a cursor."""
    parts = [_written(value) for value in values]
    written = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def place_of(cursor: str, length: int) -> list[Any]:
    """Read a cursor of `length` values. Raises Invalid."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        values = [_read(value) for value in json.loads(raw)]
    except (ValueError, TypeError, KeyError, OverflowError, binascii.Error) as error:
        raise Invalid(NOT_OURS, field="cursor") from error
    if len(values) != length:
        raise Invalid(NOT_OURS, field="cursor")
    return values


def _after(order: list[Order], values: list[Any]) -> Q:
    """Rows behind a place: equal in the first fields, beyond it in the next."""
    found, equal = Q(pk__in=[]), Q()
    for field, value in zip(order, values, strict=True):
        found |= equal & field.beyond(value)
        equal &= Q(**{field.path: value})
    return found


def asked_page(request: Request) -> tuple[str | None, int]:
    """Read `cursor` and `limit` of a query. Raises DRF's ValidationError."""
    query = PageQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return query.validated_data.get("cursor"), query.validated_data["limit"]


def page_of(
    request: Request, rows: QuerySet[Row], told: Callable[[Row], Any], **more: Any
) -> Response:
    """Answer a request for a list with one page of `rows`, each written by `told`.

    Raises as `page_of_rows`.
    """
    return page_of_rows(request, rows, lambda page: [told(row) for row in page], **more)


def page_of_rows(
    request: Request, rows: QuerySet[Row], told: Callable[[list[Row]], list[Any]], **more: Any
) -> Response:
    """Answer a request for a list with one page of `rows`, in their order, written by `told`.

    Fields of the order that may be null are the row's own. Raises Invalid for a cursor that is
    not of this list, and DRF's ValidationError.
    """
    cursor, limit = asked_page(request)
    order = _order_of(rows)
    ordered = rows.order_by(*(f"{'-' * field.descending}{field.path}" for field in order))
    if cursor is not None:
        try:
            ordered = ordered.filter(_after(order, place_of(cursor, len(order))))
            found = list(ordered[: limit + 1])
        except (ValidationError, ValueError, TypeError) as error:
            raise Invalid(NOT_OURS, field="cursor") from error
    else:
        found = list(ordered[: limit + 1])
    page = found[:limit]
    last = [field.of(page[-1]) for field in order] if len(found) > limit else None
    return listed(request, told(page), cursor_at(last) if last else None, **more)


def listed(request: Request, results: list[Any], following: str | None, **more: Any) -> Response:
    """Write a page: its rows, the cursor of the next one, and that as a link (RFC 8288)."""
    answer = Response({"results": results, "next": following, **more})
    if following is not None:
        query: QueryDict = request.query_params.copy()
        query["cursor"] = following
        address = f"{request._request.path}?{query.urlencode()}"
        answer["Link"] = f'<{address}>; rel="next"'
    return answer


def page_of_list(request: Request, items: list[Any], **more: Any) -> Response:
    """Answer with a page of a short list that was put together from more than one place.

    The cursor counts what was seen: such lists are a person's own, and short.
    """
    cursor, limit = asked_page(request)
    seen = 0
    if cursor is not None:
        (seen,) = place_of(cursor, 1)
        if not isinstance(seen, int) or seen < 0:
            raise Invalid(NOT_OURS, field="cursor")
    end = seen + limit
    following = cursor_at([end]) if end < len(items) else None
    return listed(request, items[seen:end], following, **more)
