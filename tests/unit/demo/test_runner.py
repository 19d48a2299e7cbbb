"""Steps are taken in order, never simulated, and the report says what became of each."""

import io
import json

import pytest
from rich.console import Console

from core.demo.cast import make_cast, write_sign_ins
from core.demo.errors import DemoStopped
from core.demo.journey import Journey
from core.demo.report import Report, StepReport
from core.demo.runner import run_demo, walk
from core.demo.stack import fresh_folder
from core.demo.steps import STEPS, Step
from core.embedded.layout import DataLayout
from core.errors import Conflict, Invalid
from core.supervisor.lock import only_one


@pytest.fixture
def journey(tmp_path):
    return Journey(
        data=tmp_path,
        base_url="http://127.0.0.1:1",
        console=Console(file=io.StringIO()),
        cast={},
        clients=[],
        given_footage=False,
    )


def taken(journey, *runs):
    steps = [Step(f"step {n}", run) for n, run in enumerate(runs, start=1)]
    report = Report("a clip", [StepReport(n, s.title) for n, s in enumerate(steps, start=1)])
    walk(journey, report, steps)
    return report


def holding(journey):
    journey.check("two and two are four", held=True, found="4")


def failing(journey):
    journey.check("two and two are five", held=False, found="4")


def stopping(journey):
    raise DemoStopped("the door is shut")


def test_a_run_holds_when_every_check_of_every_step_held(journey):
    report = taken(journey, holding, holding)
    assert report.held
    assert [s.state for s in report.steps] == ["held", "held"]


def test_a_failed_check_fails_the_run_and_the_next_steps_still_run(journey):
    report = taken(journey, failing, holding)
    assert not report.held
    assert [s.state for s in report.steps] == ["failed", "held"]


def test_a_stopped_step_leaves_the_rest_not_reached(journey):
    report = taken(journey, holding, stopping, holding)
    assert not report.held
    assert [s.state for s in report.steps] == ["held", "failed", "not reached"]
    assert report.steps[1].stopped_by == "the door is shut"


def test_a_step_without_a_room_is_listed_and_fails_the_run(journey):
    report = taken(journey, holding, None)
    assert not report.held
    assert report.steps[1].state == "not built"


def test_an_error_of_the_program_itself_is_not_swallowed(journey):
    def broken(journey):
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        taken(journey, broken)


def test_the_report_is_written_and_printed_with_what_weakens_it(journey, tmp_path):
    def weak(journey):
        journey.check("faces are gone", held=True, found="1 %", weakened="no truth here")

    report = taken(journey, weak, failing, stopping)
    report.write(tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["held"] is False
    assert written["steps"][0]["checks"] == [
        {"claim": "faces are gone", "held": True, "found": "1 %", "weakened": "no truth here"}
    ]
    printed = io.StringIO()
    report.print(Console(file=printed, width=120))
    for words in ("faces are gone", "no truth here", "two and two are five", "the door is shut"):
        assert words in printed.getvalue()


def test_there_are_the_twelve_steps_of_the_design():
    assert [step.title for step in STEPS] == [
        "Onboard",
        "Project",
        "Intake",
        "Prepare",
        "Slice",
        "Route",
        "Annotate",
        "Score and review",
        "Redact",
        "Deliver",
        "Bill",
        "Prove",
    ]


def test_somebody_elses_folder_is_never_deleted(tmp_path):
    (tmp_path / "letters.txt").write_text("keep me")
    with pytest.raises(Invalid):
        run_demo(data=tmp_path, footage=None, console=Console(file=io.StringIO()))
    assert (tmp_path / "letters.txt").read_text() == "keep me"


def test_sign_ins_are_fresh_and_for_their_owner_only(tmp_path):
    cast = make_cast()
    write_sign_ins(cast, tmp_path / "sign-ins.json")
    assert (tmp_path / "sign-ins.json").stat().st_mode & 0o777 == 0o600
    written = json.loads((tmp_path / "sign-ins.json").read_text())
    assert {p["email"] for p in written} == set(cast)
    assert cast["olga@custos.example"].password != make_cast()["olga@custos.example"].password


def test_a_folder_that_a_portal_runs_on_is_not_deleted(tmp_path):
    fresh_folder(tmp_path / "demo")
    layout = DataLayout(tmp_path / "demo")
    with only_one(layout), pytest.raises(Conflict):
        fresh_folder(tmp_path / "demo")
    assert layout.run.exists()
    fresh_folder(tmp_path / "demo")
    assert not layout.run.exists()
