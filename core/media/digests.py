"""Hashes of decoded pictures: which frame is which, whoever decodes it."""

import re
from dataclasses import dataclass

from core.media.errors import MediaFailed
from core.media.sandbox import Child, Limits, SeekableReader

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PictureDigests:
    """Of each frame in presentation order: pts in ticks of time_base (seconds as numerator,
    denominator), and SHA-256 in hex of its decoded planes (core.media.inside.digesting)."""

    time_base: tuple[int, int]
    pts: list[int]
    sha256: list[str]


def picture_digests(source: SeekableReader, *, limits: Limits | None = None) -> PictureDigests:
    """Decode a clip of 8-bit 4:2:0 pictures in a sandboxed child and hash each.

    Raises MediaRefused, MediaFailed, MediaTimedOut, SandboxUnavailable.
    """
    pts: list[int] = []
    hashes: list[str] = []
    with Child(
        "core.media.inside.digesting:digest", source=source, options={}, limits=limits
    ) as child:
        for message in child.messages():
            if message.last:
                return PictureDigests(_time_base(message.value), pts, hashes)
            at, digest = _checked(message.value, len(pts))
            pts.append(at)
            hashes.append(digest)
    raise MediaFailed("The media child ended without a word.")


def _checked(value: object, expected: int) -> tuple[int, str]:
    match value:
        case [int(number), int(at), str(digest)] if number == expected and _SHA256.fullmatch(
            digest
        ):
            return at, digest
    raise MediaFailed("The media child told nonsense of a picture.")


def _time_base(value: object) -> tuple[int, int]:
    match value:
        case {"time_base": [int(numerator), int(denominator)]} if numerator > 0 < denominator:
            return numerator, denominator
    raise MediaFailed("The media child told nonsense of its time base.")
