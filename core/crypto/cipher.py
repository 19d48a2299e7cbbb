"""The footage cipher: Tink's AES256_GCM_HKDF streaming AEAD, written and read at any offset.

Segment key = HKDF-SHA256(DEK, salt, info = AAD); nonce = prefix | u32 index | last flag. Anyone's
Tink decrypts a stream with the DEK and the AAD: developers.google.com/tink/wire-format, "AES-GCM-
HKDF Streaming".

Two rules hold the security of the format up, and the classes here keep both:
- the last flag of the final segment is what proves the length, so a reader checks that segment
  before it answers anything;
- under one salt and prefix an index is sealed once. `SegmentSealer` counts upwards and never back;
  one that resumes a stream is made only by a caller who knows that the later indices are unused.
"""

import hashlib
import io
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.crypto.segments import (
    HEADER_LENGTH,
    MAX_SEGMENTS,
    PREFIX_LENGTH,
    SALT_LENGTH,
    TAG_LENGTH,
    Layout,
)
from core.errors import IntegrityFailed

KEY_LENGTH: Final = 32
DEFAULT_LAYOUT: Final = Layout()
# Two segments: a demuxer that reads a moov at the end jumps between it and the samples.
CACHED_SEGMENTS: Final = 2

Buffer = bytes | bytearray | memoryview


class ByteSink(Protocol):
    """Where ciphertext goes."""

    def write(self, data: memoryview, /) -> object: ...


class ByteSource(Protocol):
    """Where ciphertext comes from: bytes at an offset, and how many there are."""

    @property
    def size(self) -> int: ...

    def pread(self, offset: int, length: int, /) -> Buffer: ...


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """Salt and nonce prefix of one stream: random, public, never used twice."""

    salt: bytes
    prefix: bytes

    @classmethod
    def fresh(cls) -> "StreamHeader":
        return cls(salt=os.urandom(SALT_LENGTH), prefix=os.urandom(PREFIX_LENGTH))

    def encode(self) -> bytes:
        return bytes([HEADER_LENGTH]) + self.salt + self.prefix

    @classmethod
    def decode(cls, raw: Buffer) -> "StreamHeader":
        """Raises IntegrityFailed when `raw` is not a header."""
        raw = bytes(raw)
        if len(raw) != HEADER_LENGTH or raw[0] != HEADER_LENGTH:
            raise IntegrityFailed("The encrypted object does not begin with a stream header.")
        return cls(salt=raw[1 : 1 + SALT_LENGTH], prefix=raw[1 + SALT_LENGTH :])

    def nonce(self, index: int, *, last: bool) -> bytes:
        return self.prefix + struct.pack(">I?", index, last)


def _segment_cipher(dek: bytes, header: StreamHeader, aad: bytes) -> AESGCM:
    if len(dek) != KEY_LENGTH:
        raise IntegrityFailed("A data key has 32 bytes; this one has not.")
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_LENGTH, salt=header.salt, info=aad)
    return AESGCM(kdf.derive(dek))


class SegmentSealer:
    """Seals one stream's segments in order, each index once."""

    def __init__(
        self,
        dek: bytes,
        aad: bytes,
        *,
        layout: Layout = DEFAULT_LAYOUT,
        header: StreamHeader | None = None,
        next_index: int = 0,
    ) -> None:
        """Begin a stream, or go on with one whose segments before `next_index` are sealed.

        To go on, pass its `header`, and only when no segment from `next_index` on was ever sealed
        under it, not even one that was lost: two plaintexts under one nonce open both.
        """
        if next_index and header is None:
            raise ValueError("a stream that goes on needs its header")
        self.header = header or StreamHeader.fresh()
        self.layout = layout
        self.next_index = next_index
        self.ended = False
        self._cipher = _segment_cipher(dek, self.header, aad)
        self._out = memoryview(bytearray(layout.segment))

    def seal(self, plaintext: Buffer, *, last: bool) -> memoryview:
        """Give the ciphertext of the next segment, valid until the next call.

        Every segment but the last must be full.
        """
        if self.ended or self.next_index >= MAX_SEGMENTS:
            raise ValueError("the stream has ended")
        capacity = self.layout.capacity(self.next_index)
        if len(plaintext) > capacity or (not last and len(plaintext) < capacity):
            raise ValueError(f"a segment takes {capacity} bytes, not {len(plaintext)}")
        out = self._out[: len(plaintext) + TAG_LENGTH]
        nonce = self.header.nonce(self.next_index, last=last)
        self.next_index += 1
        self.ended = last
        self._cipher.encrypt_into(nonce, plaintext, None, out)
        return out


class SegmentOpener:
    """Opens segments of one stream by index."""

    def __init__(
        self, dek: bytes, aad: bytes, *, header: StreamHeader, layout: Layout = DEFAULT_LAYOUT
    ) -> None:
        self.header = header
        self.layout = layout
        self._cipher = _segment_cipher(dek, header, aad)

    def open_into(self, index: int, ciphertext: Buffer, out: Buffer, *, last: bool) -> int:
        """Decrypt into `out` (exactly as long as the plaintext) and give its length.

        Raises IntegrityFailed when key, AAD, index, last flag or bytes are not the sealed ones.
        """
        try:
            return self._cipher.decrypt_into(
                self.header.nonce(index, last=last), ciphertext, None, out
            )
        except InvalidTag:
            raise IntegrityFailed(
                f"Segment {index} of the encrypted object does not authenticate: it was changed, "
                "cut, moved, or belongs to another object."
            ) from None

    def open(self, index: int, ciphertext: Buffer, *, last: bool) -> bytearray:
        """Give the plaintext of a segment. Raises IntegrityFailed, as `open_into`."""
        if len(ciphertext) < TAG_LENGTH:
            raise IntegrityFailed(f"Segment {index} of the encrypted object is cut short.")
        out = bytearray(len(ciphertext) - TAG_LENGTH)
        self.open_into(index, ciphertext, out, last=last)
        return out


class EncryptingWriter(io.RawIOBase):
    """A binary file object that encrypts what is written to it into a sink.

    `close()` seals the last segment; a stream that was not closed never passes as whole. A `with`
    block that an error leaves does not seal. The sink is not closed.
    """

    def __init__(
        self, dek: bytes, sink: ByteSink, aad: bytes, *, layout: Layout = DEFAULT_LAYOUT
    ) -> None:
        super().__init__()
        self._sealer = SegmentSealer(dek, aad, layout=layout)
        self._sink = sink
        self._layout = layout
        self._pending = memoryview(bytearray(layout.segment))
        self._filled = 0
        self.size = 0
        sink.write(memoryview(self._sealer.header.encode()))

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any, /) -> int:
        """Take all of `data`; ciphertext leaves in whole segments."""
        if self.closed:
            raise ValueError("write to a closed stream")
        view = memoryview(data).cast("B")
        total = len(view)
        while len(view):
            capacity = self._layout.capacity(self._sealer.next_index)
            if self._filled == capacity:
                # More follows, so this segment is not the last.
                self._seal(self._pending[:capacity], last=False)
                self._filled = 0
            elif self._filled == 0 and len(view) > capacity:
                self._seal(view[:capacity], last=False)
                view = view[capacity:]
            else:
                take = min(capacity - self._filled, len(view))
                self._pending[self._filled : self._filled + take] = view[:take]
                self._filled += take
                view = view[take:]
        self.size += total
        return total

    def _seal(self, plaintext: memoryview, *, last: bool) -> None:
        self._sink.write(self._sealer.seal(plaintext, last=last))

    def close(self) -> None:
        if not self.closed:
            self._seal(self._pending[: self._filled], last=True)
            self.abandon()

    def abandon(self) -> None:
        """Close without sealing the end: what was written can never be read as a whole."""
        self._pending[:] = bytes(len(self._pending))
        super().close()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        """A forgotten stream stays unsealed: the end is set by `close()` alone."""


class DecryptingReader(io.RawIOBase):
    """A seekable binary file object over an encrypted stream.

    The last segment is authenticated on opening, so `size` can be believed; each other segment
    when it is first read. `pread` may be called from several threads.
    """

    def __init__(
        self,
        dek: bytes,
        source: ByteSource,
        aad: bytes,
        *,
        layout: Layout = DEFAULT_LAYOUT,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        """Raises IntegrityFailed when the stream is truncated, or key or AAD are wrong."""
        super().__init__()
        self._source = source
        self._layout = layout
        self._ciphertext = source.size
        self._on_close = on_close
        self.size = layout.plaintext_size(self._ciphertext)
        header = StreamHeader.decode(source.pread(0, HEADER_LENGTH))
        self._opener = SegmentOpener(dek, aad, header=header, layout=layout)
        self._last = layout.count(self.size) - 1
        self._cache: dict[int, bytearray] = {}
        self._lock = threading.Lock()
        self._position = 0
        self._segment(self._last)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        count = self._copy(self._position, view)
        self._position += count
        return count

    def read(self, size: int = -1, /) -> bytes:
        """Give `size` bytes, fewer only at the end: demuxers take a short read for the end."""
        left = max(0, self.size - self._position)
        data = self.pread(self._position, left if size < 0 else min(size, left))
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        return self.read()

    def pread(self, offset: int, length: int) -> bytes:
        """Give up to `length` bytes from `offset`; the position does not move."""
        if offset < 0 or length < 0:
            raise ValueError("offset and length are not negative")
        out = bytearray(max(0, min(length, self.size - offset)))
        self._copy(offset, memoryview(out))
        return bytes(out)

    def close(self) -> None:
        if not self.closed:
            self._cache.clear()
            super().close()
            if self._on_close is not None:
                self._on_close()

    def _copy(self, offset: int, out: memoryview) -> int:
        if self.closed:
            raise ValueError("read from a closed stream")
        done = 0
        wanted = max(0, min(len(out), self.size - offset))
        while done < wanted:
            index, inner = self._layout.find(offset + done)
            with self._lock:
                piece = memoryview(self._segment(index))[inner : inner + wanted - done]
                out[done : done + len(piece)] = piece
            done += len(piece)
        return done

    def _segment(self, index: int) -> bytearray:
        held = self._cache.pop(index, None)
        if held is None:
            held = self._fetch(index)
        self._cache[index] = held
        return held

    def _fetch(self, index: int) -> bytearray:
        start, length = self._layout.extent(index, self._ciphertext)
        ciphertext = self._source.pread(start, length)
        if len(ciphertext) != length:
            raise IntegrityFailed(f"Segment {index} of the encrypted object is missing bytes.")
        plain = length - TAG_LENGTH
        # The buffer of the segment read longest ago takes the new one; a failed one is dropped.
        out = bytearray(plain)
        if len(self._cache) >= CACHED_SEGMENTS:
            oldest = self._cache.pop(next(iter(self._cache)))
            out = oldest if len(oldest) == plain else out
        self._opener.open_into(index, ciphertext, out, last=index == self._last)
        return out


class HashingSink:
    """Passes bytes on and keeps their SHA-256 and count."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: memoryview, /) -> int:
        self._sha256.update(data)
        self._sink.write(data)
        self.size += len(data)
        return len(data)

    def digest(self) -> bytes:
        return self._sha256.digest()
