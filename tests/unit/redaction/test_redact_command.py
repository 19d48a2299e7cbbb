"""`custos redact`: a redacted copy with the clip's times, size and sound, or a reason."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.cli.main import app
from core.demo.coverage import tally
from core.demo.scene import Scene
from core.media.encode import encode_clip
from core.media.frames import read_frames
from core.media.probe import probe
from tests.media_clips import RECIPES, clip_bytes

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def redact(*arguments):
    """The command in this process: most rules need no fresh interpreter."""
    result = CliRunner().invoke(app, ["redact", *map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return Done(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip_bytes("b-frames.mp4"))
    return path


FRAMES = RECIPES["b-frames.mp4"].frames


def masks_file(clip, wire):
    path = clip.with_name("masks.json")
    path.write_text(wire if isinstance(wire, str) else json.dumps(wire))
    return path


def frames_of(path):
    with path.open("rb") as source:
        return [frame.pixels.astype(int) for frame in read_frames(source)]


def probed(path):
    with path.open("rb") as source:
        return probe(source)


def nothing_left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith((".mp4", ".part")))


def test_given_masks_hide_their_pixels_and_no_others(clip, tmp_path):
    out = tmp_path / "out.mp4"
    wire = {"5": [{"box": [40, 20, 120, 100], "shape": "box"}], "6": []}
    done = redact(clip, out, "--masks", masks_file(clip, wire), "--json")
    assert done.returncode == 0, done.stderr
    before, after = frames_of(clip), frames_of(out)
    changed = [np.abs(a - b) for a, b in zip(before, after, strict=True)]
    assert changed[5][24:96, 44:116].mean() > 20
    changed[5][16:104, 36:124] = 0
    assert max(frame.mean() for frame in changed) < 4

    report = json.loads(done.stdout)
    assert report["detected"] is False
    assert (report["frames"], report["frames_masked"], report["masks"]) == (FRAMES, 1, 1)
    assert report["masked_area"] == pytest.approx(80 * 80 / (320 * 240) / FRAMES, rel=0.05)


@pytest.mark.parametrize(
    "name", ["variable.mp4", "variable.mkv", "turned.mp4", "late.mp4", "one-frame.mp4", "old.avi"]
)
def test_times_size_and_sound_are_kept(tmp_path, name):
    clip, out = tmp_path / name, tmp_path / "out.mp4"
    clip.write_bytes(clip_bytes(name))
    done = redact(clip, out, "--masks", masks_file(clip, {"0": [{"box": [0, 0, 50, 50]}]}))
    assert done.returncode == 0, done.stderr
    before, after = probed(clip), probed(out)
    assert (after.frame_count, after.width, after.height, after.has_audio) == (
        before.frame_count,
        before.width,
        before.height,
        before.has_audio,
    )
    assert after.duration_seconds == pytest.approx(before.duration_seconds, abs=1e-3)


def test_faces_and_plates_of_a_drawn_street_are_hidden(tmp_path):
    scene = Scene(seed=1)
    clip, out = tmp_path / "street.mp4", tmp_path / "out.mp4"
    encode_clip(islice(scene.frames(), 75), fps=25, width=960, height=540, path=clip)
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "redact", clip, out, "--json"],
        cwd=ROOT,
        env={},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr

    totals = {}
    with clip.open("rb") as source, out.open("rb") as copy:
        for before, after in zip(read_frames(source), read_frames(copy), strict=True):
            tally(before.pixels, after.pixels, scene.truth.marks[before.frame], totals)
    report = json.loads(done.stdout)
    assert report["tracks"]["faces"] >= 2
    assert report["masked_area"] < 0.08
    assert totals["face"].seen > 60
    assert totals["face"].share > 0.99
    assert totals["plate"].seen > 10
    assert totals["plate"].share > 0.97


def test_only_what_was_asked_for_is_looked_for(clip, tmp_path):
    done = redact(clip, tmp_path / "o.mp4", "--what", "plates", "--mode", "fast", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["tracks"]) == {"plates"}


def test_a_person_is_told_what_was_done(clip, tmp_path):
    done = redact(clip, tmp_path / "o.mp4", "--masks", masks_file(clip, {}))
    assert done.returncode == 0
    assert f"0 of {FRAMES} frames masked" in done.stdout
    assert "sound: copied" in done.stdout


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ("{", "not JSON"),
        ({str(FRAMES): [{"box": [1, 1, 9, 9]}]}, f"0 to {FRAMES - 1}"),
        ({"0": [{"box": [1, 1, 9, 9], "shape": "star"}]}, "star"),
        ({"0": [{"box": [1, 1, 9]}]}, "four numbers"),
    ],
)
def test_wrong_masks_write_nothing(clip, tmp_path, wire, said):
    done = redact(clip, tmp_path / "out.mp4", "--masks", masks_file(clip, wire))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert nothing_left(tmp_path) == ["clip.mp4"]


def test_masks_that_are_no_text_or_not_there_write_nothing(clip, tmp_path):
    binary = tmp_path / "masks.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for masks in (binary, tmp_path / "nowhere.json"):
        done = redact(clip, tmp_path / "out.mp4", "--masks", masks)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert nothing_left(tmp_path) == ["clip.mp4"]


@pytest.mark.parametrize("what", ["", ",", "faces,logos"])
def test_unknown_subjects_are_refused(clip, tmp_path, what):
    done = redact(clip, tmp_path / "out.mp4", "--what", what)
    assert done.returncode == 2
    assert "faces" in done.stderr
    assert nothing_left(tmp_path) == ["clip.mp4"]


def test_the_clip_is_never_overwritten(clip, tmp_path):
    held = clip.read_bytes()
    (tmp_path / "link.mp4").symlink_to(clip)
    os.link(clip, tmp_path / "hard.mp4")
    for out in (clip, tmp_path / "." / "clip.mp4", tmp_path / "link.mp4", tmp_path / "hard.mp4"):
        done = redact(clip, out)
        assert done.returncode == 2
        assert "overwrite" in done.stderr
    assert clip.read_bytes() == held


def test_a_failed_run_keeps_what_was_there(tmp_path):
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    clip.write_bytes(b"no film")
    out.write_bytes(b"the copy of yesterday")
    done = redact(clip, out)
    assert done.returncode == 2
    assert "clip.mp4 was refused" in done.stderr
    assert out.read_bytes() == b"the copy of yesterday"


def test_places_that_cannot_be_written_are_refused(clip, tmp_path):
    for out in (tmp_path, tmp_path / "no" / "folder.mp4"):
        done = redact(clip, out)
        assert done.returncode == 2
        assert "folder" in done.stderr
    assert "There is no file" in redact(tmp_path / "gone.mp4", tmp_path / "o.mp4").stderr


def test_the_command_needs_neither_django_nor_a_model_runtime_of_its_own():
    code = (
        "import sys, workforce.redaction.command; "
        "print([m for m in ('django', 'onnxruntime', 'onnx', 'av') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_the_masks_that_were_used_are_written_as_they_are_read(clip, tmp_path):
    wire = {"5": [{"box": [40.0, 20.0, 120.0, 100.0], "shape": "box"}], "6": []}
    used = tmp_path / "used.json"
    done = redact(
        clip, tmp_path / "a.mp4", "--masks", masks_file(clip, wire), "--write-masks", used
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(used.read_text()) == wire
    again = redact(clip, tmp_path / "b.mp4", "--masks", used)
    assert again.returncode == 0, again.stderr
