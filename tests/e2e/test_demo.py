"""The way of a clip, whole and small, by the demo: real stack, public doors, every check.

While it runs, everything that the portal writes is searched for the clips' plaintext, and for the
marks of what is made from them on the way: the decoder's stream, the mezzanine, JPEGs.
"""

import hashlib
import io
import json
import os
import re
import shutil
import struct
import tempfile
from dataclasses import replace
from pathlib import Path

import av
import pytest
from rich.console import Console

from core.demo import runner
from core.demo.footage import drawn_clip
from core.demo.journey import Extent
from core.demo.runner import run_demo
from core.demo.steps import STEPS
from core.media.prepare import make_mezzanine
from tests.documents import run_all
from tests.e2e.watching import Watcher
from tests.media_clips import clip_bytes

# A second and a half of each clip, two tasks to it.
SMALL = Extent(clip=40, task=25, overlap=5, gold=30, gold_ranges=3)
MARKER = b"custos plaintext marker %s " % os.urandom(8).hex().encode()
#: What plaintext of each kind begins with or holds, long enough that no ciphertext has it.
MARKERS = {
    "footage": MARKER,
    "decoded frames": b"nut/multimedia container\0",
    "mezzanine": b"moof\0\0\0\x10mfhd\0\0\0\0",
    "picture": b"\xff\xd8\xff\xe0\0\x10JFIF",
}


#: Python's own: a try whether the temporary folder can be written to, and a folder for sockets.
NO_CONTENT = re.compile(r"(pymp-)?[a-z0-9_]{8}")


def marked_clip(path, **how):
    """A drawn clip that ends in a free box (ISO/IEC 14496-12, 8.1.2) full of the marker."""
    clip = drawn_clip(path, **how)
    filling = MARKER * 9000
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 8 + len(filling), b"free") + filling)
    return replace(clip, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def data():
    """Where the database's user may pass, as in pytest's own private folders it may not."""
    folder = Path(tempfile.mkdtemp(prefix="custos-demo-"))
    folder.chmod(0o711)
    yield folder / "demo"
    shutil.rmtree(folder)


@pytest.mark.timeout(1200)
def test_a_clip_goes_the_whole_way_every_check_holds_and_plaintext_lies_nowhere(
    data, tmp_path, monkeypatch
):
    for name in [name for name in os.environ if name.startswith("CUSTOS_")]:
        monkeypatch.delenv(name)
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setenv("TMPDIR", str(spool))
    monkeypatch.setattr(runner, "drawn_clip", marked_clip)
    # What the clients keep on their own machines lies beside the portal's data in the demo.
    own = tuple(data / name for name in ("footage", "delivered", "kept"))
    with Watcher(data, spool, MARKERS, spared=own) as watcher:
        report = run_demo(
            data=data, footage=None, console=Console(file=io.StringIO()), extent=SMALL
        )
        watcher.look_at_shared_folders()
    broken = [
        (step.title, step.state, step.stopped_by, [c for c in step.checks if not c.held])
        for step in report.steps
        if step.state != "held"
    ]
    assert broken == []
    assert [step.title for step in report.steps] == [step.title for step in STEPS]
    assert all(step.checks for step in report.steps)
    written = json.loads((data / "report.json").read_text())
    assert written["held"] is True
    assert (data / "sign-ins.json").stat().st_mode & 0o777 == 0o600

    assert watcher.found == set()
    assert [name for name in watcher.created if not NO_CONTENT.fullmatch(name)] == []
    assert set(watcher.seen) >= {"file", "descriptor", "row"}
    assert MARKER in next((data / "footage").iterdir()).read_bytes()

    # What the documents tell people to type, on what the demo left.
    assert run_all(data) == []


def test_the_marks_are_those_of_what_is_made_of_a_clip():
    made = io.BytesIO()
    sheet = make_mezzanine(io.BytesIO(clip_bytes("plain.mp4")), made).sheet
    assert MARKERS["mezzanine"] in made.getvalue()
    assert MARKERS["picture"] in sheet
    frames = io.BytesIO()
    with av.open(frames, "w", format="nut") as stream:
        stream.add_stream("rawvideo", rate=25).width = 16
        stream.start_encoding()
    assert MARKERS["decoded frames"] in frames.getvalue()
