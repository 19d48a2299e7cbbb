"""The work of `probe` in the child: what the clip is, and the time of each frame."""

from typing import Any

from core.media.inside.channel import Channel, Source
from core.media.inside.pictures import Clip, aspect, open_clip, pictures, quarter_turns

_PTS_PER_MESSAGE = 4096


def describe(clip: Clip, frame: Any) -> dict[str, Any]:
    """Facts about a clip, from its streams and its first decoded frame."""
    turns = quarter_turns(frame)
    width, height = frame.width, frame.height
    base, ratio = clip.time_base, aspect(clip.stream)
    audio = clip.audio
    return {
        "container": clip.container.name,
        "codec": clip.stream.codec_context.codec.canonical_name,
        "stored_width": width,
        "stored_height": height,
        "width": height if turns % 2 else width,
        "height": width if turns % 2 else height,
        "rotation": turns * 90,
        "sample_aspect": [ratio.numerator, ratio.denominator],
        "time_base": [base.numerator, base.denominator],
        "pixel_format": frame.format.name,
        "bit_depth": max((part.bits for part in frame.format.components), default=8),
        "interlaced": bool(frame.interlaced_frame),
        "color": {
            "range": int(frame.color_range),
            "matrix": int(frame.colorspace),
            "primaries": int(frame.color_primaries),
            "transfer": int(frame.color_trc),
        },
        "audio_codec": audio.codec_context.name if audio and audio.codec_context else None,
    }


def probe(channel: Channel, source: Source, *, whole: bool) -> dict[str, Any]:
    """Send the facts, then the PTS in lists; `whole` decodes every frame, not only the first."""
    clip = open_clip(source)
    times: list[int] = []
    for picture in pictures(clip):
        if picture.number == 0:
            channel.send(describe(clip, picture.frame))
        times.append(picture.pts)
        if len(times) == _PTS_PER_MESSAGE:
            channel.send(times)
            times = []
        if not whole:
            break
    channel.send(times)
    return {"damaged": clip.damaged}
