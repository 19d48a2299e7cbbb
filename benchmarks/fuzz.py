"""Mutated clips into the sandbox: the parent never crashes or hangs, each case ends with a word.

Usage: benchmarks/fuzz.py [CASES] [SEED]
"""

import importlib.metadata
import io
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from core.media.errors import REASONS
from core.media.ffmpeg_program import ffmpeg_path
from core.media.probe import probe
from core.media.sandbox import Limits

CASES = 2000
SECONDS = 20.0  # that one case may take, from outside
LIMITS = Limits(wall_seconds=10, cpu_seconds=10, memory_bytes=2 << 30)
SEEDS = {
    "clip.mp4": ("libx264", "-bf", "2"),
    "clip.mkv": ("libx265", "-x265-params", "log-level=error"),
    "clip.avi": ("mpeg4", "-bf", "2"),
    "clip.mov": ("mjpeg", "-pix_fmt", "yuvj422p"),
    "clip.webm": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "clip.ts": ("mpeg2video",),
}
LARGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0", b"\xff\xff\0\0")


def seed_clips(folder: Path) -> list[bytes]:
    """Small whole clips, one of each container."""
    clips = []
    for name, (codec, *options) in SEEDS.items():
        drawing = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.4"]
        pixels = [] if "-pix_fmt" in options else ["-pix_fmt", "yuv420p"]
        command = [str(ffmpeg_path()), "-y", "-v", "error", *drawing, "-c:v", codec]
        path = folder / name
        subprocess.run([*command, *options, *pixels, str(path)], check=True)
        clips.append(path.read_bytes())
    return clips


def mutated(clip: bytes, dice: random.Random) -> bytes:
    """A few changes, half of them where the tables are: at the ends of the file."""
    data = bytearray(clip)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        edge = min(len(data), 1500)
        at = dice.randrange(len(data))
        if dice.random() < 0.5:
            at = dice.choice((dice.randrange(edge), len(data) - 1 - dice.randrange(edge)))
        kind = dice.choice((0, 0, 1, 1, 2, 2, 3, 4, 5))
        if kind == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            data[at : at + 4] = dice.choice(LARGE)
        elif kind == 2:
            length = min(dice.randrange(1, 64), len(data) - at)
            data[at : at + length] = dice.randbytes(length)
        elif kind == 3:
            data[at:at] = data[at : at + dice.randrange(1, 512)]
        elif kind == 4:
            del data[at : at + dice.randrange(1, 256)]
        else:
            del data[max(1, at) :]
        data = data or bytearray(b"\0")
    return bytes(data)


def outcome(data: bytes) -> str:
    """`accepted` or the reason of the refusal. Raises AssertionError when it took too long."""
    since = time.monotonic()
    report = probe(io.BytesIO(data), limits=LIMITS)
    assert time.monotonic() - since < SECONDS, "a case took too long"
    if report.accepted:
        return "accepted"
    assert report.reason in REASONS, report.reason
    assert report.message, "refused without a word"
    return report.reason


def main() -> None:
    given = [int(word) for word in sys.argv[1:]]
    cases, seed = given + [CASES, 1][len(given) :]
    dice = random.Random(seed)
    since = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        clips = seed_clips(Path(folder))
    outcomes = Counter(outcome(mutated(dice.choice(clips), dice)) for _ in range(cases))
    ended = sum(outcomes.values())
    inputs = {"cases": cases, "seed": seed, "seconds": round(time.monotonic() - since, 1)}
    result = {
        "name": "fuzz",
        "ratio": ended / cases,
        "to": "mutated clips that end as accepted or as refused with a reason",
        "goal": 1.0,
        "met": ended == cases,
        "inputs": inputs | {"outcomes": dict(outcomes.most_common())},
        "versions": {"python": platform.python_version(), "av": importlib.metadata.version("av")},
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
