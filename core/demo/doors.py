"""One signed-in person at the portal's HTTP API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from core.demo.errors import DemoStopped


class Visitor:
    """Calls the API as one person, by a token bound to one organization.

    Any answer outside 2xx stops the demo with what the server said, unless the caller asks for
    the bare status.
    """

    def __init__(self, base_url: str, *, name: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.name = name
        self.base_url = base_url
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=60)

    def get(self, path: str, **params: Any) -> Any:
        return self._checked(self._http.get(f"/api/v1/{path}", params=params)).json()

    def post(self, path: str, body: Any = None) -> Any:
        return _body(self._checked(self._http.post(f"/api/v1/{path}", json=body or {})))

    def put(self, path: str, body: Any) -> Any:
        return _body(self._checked(self._http.put(f"/api/v1/{path}", json=body)))

    def patch(self, path: str, body: Any) -> Any:
        return _body(self._checked(self._http.patch(f"/api/v1/{path}", json=body)))

    def text(self, path: str) -> str:
        """A plain text answer."""
        return self._checked(self._http.get(f"/api/v1/{path}")).text

    def download(self, path: str) -> bytes:
        return self._checked(self._http.get(f"/api/v1/{path}")).content

    def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The bare answer, whatever its status; for probes and for tus."""
        return self._http.request(method, f"/api/v1/{path}", **options)

    def close(self) -> None:
        self._http.close()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        request = answer.request
        raise DemoStopped(
            f"{self.name}: {request.method} {request.url.path} answered {answer.status_code}: "
            f"{answer.text[:500]}"
        )


def _body(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


def wait_for(
    what: str, look: Callable[[], Any], *, seconds: float = 300, every: float = 0.25
) -> Any:
    """Ask ``look`` until it gives something true, and give that. Raises DemoStopped."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise DemoStopped(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(every)
