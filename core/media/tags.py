"""What a container says about a recording beside its pictures: when, where and by which device.

A copy says nothing of it, unless it is named to be kept. QuickTime File Format, "User data atoms".
"""

import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from core.media.boxes import box
from core.media.errors import MediaFailed

Tag = Literal["time", "place", "device"]
TAGS: tuple[Tag, ...] = ("time", "place", "device")
LONGEST = 256
#: Seconds from 1904-01-01, where MP4 counts from, to 1970-01-01.
_EPOCH = 2_082_844_800
_UNDETERMINED = 0x55C4  # "und", packed as ISO/IEC 14496-12 does
_ATOMS = {"place": b"\xa9xyz", "make": b"\xa9mak", "model": b"\xa9mod"}


def checked_tags(said: object) -> dict[str, str]:
    """The tags that a child read. Raises MediaFailed."""
    names = {"time", *_ATOMS}
    if not isinstance(said, dict) or not set(said) <= names:
        raise MediaFailed("The media child told nonsense of the clip's tags.")
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in said.values()):
        raise MediaFailed("The media child told a tag of the clip that is no short text.")
    return said


def user_data(tags: Mapping[str, str]) -> bytes:
    """The `udta` box with what of place and device is kept; nothing where nothing is."""
    atoms = []
    for name, kind in _ATOMS.items():
        text = tags.get(name, "").encode()
        if text:
            atoms.append(box(kind, struct.pack(">HH", len(text), _UNDETERMINED), text))
    return box(b"udta", *atoms) if atoms else b""


def recorded_at(tags: Mapping[str, str]) -> int:
    """The time of recording in seconds since 1904, or 0 where it is not kept or makes no sense."""
    try:
        instant = datetime.fromisoformat(tags.get("time", ""))
    except ValueError:
        return 0
    if instant.tzinfo is None:
        return 0
    return max(0, _EPOCH + int(instant.timestamp()))
