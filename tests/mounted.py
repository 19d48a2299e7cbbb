"""Requests to the real ASGI app, in this process: what is mounted beside Django, counted too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from django.db.backends.signals import connection_created
from rest_framework.test import APIClient

from tests.loops import run_apart

ORIGIN = "http://testserver"


def request(
    client: APIClient | None, method: str, path: str, *, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send one request as whom `client` is signed in as; None as nobody.

    Like our own pages: it names its origin, and speaks tus.
    """
    from core.web.asgi import application

    given = {"Origin": ORIGIN, "Tus-Resumable": "1.0.0", **(headers or {})}
    if client is not None:
        given |= {"Cookie": "; ".join(f"{n}={c.value}" for n, c in client.cookies.items())}
        token = client._credentials.get("HTTP_AUTHORIZATION")
        given |= {"Authorization": token} if token else {}

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as asking:
            return await asking.request(method, path, headers=given)

    answer: httpx.Response = run_apart(send())
    return answer


class _Count:
    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        self.queries += 1
        return execute(sql, *rest)


@contextmanager
def counted() -> Iterator[_Count]:
    """Count what threads ask of the database that connect anew for each call, as intake's do."""
    count = _Count()

    def listen(connection: Any, **_: Any) -> None:
        connection.execute_wrappers[:] = [count]

    connection_created.connect(listen, dispatch_uid="tests.mounted")
    try:
        yield count
    finally:
        connection_created.disconnect(dispatch_uid="tests.mounted")
