"""The portal's API for commands: pages, clear errors, retries that do nothing twice."""

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from core.cli.places import Place
from core.errors import (
    Conflict,
    CustosError,
    Gone,
    Invalid,
    NotFound,
    NotSignedIn,
    PermissionDenied,
    TooManyRequests,
    Unavailable,
)

TIMEOUT: Final = httpx.Timeout(60, connect=10)
#: Sends of one request before it is given up, and the longest wait between two, in seconds.
TRIES: Final = 4
PATIENCE: Final = 60

ERRORS: Final[dict[int, type[CustosError]]] = {
    400: Invalid,
    401: NotSignedIn,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}


class Portal:
    """One organization at one portal. Use it in a `with` block.

    A POST carries an Idempotency-Key: after a cut it is sent again without being done twice.
    """

    def __init__(
        self,
        place: Place,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.place = place
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=place.url,
            timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {place.token}"},
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def me(self) -> dict[str, Any]:
        """Tell who the token is of, and where they work."""
        return self._asked("GET", "/api/v1/me")

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """Read `path` below the organization. Raises as the API's problem says."""
        return self._asked("GET", self._below(path), params=dict(query or {}))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Do something below the organization, once. Raises as the API's problem says."""
        return self._asked(
            "POST",
            self._below(path),
            json=dict(body or {}),
            headers={"Idempotency-Key": str(uuid4())},
        )

    def rows(
        self, path: str, query: Mapping[str, str | int], *, most: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Give the rows of a list, page after page; `most`: how many at most."""
        asked, given = dict(query), 0
        while True:
            page = self.get(path, asked)
            for row in page["results"]:
                if given == most:
                    return
                given += 1
                yield row
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]

    def _below(self, path: str) -> str:
        return f"/api/v1/t/{self.place.tenant}/{path}"

    def _asked(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        for left in reversed(range(TRIES)):
            try:
                answer = self._http.request(method, path, **what)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                if not left or isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
                    raise Unavailable(f"{self.place.url} can't be reached: {error}") from error
                self._sleep(2.0 ** (TRIES - left - 1))
                continue
            wait = _wait(answer)
            if wait is None or not left:
                return _read(answer)
            self._sleep(wait)
        raise AssertionError("the last try gives or raises")


def _wait(answer: httpx.Response) -> float | None:
    """Give the seconds after which to ask again, if that may help."""
    if answer.status_code not in {429, 502, 503, 504}:
        return None
    after = answer.headers.get("Retry-After", "")
    return min(float(after), PATIENCE) if after.isdecimal() else 2.0


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body
    try:
        told = answer.json()
        words = f"{told['detail']} (request {told['request_id']})"
    except (ValueError, KeyError, TypeError):
        words = f"The portal answered {answer.status_code}."
    raise ERRORS.get(answer.status_code, Unavailable)(words)
