"""The way of a clip, whole and small, by the demo: real stack, public doors, every check."""

import io
import json
import os

import pytest
from rich.console import Console

from core.demo.journey import Extent
from core.demo.runner import run_demo
from core.demo.steps import STEPS

# A second and a half of each clip, two tasks to it.
SMALL = Extent(clip=40, task=25, overlap=5, gold=30, gold_ranges=3)


@pytest.mark.timeout(1200)
def test_a_clip_goes_the_whole_way_and_every_check_holds(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("CUSTOS_")]:
        monkeypatch.delenv(name)
    data = tmp_path / "demo"
    report = run_demo(data=data, footage=None, console=Console(file=io.StringIO()), extent=SMALL)
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
