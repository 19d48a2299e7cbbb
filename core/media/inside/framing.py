"""The work of `read_frames` and `read_still` in the child: decoded pictures, upright."""

from typing import Any

from core.media.inside.channel import Channel, Source
from core.media.inside.jpeg import jpeg
from core.media.inside.pictures import open_clip, pictures, small_bgr, upright_bgr


def read(
    channel: Channel,
    source: Source,
    *,
    every: int,
    start: int,
    stop: int | None,
    longest_side: int | None,
) -> dict[str, Any]:
    """Send, for each wanted frame, its number, pts and shape, then its pixels."""
    clip = open_clip(source)
    for picture in pictures(clip):
        if stop is not None and picture.number >= stop:
            break
        if picture.number < start or (picture.number - start) % every:
            continue
        if longest_side is None:
            pixels = upright_bgr(picture.frame)
        else:
            pixels = small_bgr(picture.frame, longest_side)
        channel.send([picture.number, picture.pts, *pixels.shape])
        channel.send_bytes(pixels.data.cast("B"))
    return {"damaged": clip.damaged}


def still(channel: Channel, source: Source, *, number: int, longest_side: int) -> dict[str, Any]:
    """Send one picture as a JPEG, or nothing where the clip has no such frame."""
    clip = open_clip(source)
    for picture in pictures(clip):
        if picture.number == number:
            channel.send_bytes(jpeg(small_bgr(picture.frame, longest_side)))
            break
    return {"damaged": clip.damaged}
