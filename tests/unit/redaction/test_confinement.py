"""The process in which detectors look at pictures is locked in, and not believed blindly."""

import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import Misconfigured, Unavailable
from core.media.inside.confine import FIRST_UID, UID_COUNT
from workforce.redaction.detectors import process
from workforce.redaction.detectors.process import DetectorProcess
from workforce.redaction.detectors.recipe import Mode, Subject

PICTURE = np.full((48, 64, 3), 127, np.uint8)


def looking(**options):
    return DetectorProcess(mode=Mode.FAST, subjects=(Subject.FACES,), threads=1, **options)


def status_of(pid: int) -> dict[str, str]:
    """Fields of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: rest.strip() for name, _, rest in (line.partition(":") for line in lines)}


def test_a_detector_runs_locked_in():
    with looking() as detector:
        assert set(detector.detect(0, PICTURE)) == {Subject.FACES}
        status = status_of(detector.pid)
        tasks = Path(f"/proc/{detector.pid}/task").iterdir()
        filters = {status_of(int(task.name))["Seccomp"] for task in tasks}
    assert filters == {"2"}
    assert status["NoNewPrivs"] == "1"
    assert status["CapEff"] == "0" * 16
    if os.geteuid() == 0:
        assert FIRST_UID <= int(status["Uid"].split()[0]) < FIRST_UID + UID_COUNT


@pytest.mark.parametrize(
    "answer",
    [
        "{{{", "[1]", '{"hits": 7}', '{"hits": {"faces": [[1, 2]]}}', '{"hits": {"elbows": []}}',
        '{"hits": {"faces": "many"}}', "[" * 100_000,
    ],
)  # fmt: skip
def test_a_detector_that_was_taken_over_is_an_error_and_no_more(answer, monkeypatch, tmp_path):
    with said_by_a_child(monkeypatch, tmp_path, answer) as detector, pytest.raises(Unavailable):
        detector.detect(0, PICTURE)


def test_a_detector_cannot_talk_without_end(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "ANSWER_BYTES", 1 << 16)
    with (
        said_by_a_child(monkeypatch, tmp_path, "x" * (1 << 17)) as detector,
        pytest.raises(Unavailable, match="nonsense"),
    ):
        detector.detect(0, PICTURE)


def test_a_detector_that_starts_with_nonsense(monkeypatch, tmp_path):
    with pytest.raises(Misconfigured, match="no model"):
        said_by_a_child(monkeypatch, tmp_path, "", ready='{"error": "no model"}').__enter__()


def said_by_a_child(monkeypatch, folder: Path, answer: str, ready: str = '{"ready": true}'):
    """A real process in the detector's place, which says this of every picture."""
    (folder / "liar.py").write_text(
        "import sys\n"
        f"print({ready!r}, flush=True)\n"
        "sys.stdin.buffer.readline()\n"
        "sys.stdin.buffer.read(1)\n"
        f"print({answer!r}, flush=True)\n"
        "sys.stdin.buffer.read()\n"
    )
    monkeypatch.setattr(process, "ROOT", folder)
    monkeypatch.setattr(process, "CHILD", "liar")
    return looking()
