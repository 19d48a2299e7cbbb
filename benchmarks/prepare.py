"""How fast a clip becomes its mezzanine in the sandbox, against bare ffmpeg with the same encoder.

Both read the same file and write nowhere. Bare ffmpeg makes no index, no thumbnails and no checks.

Usage: benchmarks/prepare.py [CLIP]
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.media.ffmpeg_graph import mezzanine_arguments
from core.media.ffmpeg_program import ffmpeg_path
from core.media.prepare import make_mezzanine
from core.media.probe import probe

GOAL = 0.8
ROUNDS = 3


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


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else drawn_clip(Path(folder))
        with path.open("rb") as source:
            report = probe(source)
        works = (bare(path), prepared(path))
        # In turns, and the best of each: other work on this machine hits both alike.
        rounds = [[seconds(work) for work in works] for _ in range(ROUNDS)]
    raw, ours = (min(times) for times in zip(*rounds, strict=True))
    ratio = raw / ours
    inputs = {
        "frames": report.frame_count,
        "picture": [report.width, report.height],
        "seconds": round(ours, 3),
        "raw_seconds": round(raw, 3),
    }
    result = {
        "name": "prepare",
        "ratio": round(ratio, 3),
        "to": "bare ffmpeg with the same encoder settings, unsandboxed",
        "goal": GOAL,
        "met": ratio >= GOAL,
        "inputs": inputs,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
