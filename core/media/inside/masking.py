"""The work of `render_masked` in the child: every frame, its masked regions made unreadable."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from core.media.inside.channel import Channel, Source
from core.media.inside.nut import NutWriter
from core.media.inside.pictures import open_clip, pictures, quarter_turns
from core.media.inside.probing import describe
from core.media.inside.recording import tags_of
from core.media.inside.timing import LEAD_SECONDS, Times, tick_of

cv2.setNumThreads(1)

Plane = np.ndarray[Any, np.dtype[np.uint8]]
Box = tuple[float, float, float, float]

# What is left of a masked region: at most this many averages along each side. Faces were
# recognised from mosaics of 8 and more cells a side (McPherson, Shokri, Shmatikov 2016, "Defeating
# image obfuscation with deep learning"); 3 leave a patch of colour.
_CELLS = 3
_NEUTRAL = 128


def stored_box(box: Box, turns: int, width: int, height: int) -> Box:
    """A box of the upright picture in pixels of the stored one (width x height).

    turns: clockwise quarter turns from stored to upright.
    """
    x1, y1, x2, y2 = box
    if turns == 1:
        return y1, height - x2, y2, height - x1
    if turns == 2:
        return width - x2, height - y2, width - x1, height - y1
    if turns == 3:
        return width - y2, x1, width - y1, x2
    return box


def cover(plane: Plane, box: Box, *, ellipse: bool, mode: str) -> None:
    """Replace what lies in the box (pixels of this plane; whole pixels that it touches), in place.

    mode: blur (smooth patch), pixelate (a few cells) or solid (nothing of the picture is left).
    """
    height, width = plane.shape
    left, top = max(0, math.floor(box[0])), max(0, math.floor(box[1]))
    right, bottom = min(width, math.ceil(box[2])), min(height, math.ceil(box[3]))
    if right <= left or bottom <= top:
        return
    region = plane[top:bottom, left:right]
    patch = _patch(region, mode)
    if ellipse:
        inside = _inside_ellipse(box, left, top, region.shape)
        region[inside] = patch[inside]
    else:
        region[:] = patch


def _patch(region: Plane, mode: str) -> Plane:
    height, width = region.shape
    if mode == "solid":
        return np.full_like(region, _NEUTRAL)
    cells = (min(_CELLS, width), min(_CELLS, height))
    small = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    spread = cv2.INTER_NEAREST if mode == "pixelate" else cv2.INTER_LINEAR
    patch: Plane = cv2.resize(small, (width, height), interpolation=spread)
    return patch


def _inside_ellipse(
    box: Box, left: int, top: int, shape: tuple[int, ...]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    # Half a pixel wider, so that each pixel that the outline touches is covered too.
    half_width, half_height = (box[2] - box[0]) / 2 + 0.5, (box[3] - box[1]) / 2 + 0.5
    x = (np.arange(shape[1]) + left + 0.5 - (box[0] + box[2]) / 2) / half_width
    y = (np.arange(shape[0]) + top + 0.5 - (box[1] + box[3]) / 2) / half_height
    inside: np.ndarray[Any, np.dtype[np.bool_]] = x[None, :] ** 2 + y[:, None] ** 2 <= 1
    return inside


def cover_frame(frame: Any, masks: Sequence[Sequence[Any]], *, turns: int, mode: str) -> None:
    """Cover masks [x1, y1, x2, y2, shape] (upright pixels) in all planes of a YUV frame."""
    for *corners, shape in masks:
        box = stored_box((*corners,), turns, frame.width, frame.height)
        for part in frame.planes:
            plane = np.frombuffer(part, np.uint8).reshape(part.height, part.line_size)
            fewer_x, fewer_y = frame.width / part.width, frame.height / part.height
            scaled = (box[0] / fewer_x, box[1] / fewer_y, box[2] / fewer_x, box[3] / fewer_y)
            cover(plane[:, : part.width], scaled, ellipse=shape == "ellipse", mode=mode)


def render(
    channel: Channel,
    source: Source,
    *,
    nut: int,
    masks: Mapping[str, Sequence[Sequence[Any]]],
    mode: str,
    keep_audio: bool,
    kept_tags: Sequence[str],
) -> dict[str, Any]:
    """Send the facts and the times written; the pictures go to the descriptor `nut`."""
    clip = open_clip(source)
    keep_audio = keep_audio and clip.audio is not None
    writer: NutWriter | None = None
    tick, shift = tick_of(clip.time_base), 0
    times = Times(channel)
    early: list[Any] = []  # sound that lies in the file before the first picture

    def copy_sound(packet: Any) -> None:
        if packet.pts is None or packet.dts is None:
            return
        if writer is None:
            early.append(packet)
            return
        offset = round(shift * tick / packet.time_base)
        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
        if packet.dts >= 0:
            writer.write_audio(packet)

    for picture in pictures(clip, copy_sound if keep_audio else None):
        pixel_format = "yuv420p" if _even(picture.frame) else "yuv444p"
        time = int(picture.pts * clip.time_base / tick)
        if writer is None:
            shift = max(0, -time) + LEAD_SECONDS * tick.denominator
            facts = describe(clip, picture.frame)
            facts |= {"ticks_per_second": tick.denominator, "keep_audio": keep_audio}
            channel.send(facts | {"tags": tags_of(clip.media.metadata, kept_tags)})
            writer = NutWriter(
                nut,
                width=picture.frame.width,
                height=picture.frame.height,
                pixel_format=pixel_format,
                tick=tick,
                audio=clip.audio if keep_audio else None,
            )
            for packet in early:
                copy_sound(packet)
        frame = picture.frame.reformat(format=pixel_format)
        wanted = masks.get(str(picture.number))
        if wanted:
            frame.make_writable()
            cover_frame(frame, wanted, turns=quarter_turns(picture.frame), mode=mode)
        writer.write(frame, times.add(picture.pts, time + shift))
    assert writer is not None
    writer.close()
    times.close()
    return {"damaged": clip.damaged}


def _even(frame: Any) -> bool:
    # H.264 has no 4:2:0 picture of odd width or height; 4:4:4 keeps the size.
    return bool(frame.width % 2 == 0 and frame.height % 2 == 0)
