"""ETags of the API's JSON: If-None-Match on reads, If-Match on edits (RFC 9110, 13.1).

A tag is a hash of the answer's bytes, so that it changes exactly when the answer does. An edit with
If-Match reads what is there in the transaction that it writes in, under a lock of that address: of
two edits that start from one state the second is refused.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpResponse, HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import PreconditionFailed
from core.tenancy.scope import scope


def tag_of(content: bytes) -> str:
    """Give the entity tag of an answer's bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _names(header: str, tag: str) -> bool:
    """Say whether a list of tags, or `*`, names `tag`; a weak mark is overlooked."""
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in tags or tag in tags


def with_tag(request: Request, answer: HttpResponseBase) -> HttpResponseBase:
    """Tag a JSON answer to a read; empty it where the caller has it already (304)."""
    if (
        request.method not in {"GET", "HEAD"}
        or answer.status_code != 200
        or not isinstance(answer, HttpResponse)
        or not answer.get("Content-Type", "").startswith("application/json")
        or answer.has_header("ETag")
    ):
        return answer
    tag = tag_of(answer.content)
    answer["ETag"] = tag
    if not _names(request.headers.get("If-None-Match", ""), tag):
        return answer
    same = HttpResponse(status=304)
    for name, value in answer.items():
        if name not in {"Content-Type", "Content-Length"}:
            same[name] = value
    return same


def edited(
    request: Request, tenant: UUID, read: Callable[[], Response], act: Callable[[], Any]
) -> Any:
    """Do an edit if what is there is what If-Match names. Raises PreconditionFailed, and as both.

    read: gives the answer that GET of the same address gives.
    """
    with scope(tenant):
        with connection.cursor() as cursor:
            lock = hashlib.sha256(request._request.path.encode()).digest()[:8]
            cursor.execute("select pg_advisory_xact_lock(%s)", [int.from_bytes(lock, signed=True)])
        there = tag_of(JSONRenderer().render(read().data))
        if not _names(request.headers["If-Match"], there):
            raise PreconditionFailed(
                "Somebody changed this since you read it. Read it again and decide anew."
            )
        return act()
