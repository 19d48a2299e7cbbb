"""The sending side of tus 1.0: for `custos upload` and scripts. Needs httpx, not Django."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import httpx

from core.errors import CustosError, Gone, IntegrityFailed, Invalid, NotFound, NotSignedIn

VERSION: Final = "1.0.0"
CHUNK: Final = 1 << 20
#: Goes without a byte of progress, and the longest pause between two.
PATIENCE: Final = 8
LONGEST_PAUSE: Final = 30.0

Progress = Callable[[int], None]


class Refused(CustosError):
    """The server says no, and trying again would not help."""

    code = "refused"


class Unreachable(CustosError):
    """The server did not answer, however often it was asked."""

    code = "unreachable"


class _TryAgain(Exception):
    """This go failed; the next one may not."""


def file_sha256(path: Path, progress: Progress = lambda _: None) -> str:
    """Give a file's SHA-256 in hex. progress: told the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done)
    return digest.hexdigest()


class Bookmarks:
    """Where uploads that were cut can be resumed, by what is uploaded and where to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of_this_user(cls) -> "Bookmarks":
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(Path(cache) / "custos" / "uploads.json")

    def get(self, name: str) -> str | None:
        return self._read().get(name)

    def put(self, name: str, url: str | None) -> None:
        """Keep, or with None forget, the address of an upload."""
        known = self._read()
        known.pop(name, None)
        if url is not None:
            known[name] = url
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        beside.write_text(json.dumps(known, indent=1))
        beside.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


@dataclass(frozen=True, slots=True)
class Uploaded:
    """clip: id of the clip that the upload became; resumed_from: bytes that were there before."""

    url: str
    clip: str
    resumed_from: int


@dataclass
class TusClient:
    """Sends files to one organization. `http` has the server as its base_url."""

    http: httpx.Client
    token: str
    tenant: str
    sleep: Callable[[float], None] = time.sleep

    def own(self, url: str) -> str:
        """Give `url` as an address of this server. Raises Invalid: no other gets the token."""
        joined = self.http.base_url.join(url)
        base = self.http.base_url
        if (joined.scheme, joined.host, joined.port) != (base.scheme, base.host, base.port):
            raise Invalid(f"{url} is not on {base}: set the portal's address with --url.")
        return str(joined)

    def create(self, *, size: int, metadata: dict[str, str]) -> str:
        """Announce a file; give the address to send it to. Raises Refused, Unreachable."""
        pairs = {k: base64.b64encode(v.encode()).decode() for k, v in metadata.items() if v}
        answer = self._ask(
            "POST",
            f"/api/v1/t/{self.tenant}/uploads",
            {
                "Upload-Length": str(size),
                "Upload-Metadata": ",".join(f"{k} {v}" for k, v in pairs.items()),
            },
        )
        return self.own(answer.headers["Location"])

    def offset(self, url: str) -> tuple[int, str]:
        """How many bytes the server has, and the clip's id once all are there.

        Raises NotFound or Gone when there is no such upload any more; Refused, Unreachable.
        """
        answer = self._ask("HEAD", url, {})
        return int(answer.headers["Upload-Offset"]), answer.headers.get("Custos-Clip", "")

    def send(self, file: BinaryIO, *, size: int, url: str, progress: Progress) -> Uploaded:
        """Send what the server lacks of `file`, going on after every cut.

        Raises IntegrityFailed when what arrived is not what was declared; Refused, Unreachable,
        NotFound, Gone.
        """
        first, clip = self.offset(url)
        offset, fruitless = first, 0
        while not clip:
            progress(offset)
            try:
                clip = self._go(file, size=size, url=url, offset=offset, progress=progress)
                break
            except _TryAgain as cut:
                before = offset
                offset, clip = self.offset(url)
                fruitless = 0 if offset > before else fruitless + 1
                if fruitless >= PATIENCE:
                    raise Unreachable(f"The upload does not go on: {cut}.") from cut
                self.sleep(min(LONGEST_PAUSE, 0.25 * 2**fruitless))
        progress(size)
        return Uploaded(url, clip, first)

    def _go(self, file: BinaryIO, *, size: int, url: str, offset: int, progress: Progress) -> str:
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size - offset),
            "Upload-Offset": str(offset),
        }
        answer = self._once("PATCH", url, headers, _from(file, offset, size, progress))
        if answer.status_code in {409, 423}:
            raise _TryAgain(_said(answer))
        _raise_for(answer)
        clip = answer.headers.get("Custos-Clip", "")
        if not clip:
            raise _TryAgain("part of the file is still missing")
        return str(clip)

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        for attempt in range(PATIENCE):
            try:
                answer = self._once(method, url, headers)
            except _TryAgain as cut:
                last = cut
                self.sleep(min(LONGEST_PAUSE, 0.25 * 2**attempt))
                continue
            _raise_for(answer)
            return answer
        raise Unreachable(f"The server does not answer: {last}.")

    def _once(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        content: Iterator[bytes] | None = None,
    ) -> httpx.Response:
        """One request. Raises _TryAgain for what may pass."""
        given = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": VERSION, **headers}
        try:
            answer = self.http.request(method, url, headers=given, content=content)
        except httpx.TransportError as error:
            raise _TryAgain(str(error) or type(error).__name__) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _TryAgain(_said(answer))
        return answer


def _from(file: BinaryIO, offset: int, size: int, progress: Progress) -> Iterator[bytes]:
    file.seek(offset)
    while offset < size:
        chunk = file.read(min(CHUNK, size - offset))
        if not chunk:
            raise Invalid("The file became shorter while it was sent.")
        offset += len(chunk)
        yield chunk
        progress(offset)


def _said(answer: httpx.Response) -> str:
    """What a problem document says, or the bare status."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def _raise_for(answer: httpx.Response) -> None:
    if answer.status_code < 300:
        return
    kinds: dict[int, type[CustosError]] = {401: NotSignedIn, 410: Gone, 460: IntegrityFailed}
    said = _said(answer)
    if answer.status_code == 404:
        raise NotFound(
            said if answer.content else "There is no such upload, or not for this token."
        )
    raise kinds.get(answer.status_code, Refused)(said)
