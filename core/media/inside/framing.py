"""The work of `read_frames` in the child: decoded pictures, upright, as BGR bytes."""

from typing import Any

from core.media.inside.channel import Channel, Source
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
