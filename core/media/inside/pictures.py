"""From a clip to its pictures: the demuxer is forced, the order is that of presentation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.subtitles.codeccontext
import av.subtitles.stream
import numpy as np
from av.container.core import Flags
from av.error import EOFError as EndOfMedia
from av.error import FFmpegError, InvalidDataError

from core.media.inside.channel import Source
from core.media.inside.containers import Container, identify
from core.media.inside.refusal import Refused
from core.media.inside.timing import MAX_FRAMES, BestEffort

# 8K UHD in either direction: larger pictures are panoramas that no player of ours shows.
MAX_SIDE = 8192
MAX_PIXELS = 7680 * 4320
_READ_BYTES = 256 << 10
_DECODER_THREADS = 4


@dataclass
class Clip:
    """An open clip. `damaged` counts packets that did not decode; those frames are missing."""

    media: Any
    stream: Any
    container: Container
    damaged: int = field(default=0)

    @property
    def time_base(self) -> Fraction:
        base: Fraction = self.stream.time_base
        return base

    @property
    def audio(self) -> Any | None:
        return next(iter(self.media.streams.audio), None)


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded frame: 0-based number in presentation order, pts in ticks of the time base."""

    number: int
    pts: int
    frame: Any


def open_clip(source: Source) -> Clip:
    """Open the first real video stream. Raises Refused."""
    container = identify(source)
    try:
        media = av.open(
            source,
            format=container.demuxer,
            buffer_size=_READ_BYTES,
            metadata_errors="replace",
            # A mov file may name other files as its data; nothing could open them, but say so.
            options={"enable_drefs": "0"} if container.demuxer == "mov" else {},
        )
    except (FFmpegError, ValueError) as error:
        raise Refused(
            "damaged", f"The file calls itself {container.name}, but cannot be read ({error})."
        ) from error
    stream = next((s for s in media.streams.video if not _is_cover(s)), None)
    if stream is None:
        raise Refused("no_video_stream", "The file holds sound or data, but no moving picture.")
    context = stream.codec_context
    if context is None:
        raise Refused("unsupported_codec", "There is no decoder for the pictures of this file.")
    _require_size(context.width, context.height)
    # Made-up times would hide that a file has none.
    media.flags &= ~Flags.gen_pts.value
    context.thread_type = "AUTO"
    context.thread_count = _DECODER_THREADS
    return Clip(media, stream, container)


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


def _require_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Refused(
            "too_large_picture",
            f"Pictures of {width} x {height} are larger than the {MAX_PIXELS:,} pixels "
            f"(side {MAX_SIDE}) that are taken.",
        )


def pictures(clip: Clip, aside: Callable[[Any], None] | None = None) -> Iterator[Picture]:
    """All frames in presentation order. Raises Refused when there is none, or they change size.

    A frame that carries no time gets one tick after the frame before it. aside: called with each
    packet of the first sound track, between the frames as they lie in the file.
    """
    number, last, size = 0, -1, None
    clock = BestEffort()
    streams = [clip.stream] if aside is None else [clip.stream, clip.audio]
    for packet in _packets(clip, streams):
        if aside is not None and packet.stream is not clip.stream:
            aside(packet)
            continue
        for frame in _decode(clip, packet):
            shape = (frame.width, frame.height)
            if size is None:
                _require_size(*shape)
                size = shape
            elif shape != size:
                raise Refused(
                    "picture_size_changes",
                    f"The picture changes from {size[0]} x {size[1]} to {shape[0]} x {shape[1]} "
                    f"at frame {number}. Cut the clip there.",
                )
            if number >= MAX_FRAMES:
                raise Refused("too_long", f"The clip has more than {MAX_FRAMES:,} frames.")
            time = clock.time(frame.pts, frame.dts)
            pts = last + 1 if time is None else time
            yield Picture(number, pts, frame)
            number, last = number + 1, pts
    if number == 0:
        raise Refused("undecodable", "Not one picture of this clip can be decoded.")


def _packets(clip: Clip, streams: list[Any]) -> Iterator[Any]:
    wanted = clip.media.demux(streams)
    while True:
        try:
            packet = next(wanted)
        except (StopIteration, EndOfMedia):
            return
        except InvalidDataError:
            clip.damaged += 1
            yield from _flush(clip)
            return
        yield packet


def _flush(clip: Clip) -> Iterator[Any]:
    # demux() hands out one empty packet per stream at its end; a broken end must do the same.
    packet = av.Packet()
    packet.stream = clip.stream
    yield packet


def _decode(clip: Clip, packet: Any) -> list[Any]:
    try:
        return list(packet.decode())
    except EndOfMedia:
        return []
    except InvalidDataError:
        clip.damaged += 1
        return []


def quarter_turns(frame: Any) -> int:
    """Clockwise quarter turns (0..3) that bring the stored picture upright."""
    # PyAV gives the anticlockwise angle of the display matrix.
    return round(-(frame.rotation or 0) / 90) % 4


def upright_size(frame: Any) -> tuple[int, int]:
    """Width and height after rotation."""
    sideways = quarter_turns(frame) % 2 == 1
    return (frame.height, frame.width) if sideways else (frame.width, frame.height)


def upright_bgr(frame: Any) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """The picture after rotation: uint8 (height, width, 3), blue green red, contiguous."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="bgr24"), -quarter_turns(frame)))


def small_bgr(frame: Any, longest_side: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """The upright picture with its longer side at most so many pixels, scaled before conversion."""
    factor = min(1.0, longest_side / max(frame.width, frame.height))
    width, height = (max(1, round(side * factor)) for side in (frame.width, frame.height))
    small = frame.reformat(width=width, height=height, format="bgr24", interpolation="AREA")
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), -quarter_turns(frame)))


def aspect(stream: Any) -> Fraction:
    """Sample aspect ratio, 1 where the file says nothing."""
    ratio: Fraction | None = stream.sample_aspect_ratio
    return ratio if ratio and ratio > 0 else Fraction(1)
