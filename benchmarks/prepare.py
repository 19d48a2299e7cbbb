"""How fast a clip becomes its mezzanine in the sandbox, against bare ffmpeg with the same encoder.

Both read the same file and write nowhere. Bare ffmpeg makes no index, no thumbnails and no checks.
The two run in turns and each turn gives one ratio of wall clocks; the median counts, since other
work on the machine falls on neighbours alike. Processor time is given beside it.

Usage: benchmarks/prepare.py [CLIP]
"""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from core.media.ffmpeg_graph import mezzanine_arguments
from core.media.ffmpeg_program import ffmpeg_path
from core.media.prepare import make_mezzanine
from core.media.probe import probe

GOAL = 0.7
ROUNDS = 5


class Nowhere:
    def write(self, data: bytes, /) -> None:
        """Forget it."""


def drawn_clip(folder: Path) -> Path:
    path = folder / "clip.mp4"
    # A sensor is noisy; a drawing without noise would cost the encoder nothing.
    drawing = "testsrc2=size=1280x720:rate=25:duration=16,noise=alls=8:allf=t"
    picture = ["-f", "lavfi", "-i", drawing]
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
    command = [str(ffmpeg_path()), "-y", "-v", "error", *picture, *encoder, str(path)]
    subprocess.run(command, check=True)
    return path


def bare(path: Path) -> Callable[[], None]:
    facts = {
        "rotation": 0,
        "ticks_per_second": 12800,
        "color": dict.fromkeys(("primaries", "transfer", "matrix"), 2),
    }
    words = mezzanine_arguments(facts)
    words[0] = str(ffmpeg_path())
    at = words.index("nut") - 1
    words[at : at + 4] = ["-i", str(path)]
    return lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL) and None


def prepared(path: Path) -> Callable[[], None]:
    def run() -> None:
        with path.open("rb") as source:
            make_mezzanine(source, Nowhere())

    return run


class Cost(NamedTuple):
    """Seconds on the wall, and of the processor in all children together."""

    wall: float
    processor: float


def cost(work: Callable[[], None]) -> Cost:
    start, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    ours = sum(after[:4]) - sum(before[:4])
    return Cost(time.perf_counter() - start, ours)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else drawn_clip(Path(folder))
        with path.open("rb") as source:
            report = probe(source)
        rounds = [(cost(bare(path)), cost(prepared(path))) for _ in range(ROUNDS)]
    ratio = median(raw.wall / ours.wall for raw, ours in rounds)
    inputs = {
        "frames": report.frame_count,
        "picture": [report.width, report.height],
        "rounds": ROUNDS,
        "ratios": [round(raw.wall / ours.wall, 3) for raw, ours in rounds],
        "processor_ratio": round(median(raw.processor / ours.processor for raw, ours in rounds), 3),
        "seconds": round(min(ours.wall for _, ours in rounds), 3),
        "raw_seconds": round(min(raw.wall for raw, _ in rounds), 3),
        "cores": os.cpu_count(),
    }
    result = {
        "name": "prepare",
        "ratio": round(ratio, 3),
        "to": "bare ffmpeg with the same encoder settings, unsandboxed, from the plain file",
        "goal": GOAL,
        "met": ratio >= GOAL,
        "inputs": inputs,
        "versions": versions(),
    }
    sys.stdout.write(json.dumps(result) + "\n")


def versions() -> dict[str, str]:
    said = subprocess.run([str(ffmpeg_path()), "-version"], capture_output=True, check=True).stdout
    return {
        "ffmpeg": said.split()[2].decode(),
        "av": importlib.metadata.version("av"),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()
