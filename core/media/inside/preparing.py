"""The work of `make_mezzanine` in the child: every picture to ffmpeg, a few as small JPEGs."""

from typing import Any

from core.media.inside.channel import Channel, Source
from core.media.inside.jpeg import jpeg
from core.media.inside.nut import NutWriter
from core.media.inside.pictures import open_clip, pictures, small_bgr
from core.media.inside.probing import describe
from core.media.inside.timing import Times, tick_of

_THUMBNAIL_SIDE = 320


class _Contact:
    """Small copies of evenly spaced frames of a clip whose length is not known before its end.

    When there are twice as many as wanted, every other one is dropped and the step doubles.
    """

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._step = 1
        self._kept: list[tuple[int, Any]] = []

    def offer(self, number: int, frame: Any) -> None:
        if number % self._step:
            return
        self._kept.append((number, small_bgr(frame, _THUMBNAIL_SIDE)))
        if len(self._kept) == 2 * self._wanted:
            self._step *= 2
            self._kept = [pair for pair in self._kept if pair[0] % self._step == 0]

    def send(self, channel: Channel) -> None:
        for number, pixels in self._kept[: 2 * self._wanted]:
            channel.send({"thumbnail": number})
            channel.send_bytes(jpeg(pixels))


def prepare(channel: Channel, source: Source, *, nut: int, thumbnails: int) -> dict[str, Any]:
    """Send the facts, the times written, then the thumbnails; the pictures go to `nut`."""
    clip = open_clip(source)
    tick = tick_of(clip.time_base)
    times = Times(channel)
    contact = _Contact(thumbnails)
    writer: NutWriter | None = None
    first = 0
    for picture in pictures(clip):
        if writer is None:
            first = picture.pts
            facts = describe(clip, picture.frame)
            channel.send(facts | {"ticks_per_second": tick.denominator})
            writer = NutWriter(
                nut,
                width=picture.frame.width,
                height=picture.frame.height,
                pixel_format="yuv420p",
                tick=tick,
            )
        contact.offer(picture.number, picture.frame)
        time = int((picture.pts - first) * clip.time_base / tick)
        writer.write(picture.frame.reformat(format="yuv420p"), times.add(picture.pts, time))
    assert writer is not None
    writer.close()
    times.close()
    contact.send(channel)
    return {"damaged": clip.damaged}
