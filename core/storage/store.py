"""What Custos asks of a place for objects: ciphertext in, ciphertext out.

An object is built in a staging area that outlives the process, then committed under its key, whole
or not at all. Keys are random and tell nothing; they never change and are never used twice.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol

from core.errors import Invalid

KEY: Final = re.compile(r"[a-z0-9]{8,64}(\.[a-z0-9]{1,16})?")


class StoredBytes(Protocol):
    """A committed object, open for reading. May be read from several threads."""

    @property
    def size(self) -> int: ...

    def pread(self, offset: int, length: int, /) -> bytes:
        """Give up to `length` bytes from `offset`. Raises Unavailable."""

    def close(self) -> None: ...


class Staging(Protocol):
    """An object under construction. Only one writer at a time; the caller sees to that."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int:
        """Bytes appended so far."""

    def write(self, data: memoryview | bytes, /) -> int:
        """Append all of `data`. Raises Unavailable; then the end of what is staged is unknown."""

    def flush(self) -> None:
        """Return when all appended bytes would survive a crash. Raises Unavailable."""

    def pread(self, offset: int, length: int, /) -> bytes:
        """Give up to `length` of the appended bytes from `offset`. Raises Unavailable."""

    def commit(self, key: str) -> None:
        """Make the object durable under `key`; the staging ends. Raises Unavailable."""

    def discard(self) -> None:
        """Remove what was staged."""

    def close(self) -> None:
        """Let go of it; what was flushed can be resumed by name."""


class ObjectStore(Protocol):
    """A folder, or an S3 bucket."""

    def stage(self, name: str) -> Staging:
        """Begin an object. Raises Conflict when the name is in use, Unavailable."""

    def resume(self, name: str) -> Staging:
        """Go on with one after its flushed bytes. Raises NotFound, Unavailable."""

    def open(self, key: str) -> StoredBytes:
        """Raises NotFound, Unavailable."""

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error. Raises Unavailable."""

    def discard(self, name: str) -> None:
        """Remove a staging by name; one that is not there is no error. Raises Unavailable."""

    def keys(self) -> Iterator[str]:
        """List committed objects."""

    def leftovers(self, *, before: datetime) -> Iterator[str]:
        """Name stagings that were last written before an instant. Raises Unavailable."""

    def abort_joins(self, *, before: datetime) -> int:
        """Give up joins that a crash left half made before an instant; give how many."""


def checked(key: str) -> str:
    """Give `key` back. Raises Invalid unless it has the form of a key: no path gets past this."""
    if not KEY.fullmatch(key):
        raise Invalid("This is not the key of an object.")
    return key
