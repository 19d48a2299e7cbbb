"""Boxes of ISO/IEC 14496-12 (MP4): the few that we read and write."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from core.media.errors import MediaFailed


class Box(NamedTuple):
    """kind: four letters. body: what follows size and kind."""

    kind: bytes
    body: bytes


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes that lie one after the other in `data`. Raises MediaFailed when they overrun."""
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise MediaFailed("The encoded clip ends within a box header.")
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            header = 16
        if size < header or at + size > len(data):
            raise MediaFailed(f"The encoded clip has a broken {kind!r} box.")
        yield Box(kind, data[at + header : at + size])
        at += size


def children(data: bytes, kind: bytes) -> list[bytes]:
    """Bodies of all boxes of one kind."""
    return [box.body for box in boxes(data) if box.kind == kind]


def descend(data: bytes, *kinds: bytes) -> bytes:
    """Body of the first box along a path of kinds. Raises MediaFailed when one is missing."""
    for kind in kinds:
        found = children(data, kind)
        if not found:
            raise MediaFailed(f"The encoded clip has no {kind!r} box.")
        data = found[0]
    return data


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)
