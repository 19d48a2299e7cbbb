"""Decoded frames of a clip, for detectors: the decoder runs in a sandboxed child."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from core.media.errors import MediaFailed
from core.media.hearsay import checked_times
from core.media.sandbox import Child, Limits, SeekableReader

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class DecodedFrame(NamedTuple):
    """frame: 0-based number in the whole clip, presentation order. pts: ticks of the source.

    pixels: uint8 (height, width, 3), blue green red, upright (after rotation), read-only.
    """

    frame: int
    pts: int
    pixels: Pixels


def read_frames(
    source: SeekableReader,
    *,
    every: int = 1,
    start: int = 0,
    stop: int | None = None,
    longest_side: int | None = None,
    limits: Limits | None = None,
) -> Iterator[DecodedFrame]:
    """Frames start, start + every, ... before stop, decoded one ahead of the consumer.

    longest_side: larger pictures are scaled down to it (boxes found in them are then in pixels of
    the smaller picture). Closing the iterator ends the child.
    Raises MediaRefused, MediaFailed, MediaTimedOut, SandboxUnavailable.
    """
    options = {"every": every, "start": start, "stop": stop, "longest_side": longest_side}
    with Child(
        "core.media.inside.framing:read", source=source, options=options, limits=limits
    ) as child:
        place: list[int] = []
        for message in child.messages():
            if message.last:
                return
            if message.data is None:
                place = message.value
                continue
            yield _frame(place, message.data)
            place = []


def read_still(source: SeekableReader, *, number: int, longest_side: int) -> bytes:
    """One frame as a JPEG, its longer side at most so many pixels.

    Raises MediaFailed where there is no such frame, and what `read_frames` raises.
    """
    options = {"number": number, "longest_side": longest_side}
    with Child("core.media.inside.framing:still", source=source, options=options) as child:
        for message in child.messages():
            if message.data is not None:
                return bytes(message.data)
    raise MediaFailed(f"The clip has no frame {number}.")


def _frame(place: list[int], data: bytearray) -> DecodedFrame:
    try:
        number, pts, *shape = checked_times(place)
        pixels = np.frombuffer(data, np.uint8).reshape(shape)
    except (TypeError, ValueError) as error:
        raise MediaFailed("The media child sent a picture of another size than it said.") from error
    pixels.flags.writeable = False
    return DecodedFrame(number, pts, pixels)
