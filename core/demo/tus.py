"""A small tus 1.0 client: enough to send a clip, be cut off, and go on."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.demo.doors import Visitor, wait_for
from core.demo.errors import DemoStopped

_VERSION = {"Tus-Resumable": "1.0.0"}
_CHUNK = 1 << 16


class _LineCut(Exception):
    """Our own end of the line went dead, on purpose."""


@dataclass
class TusUpload:
    """One upload: created at once, then sent in as many goes as it takes."""

    visitor: Visitor
    path: Path
    location: str = ""

    def create(self, tenant: str, metadata: dict[str, str]) -> None:
        """Announce the file; ``metadata`` as the portal's tus door reads it."""
        pairs = (
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
        )
        answer = self.visitor.raw(
            "POST",
            f"t/{tenant}/uploads",
            headers={
                **_VERSION,
                "Upload-Length": str(self.path.stat().st_size),
                "Upload-Metadata": ",".join(pairs),
            },
        )
        if answer.status_code != 201:
            raise DemoStopped(f"The upload was not taken: {answer.status_code} {answer.text[:300]}")
        self.location = answer.headers["Location"].removeprefix("/api/v1/")

    def offset(self) -> int:
        """Bytes that the server holds."""
        answer = self.visitor.raw("HEAD", self.location, headers=_VERSION)
        if not answer.is_success:
            raise DemoStopped(f"HEAD of the upload answered {answer.status_code}.")
        return int(answer.headers["Upload-Offset"])

    def send(
        self, *, cut_after: int | None = None, shown: Callable[[int], None] | None = None
    ) -> httpx.Response | None:
        """Send what is left from where the server is; None where the line was cut."""
        answer: httpx.Response | None = None

        def once() -> bool:
            nonlocal answer
            answer = self._patch(self.offset(), cut_after, shown)
            # 423: the server has not noticed yet that the line was cut. 409: it took more bytes
            # between our two requests.
            return answer is None or answer.status_code not in {409, 423}

        wait_for("the upload to be free again", once, seconds=90)
        return answer

    def _patch(
        self, offset: int, cut_after: int | None, shown: Callable[[int], None] | None
    ) -> httpx.Response | None:
        size = self.path.stat().st_size
        headers = {
            **_VERSION,
            "Upload-Offset": str(offset),
            "Content-Length": str(size - offset),
            "Content-Type": "application/offset+octet-stream",
        }
        with contextlib.suppress(_LineCut):
            return self.visitor.raw(
                "PATCH",
                self.location,
                headers=headers,
                content=self._bytes(offset, cut_after, shown),
            )
        return None

    def _bytes(
        self, offset: int, cut_after: int | None, shown: Callable[[int], None] | None
    ) -> Iterator[bytes]:
        sent = 0
        with self.path.open("rb") as file:
            file.seek(offset)
            while chunk := file.read(_CHUNK):
                if cut_after is not None and sent >= cut_after:
                    raise _LineCut
                yield chunk
                sent += len(chunk)
                if shown:
                    shown(offset + sent)
