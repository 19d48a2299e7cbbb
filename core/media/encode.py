"""Pictures into an ordinary MP4 file, as a camera or recorder would write it.

For footage that Custos draws itself (demo, benchmarks, tests). Clients' footage never comes this
way: it is opened in the sandbox only.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import ffmpeg
from numpy.typing import NDArray

from core.errors import CustosError
from core.media.ffmpeg_program import ffmpeg_path


class EncodingFailed(CustosError):
    """ffmpeg refused or died; the message carries its last words."""

    code = "encoding_failed"


def encode_clip(
    frames: Iterable[NDArray[Any]],
    *,
    fps: int,
    width: int,
    height: int,
    path: Path,
    tone_hz: int | None = None,
) -> None:
    """Write frames (uint8 (height, width, 3), BGR) to ``path``: H.264 with B-frames, yuv420p.

    ``tone_hz`` adds an AAC sine tone of that pitch, as long as the picture.
    Raises EncodingFailed, Misconfigured.
    """
    picture = ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="bgr24", s=f"{width}x{height}", framerate=fps
    )
    streams = [picture]
    options: dict[str, Any] = {
        "vcodec": "libx264",
        "preset": "veryfast",
        "crf": 20,
        "pix_fmt": "yuv420p",
    }
    if tone_hz is not None:
        streams.append(ffmpeg.input(f"sine=frequency={tone_hz}:sample_rate=48000", format="lavfi"))
        options |= {"acodec": "aac", "audio_bitrate": "64k", "shortest": None}
    graph = ffmpeg.output(*streams, str(path), **options).global_args(
        "-hide_banner", "-loglevel", "error"
    )
    command = graph.overwrite_output().compile(cmd=str(ffmpeg_path()))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        # A broken pipe is not the news: ffmpeg says why on stderr, and its exit code that.
        with suppress(BrokenPipeError):
            for frame in frames:
                child.stdin.write(frame.data)
        with suppress(BrokenPipeError):
            child.stdin.close()
        last_words = child.stderr.read().decode(errors="replace").strip()
    if child.returncode:
        raise EncodingFailed(f"ffmpeg could not write {path.name}: {last_words}")
