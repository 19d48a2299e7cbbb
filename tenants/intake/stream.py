"""The bytes of an upload on their way into the store: sealed as they come, resumable.

A segment is sealed once, when it is complete. What is left between two requests is sealed as an
object of its own under a fresh key. A stream whose last writer crashed, or whose bytes were taken
back, is not written to again: it may hold a segment that does not count, and sealing other bytes
under the same index would open both. Its counted segments are moved to a new stream under a new
key instead.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from uuid import UUID

from core.crypto.cipher import SegmentOpener, SegmentSealer, StreamHeader
from core.crypto.keys import ObjectKey, TenantKeyRing
from core.crypto.segments import HEADER_LENGTH, Layout
from core.crypto.wrapping import WrappedKey
from core.errors import IntegrityFailed, NotFound
from core.storage.store import ObjectStore, Staging, StoredBytes
from core.storage.vault import stream_context
from tenants.intake.models import Upload

LAYOUT: Final = Layout()
#: Uploads whose running hashes this process remembers; others are read back on resume.
REMEMBERED: Final = 256


@dataclass(slots=True)
class Hashes:
    """Running SHA-256 of the plaintext taken and of the ciphertext staged."""

    plaintext: Any
    ciphertext: Any

    @classmethod
    def empty(cls) -> "Hashes":
        return cls(hashlib.sha256(), hashlib.sha256())

    def copy(self) -> "Hashes":
        return Hashes(self.plaintext.copy(), self.ciphertext.copy())


class HashMemory:
    """Hashes of uploads that this process saw last, each at an exact place of an exact stream."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._held: OrderedDict[tuple[UUID, int, int], Hashes] = OrderedDict()
        self._lock = Lock()

    def put(self, upload: UUID, generation: int, offset: int, hashes: Hashes) -> None:
        with self._lock:
            self._held[upload, generation, offset] = hashes.copy()
            while len(self._held) > self._limit:
                self._held.popitem(last=False)

    def take(self, upload: UUID, generation: int, offset: int) -> Hashes | None:
        with self._lock:
            return self._held.pop((upload, generation, offset), None)


memory = HashMemory()


class UploadStream:
    """One writer's hold on the bytes of an upload. Not for several threads at once."""

    def __init__(
        self,
        *,
        size: int,
        key: ObjectKey,
        sealer: SegmentSealer,
        staging: Staging,
        hashes: Hashes,
        tail: bytes = b"",
    ) -> None:
        self.size = size
        self.key = key
        self.hashes = hashes
        self.staging = staging
        self._sealer = sealer
        self._last = LAYOUT.count(size) - 1
        self._pending = bytearray(tail)

    @property
    def header(self) -> bytes:
        return self._sealer.header.encode()

    @property
    def segments(self) -> int:
        """Full segments staged."""
        return self._sealer.next_index

    @property
    def tail(self) -> bytes:
        """Bytes taken that are not staged yet: less than a segment."""
        return bytes(self._pending)

    @property
    def offset(self) -> int:
        """Bytes of plaintext taken."""
        return LAYOUT.start(self.segments) + len(self._pending)

    def write(self, data: memoryview) -> None:
        """Take bytes; no more than `size` in all. Raises Unavailable."""
        if self.offset + len(data) > self.size:
            raise ValueError("more bytes than the upload has")
        self.hashes.plaintext.update(data)
        while data:
            index = self._sealer.next_index
            capacity = LAYOUT.capacity(index)
            if not self._pending and len(data) >= capacity and index < self._last:
                self._stage(data[:capacity], last=False)
                data = data[capacity:]
                continue
            take = capacity - len(self._pending)
            self._pending += data[:take]
            data = data[take:]
            if len(self._pending) == capacity and index < self._last:
                self._stage(memoryview(self._pending), last=False)
                self._pending = bytearray()

    def end(self) -> None:
        """Seal the last segment: all `size` bytes are here."""
        self._stage(memoryview(self._pending), last=True)
        self._pending = bytearray()

    def _stage(self, plaintext: memoryview, *, last: bool) -> None:
        sealed = self._sealer.seal(plaintext, last=last)
        self.hashes.ciphertext.update(sealed)
        self.staging.write(sealed)


def begin(upload: Upload, *, key: ObjectKey, store: ObjectStore, generation: int) -> UploadStream:
    """Begin an upload's stream of that number, under a fresh key."""
    staging = store.stage(upload.stream_name(generation))
    sealer = SegmentSealer(key.dek, stream_context(upload.tenant_id, upload.object_id))
    hashes = Hashes.empty()
    header = sealer.header.encode()
    staging.write(header)
    hashes.ciphertext.update(header)
    return UploadStream(size=upload.size, key=key, sealer=sealer, staging=staging, hashes=hashes)


def resume(
    upload: Upload, *, keys: TenantKeyRing, store: ObjectStore, tail: bytes
) -> UploadStream | None:
    """Go on with a stream that its last writer left in order.

    None when the store does not hold exactly the counted segments: then move it. The hashes are
    remembered, or else recomputed by reading back through the cipher.
    """
    try:
        staging = store.resume(upload.store_key)
    except NotFound:
        return None
    if staging.size != staged_size(upload.segments):
        staging.close()
        return None
    hashes = memory.take(upload.id, upload.stream_generation, upload.offset)
    if hashes is None:
        hashes = Hashes.empty()
        hashes.ciphertext.update(bytes(upload.header))
        for ciphertext, plaintext in _counted(upload, keys, staging):
            hashes.ciphertext.update(ciphertext)
            hashes.plaintext.update(plaintext)
        hashes.plaintext.update(tail)
    key = _key(upload, keys)
    sealer = SegmentSealer(
        key.dek,
        stream_context(upload.tenant_id, upload.object_id),
        header=StreamHeader.decode(bytes(upload.header)),
        next_index=upload.segments,
    )
    return UploadStream(
        size=upload.size, key=key, sealer=sealer, staging=staging, hashes=hashes, tail=tail
    )


def move(
    upload: Upload, stream: UploadStream, *, keys: TenantKeyRing, store: ObjectStore, tail: bytes
) -> None:
    """Write the counted segments and the tail of an upload's stream into a new one."""
    if upload.segments:
        source = _staged_or_committed(store, upload.store_key)
        try:
            for _, plaintext in _counted(upload, keys, source):
                stream.write(memoryview(plaintext))
        finally:
            source.close()
    stream.write(memoryview(tail))


def staged_size(segments: int) -> int:
    """Bytes of a staging with that many full segments."""
    return segments * LAYOUT.segment if segments else HEADER_LENGTH


def _key(upload: Upload, keys: TenantKeyRing) -> ObjectKey:
    wrapped = WrappedKey(bytes(upload.wrapped_dek), bytes(upload.commitment))
    dek = keys.open_object_key(upload.object_id, wrapped, upload.key_version)
    return ObjectKey(dek, wrapped, upload.key_version)


def _counted(upload: Upload, keys: TenantKeyRing, source: Staging | StoredBytes) -> Any:
    """Read back (ciphertext, plaintext) of each counted segment. Raises IntegrityFailed."""
    opener = SegmentOpener(
        _key(upload, keys).dek,
        stream_context(upload.tenant_id, upload.object_id),
        header=StreamHeader.decode(bytes(upload.header)),
    )
    for index in range(upload.segments):
        start, length = LAYOUT.extent(index, staged_size(upload.segments))
        ciphertext = source.pread(start, length)
        if len(ciphertext) != length:
            raise IntegrityFailed("Part of this upload is missing from the store: begin it anew.")
        yield ciphertext, opener.open(index, ciphertext, last=False)


def _staged_or_committed(store: ObjectStore, name: str) -> Staging | StoredBytes:
    """A stream may have been committed by a writer that crashed before it could say so."""
    try:
        return store.resume(name)
    except NotFound:
        return store.open(name)
