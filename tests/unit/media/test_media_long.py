"""A long clip takes time, not memory: neither in the program nor in the children that decode."""

import json
import subprocess
import sys

import pytest

from core.embedded.layout import REPOSITORY
from tests.media_clips import FFMPEG

#: Prepares a clip in a process of its own; says its peak and that of its largest child, in KiB.
PREPARE = """
import json, re, resource, sys, tempfile
from pathlib import Path
from core.media.prepare import make_mezzanine
from core.media.probe import probe
with open(sys.argv[1], "rb") as clip, tempfile.TemporaryFile() as sink:
    frames = len(probe(clip).pts)
    clip.seek(0)
    assert len(make_mezzanine(clip, sink).index.pts) == frames
# Its own by /proc: ru_maxrss would begin with that of whoever started it.
own = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps([frames, own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
#: What ten times the frames may add: their times, and what an allocator keeps.
ROOM = 24 << 10


def peaks(minutes, folder):
    clip = folder / f"{minutes}.mp4"
    subprocess.run(
        [
            *(FFMPEG, "-loglevel", "error", "-f", "lavfi"),
            *("-i", f"testsrc2=size=160x120:rate=15:duration={60 * minutes}"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", clip),
        ],
        check=True,
    )
    said = subprocess.run(
        [sys.executable, "-P", "-c", PREPARE, clip],
        env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    frames, parent, child = json.loads(said)
    assert frames == 900 * minutes
    return parent, child


@pytest.mark.slow(seconds=25)
def test_ten_minutes_take_no_more_memory_than_one(tmp_path):
    short, long = peaks(1, tmp_path), peaks(10, tmp_path)
    for before, after in zip(short, long, strict=True):
        assert after < before + ROOM, (short, long)
