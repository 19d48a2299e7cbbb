"""The package of a release: a zip written in one pass, nothing of it held in memory.

Footage is stored as it is, labels are deflated. The writer can't seek, so sizes follow the data
(zip's data descriptors); every file is hashed on its way in.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from workforce.delivery.manifest import PackedFile

CHUNK = 1 << 20
#: Zip's earliest instant: a package does not tell when it was built, its manifest does.
EPOCH = (1980, 1, 1, 0, 0, 0)


class Sink(Protocol):
    """Where the bytes of the zip go."""

    def write(self, data: bytes, /) -> int: ...


class Source(Protocol):
    """Where the bytes of a file come from."""

    def read(self, size: int, /) -> bytes: ...


class _OneWay:
    """A sink as zipfile wants it: it can flush and cannot seek."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered here."""


class _Hashing:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size += len(data)
        return self._out.write(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class Package:
    """Adds files to the zip and keeps their hashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files: list[PackedFile] = []

    def add(self, path: str, write: Callable[[BinaryIO], object], *, deflate: bool = True) -> None:
        """Add a file that `write` writes."""
        info = zipfile.ZipInfo(path, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        with self._archive.open(info, "w", force_zip64=True) as out:
            hashing = _Hashing(out)  # type: ignore[arg-type]
            write(hashing)  # type: ignore[arg-type]
        self.files.append(PackedFile(path, hashing.size, hashing.hexdigest()))

    def add_bytes(self, path: str, data: bytes) -> None:
        """Add a small file."""
        self.add(path, lambda out: out.write(data))

    def copy(self, path: str, source: Source) -> None:
        """Add a file from a stream, as it is."""

        def write(out: BinaryIO) -> None:
            while chunk := source.read(CHUNK):
                out.write(chunk)

        self.add(path, write, deflate=False)


@contextmanager
def open_package(sink: Sink) -> Iterator[Package]:
    """Write a package to `sink`; it is complete when the block ends without an error."""
    with zipfile.ZipFile(_OneWay(sink), "w", allowZip64=True) as archive:  # type: ignore[call-overload]
        yield Package(archive)
