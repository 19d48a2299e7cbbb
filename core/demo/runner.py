"""The demo from an empty folder to a report."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from rich.console import Console

from core.demo.cast import AUDITOR, HARBOUR, NORTH, OPERATOR, make_cast, write_sign_ins
from core.demo.footage import Clip, drawn_clip, given_clip
from core.demo.journey import ClientSide, Extent, Journey
from core.demo.report import FAILED, HELD, NOT_BUILT, Report, StepReport
from core.demo.stack import forget_passkeys, fresh_folder, make_operator, running_stack
from core.demo.steps import STEPS, Step
from core.errors import CustosError

_FULL = Extent()


def run_demo(
    *, data: Path, footage: Path | None, console: Console, extent: Extent = _FULL
) -> Report:
    """Go the whole way, write ``data/report.json`` and ``data/sign-ins.json``, give the report.

    Raises Invalid when ``data`` holds something that is not an earlier demo's.
    """
    began = time.monotonic()
    fresh_folder(data)
    report = Report(
        footage=footage.name if footage else "drawn street",
        steps=[StepReport(number, step.title) for number, step in enumerate(STEPS, start=1)],
    )
    cast = make_cast()
    write_sign_ins(cast, data / "sign-ins.json")
    with running_stack(data) as stack:
        with console.status("Drawing the footage while the stack starts"):
            clients = _clients(data / "footage", footage, extent)
            stack.wait_until_ready()
        make_operator(data, cast[OPERATOR])
        journey = Journey(
            data=data,
            base_url=stack.base_url,
            console=console,
            cast=cast,
            clients=clients,
            given_footage=footage is not None,
            extent=extent,
        )
        try:
            walk(journey, report, STEPS)
        finally:
            journey.close()
        for email in (OPERATOR, AUDITOR):
            if email in journey.visitors:
                forget_passkeys(data, cast[email])
    report.seconds = time.monotonic() - began
    report.write(data / "report.json")
    return report


def _clients(folder: Path, footage: Path | None, extent: Extent) -> list[ClientSide]:
    """Both clients with footage of their own: no frame of one is in the other's."""
    folder.mkdir()

    def drawn(name: str, seed: int, frame_count: int) -> Clip:
        camera = f"CAM {seed:02}"
        return drawn_clip(folder / name, seed=seed, frame_count=frame_count, camera=camera)

    return [
        ClientSide(
            NORTH,
            "nora@north-line.example",
            given_clip(footage) if footage else drawn("north.mp4", 11, extent.clip),
            drawn("north-gold.mp4", 13, extent.gold),
        ),
        ClientSide(
            HARBOUR,
            "hugo@harbour-trust.example",
            drawn("harbour.mp4", 12, extent.clip),
            drawn("harbour-gold.mp4", 14, extent.gold),
        ),
    ]


def walk(journey: Journey, report: Report, steps: Sequence[Step]) -> None:
    """Take the steps in order into ``report``, until one stops; failed checks alone do not."""
    for step, step_report in zip(steps, report.steps, strict=True):
        if step.run is None:
            step_report.state = NOT_BUILT
            continue
        journey.console.print(f"{step_report.number:>2} {step.title}")
        journey.step = step_report
        if not _take(step, journey):
            return


def _take(step: Step, journey: Journey) -> bool:
    """Run one step; False where it stopped, so that the steps after it cannot be reached."""
    assert step.run is not None
    began = time.monotonic()
    try:
        step.run(journey)
    except (CustosError, httpx.TransportError, subprocess.TimeoutExpired) as error:
        journey.step.stopped_by = str(error)
    journey.step.seconds = time.monotonic() - began
    sound = not journey.step.stopped_by and all(check.held for check in journey.step.checks)
    journey.step.state = HELD if sound else FAILED
    return not journey.step.stopped_by
