"""Starts a confined child for one piece of work on one clip, and talks to it.

The child is a fresh interpreter: no memory, environment or descriptors of ours. It has no key and
no file; the parent reads (and, through the vault, decrypts) the pieces of the source that the child
asks for, on the caller's own thread, and receives results over the same socket. See
core.media.inside.confine for what the child gives up before it sees the first byte.

Children die with the *thread* that started them (PR_SET_PDEATHSIG): use a child on one thread.
"""

import json
import math
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from core.media.errors import (
    REASONS,
    MediaFailed,
    MediaRefused,
    MediaTimedOut,
    SandboxUnavailable,
)
from core.media.inside.channel import (
    BLOCK_BYTES,
    BYTES,
    DONE,
    FAILED,
    HEADER,
    JSON,
    LENGTH,
    READ,
    READ_REQUEST,
    REFUSED,
    UNCONFINED,
)

_BOOTSTRAP = (
    "import os, sys; sys.path.insert(0, sys.argv[1]); "
    # Threads of BLAS or OpenMP would start at import and escape Landlock.
    "os.environ.update(OPENBLAS_NUM_THREADS='1', OMP_NUM_THREADS='1', MKL_NUM_THREADS='1'); "
    "from core.media.inside.main import main; main()"
)
_ROOT = Path(__file__).resolve().parents[2]
# The largest picture that we take, as BGR, is 100 MB.
_MESSAGE_LIMIT = 128 << 20
# Facts and lists of 4,096 times stay far below; JSON takes many times its length to hold.
_WORDS_LENGTH_LIMIT = 1 << 20
_WORDS_LIMIT = 500
_FAREWELL_SECONDS = 10.0
_ERROR_TEXT_BYTES = 4096
ALLOW_NO_LANDLOCK = "CUSTOS_ALLOW_NO_LANDLOCK"


class SeekableReader(Protocol):
    """What a clip is read from: a file, io.BytesIO or the vault's decrypting reader."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use. wall_seconds counts only while the parent waits for it."""

    wall_seconds: float = 1800
    cpu_seconds: int = 7200
    memory_bytes: int = 4 << 30
    open_files: int = 32


@dataclass(frozen=True, slots=True)
class Message:
    """One result of a child: `value` of JSON, or `data` of raw bytes; `last` ends the work."""

    value: Any = None
    data: bytearray | None = None
    last: bool = False


def size_of(source: SeekableReader) -> int:
    return source.seek(0, os.SEEK_END)


class Child:
    """A running child. Use as a context manager: leaving it kills what still runs.

    entry: "module:function" under the project's root, called in the child as
    function(channel, source, **options); what it returns is the last message. pass_fds: further
    descriptors that it inherits under their numbers. program: path of the one file that it may
    execute (the launcher of ffmpeg).
    """

    def __init__(
        self,
        entry: str,
        *,
        source: SeekableReader | None = None,
        options: Mapping[str, object] | None = None,
        limits: Limits | None = None,
        pass_fds: Sequence[int] = (),
        program: int | None = None,
        needs_libraries: bool = False,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
    ) -> None:
        self._source = source
        self._source_bytes = 0 if source is None else size_of(source)
        self._limits = limits or Limits()
        self._patience = self._limits.wall_seconds
        self._complaints = os.memfd_create("custos-media-errors", os.MFD_CLOEXEC)
        self._line, theirs = socket.socketpair()
        settings = {
            "limits": {
                key: value for key, value in asdict(self._limits).items() if key != "wall_seconds"
            },
            "parent": os.getpid(),
            "slot": secrets.randbelow(1 << 16),
            "program": program,
            "needs_libraries": needs_libraries,
            "allow_no_landlock": os.environ.get(ALLOW_NO_LANDLOCK) == "1",
        }
        descriptors = (theirs.fileno(), *pass_fds, *(() if program is None else (program,)))
        try:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-B", "-c", _BOOTSTRAP, str(_ROOT), entry),
                    *(str(theirs.fileno()), json.dumps(settings)),
                ],
                env={},
                cwd="/",
                stdin=stdin,
                stdout=stdout,
                stderr=self._complaints,
                pass_fds=descriptors,
                start_new_session=True,
            )
        except BaseException:
            self._line.close()
            os.close(self._complaints)
            raise
        finally:
            theirs.close()
        given = dict(options or {})
        given["source_bytes"] = self._source_bytes
        words = json.dumps(given).encode()
        self._offer(LENGTH.pack(len(words)) + words)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the child and everything in its process group, and reap it."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._line.close()
        if self._complaints >= 0:
            os.close(self._complaints)
            self._complaints = -1

    def fileno(self) -> int:
        """For selectors: readable when a message (or the child's end) has arrived."""
        return self._line.fileno()

    def messages(self) -> Iterator[Message]:
        """All messages up to the last one, whose `last` is set.

        Raises MediaRefused, MediaFailed, MediaTimedOut, SandboxUnavailable, and whatever the
        source raises when it is read.
        """
        while True:
            message = self.receive()
            if message is None:
                continue
            yield message
            if message.last:
                return

    def receive(self) -> Message | None:
        """Take one message; None when it was a read of the source, which is answered here."""
        kind, length = HEADER.unpack(self._take(HEADER.size))
        if length > (_MESSAGE_LIMIT if kind == BYTES else _WORDS_LENGTH_LIMIT):
            raise MediaFailed("The media child sent a message beyond all limits.")
        payload = self._take(length)
        if kind == READ:
            self._answer(*READ_REQUEST.unpack(payload))
            return None
        if kind == BYTES:
            return Message(data=payload)
        try:
            words = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise MediaFailed("The media child sent words that cannot be read.") from error
        if kind in (JSON, DONE):
            return Message(value=words, last=kind == DONE)
        raise _complaint(kind, words)

    def wait(self) -> None:
        """Wait for a child that has been told to end. Raises MediaFailed unless it ends well."""
        try:
            code = self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            raise MediaTimedOut("The media child did not end when its work was done.") from None
        if code != 0:
            raise self._death()

    def wait_for_exec(self) -> None:
        """Wait until the child has become another program, which closes the line.

        Raises SandboxUnavailable, MediaFailed, MediaTimedOut.
        """
        with self._waiting():
            first = self._line.recv(HEADER.size, socket.MSG_PEEK)
        if first:
            self.receive()
            raise MediaFailed("The launcher answered instead of becoming another program.")

    def error_text(self) -> str:
        """The end of what the child wrote to its standard error."""
        size = os.fstat(self._complaints).st_size
        start = max(0, size - _ERROR_TEXT_BYTES)
        return os.pread(self._complaints, _ERROR_TEXT_BYTES, start).decode(errors="replace")

    def _answer(self, offset: int, length: int) -> None:
        if self._source is None or length > BLOCK_BYTES or offset > self._source_bytes:
            raise MediaFailed("The media child asked for bytes that it has no use for.")
        self._source.seek(offset)
        pieces = []
        while length > 0 and (piece := self._source.read(length)):
            pieces.append(piece)
            length -= len(piece)
        data = b"".join(pieces)
        self._offer(LENGTH.pack(len(data)) + data)

    def _offer(self, data: bytes) -> None:
        with self._waiting():
            try:
                self._line.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                return  # its last words, or its death, are read next

    def _take(self, count: int) -> bytearray:
        data = bytearray(count)
        view = memoryview(data)
        while view:
            with self._waiting():
                try:
                    got = self._line.recv_into(view)
                except ConnectionResetError:
                    got = 0
            if got == 0:
                raise self._death()
            view = view[got:]
        return data

    def _waiting(self) -> "_Patience":
        return _Patience(self)

    def spend(self, seconds: float) -> None:
        """Take waiting time off the child's allowance. Raises MediaTimedOut when it is used up."""
        self._patience -= seconds
        if self._patience <= 0:
            raise MediaTimedOut(
                f"The work took longer than {self._limits.wall_seconds:g} s and was stopped."
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def patience(self) -> float:
        """Seconds that the parent is still willing to wait."""
        return self._patience

    @property
    def line(self) -> socket.socket:
        return self._line

    def _death(self) -> MediaFailed:
        try:
            code = self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            return MediaFailed("The media child closed its line and went on running.")
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return MediaTimedOut(
                f"The work used more than {self._limits.cpu_seconds} s of processor time, or the "
                "machine ran out of memory, and it was stopped."
            )
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return MediaFailed(f"The media child ended early ({name}). {self.error_text()}".strip())


class _Patience:
    """Times one wait for the child, and bounds it by what is left of the allowance."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._since = 0.0

    def __enter__(self) -> None:
        self._since = time.monotonic()
        self._child.line.settimeout(max(0.001, self._child.patience))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        late = kind is not None and issubclass(kind, TimeoutError)
        self._child.spend(math.inf if late else time.monotonic() - self._since)


def _complaint(kind: bytes, words: object) -> Exception:
    said = words if isinstance(words, dict) else {}
    message = str(said.get("message"))[:_WORDS_LIMIT]
    reason = said.get("reason")
    if kind == REFUSED and reason in REASONS:
        return MediaRefused(str(reason), message)
    if kind == UNCONFINED:
        return SandboxUnavailable(message)
    if kind == FAILED:
        return MediaFailed(f"The media child failed: {said.get('code')}: {message}")
    return MediaFailed("The media child sent a message of no known kind.")
