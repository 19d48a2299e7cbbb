"""The one line between the media child and its parent: results out, pieces of the source in.

Child to parent: kind (1 byte), length (u32, little endian), payload. Parent to child: the options
(length, JSON), then one answer (length, bytes) to each read that the child asks for. The parent
answers a read before anything else, so neither side can wait for the other for ever.
"""

import io
import json
import socket
import struct
from collections import OrderedDict
from typing import Any

HEADER = struct.Struct("<cI")
LENGTH = struct.Struct("<I")
READ_REQUEST = struct.Struct("<QI")

JSON, BYTES, READ, REFUSED, UNCONFINED, FAILED, DONE = b"J", b"B", b"R", b"X", b"U", b"E", b"D"

# A block of the footage cipher is 1 MiB; a quarter keeps seeks cheap (measured on moov-last MP4).
BLOCK_BYTES = 256 << 10
_BLOCKS_KEPT = 16


class Channel:
    """The child's end of the line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def receive_options(self) -> dict[str, Any]:
        (length,) = LENGTH.unpack(self._receive(LENGTH.size))
        options: dict[str, Any] = json.loads(self._receive(length))
        return options

    def send(self, value: object) -> None:
        """Send one JSON value."""
        self._send(JSON, json.dumps(value, separators=(",", ":")).encode())

    def send_bytes(self, data: bytes | memoryview) -> None:
        self._send(BYTES, data)

    def finish(self, result: object) -> None:
        self._send(DONE, json.dumps(result, separators=(",", ":")).encode())

    def report(self, kind: bytes, **words: str) -> None:
        """Say why the work ends here: kind is REFUSED, UNCONFINED or FAILED."""
        self._send(kind, json.dumps(words).encode())

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes of the source, fewer only at its end."""
        self._send(READ, READ_REQUEST.pack(offset, length))
        (count,) = LENGTH.unpack(self._receive(LENGTH.size))
        return bytes(self._receive(count))

    def _send(self, kind: bytes, payload: bytes | memoryview) -> None:
        self._line.sendall(HEADER.pack(kind, len(payload)))
        self._line.sendall(payload)

    def _receive(self, count: int) -> bytearray:
        data = bytearray(count)
        view = memoryview(data)
        while view:
            got = self._line.recv_into(view)
            if got == 0:
                raise EOFError("The parent closed the line.")
            view = view[got:]
        return data


class Source(io.RawIOBase):
    """The clip as a seekable read-only file; its bytes stay with the parent until asked for."""

    def __init__(self, channel: Channel, size: int) -> None:
        super().__init__()
        self._channel = channel
        self._size = size
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        pieces = []
        while wanted > 0:
            number, start = divmod(self._position, BLOCK_BYTES)
            piece = self._block(number)[start : start + wanted]
            if not piece:
                break
            pieces.append(piece)
            self._position += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _block(self, number: int) -> bytes:
        block = self._blocks.pop(number, None)
        if block is None:
            block = self._channel.read_at(number * BLOCK_BYTES, BLOCK_BYTES)
        self._blocks[number] = block
        if len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return block
