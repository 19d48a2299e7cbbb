"""The twelve steps of the way of a clip, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.demo.journey import Journey
from core.demo.steps import (
    annotate,
    bill,
    deliver,
    intake,
    onboard,
    prepare,
    project,
    prove,
    redact,
    review,
    route,
    slicing,
)


@dataclass(frozen=True)
class Step:
    """``run`` does the step through the public doors and notes its checks.

    None where the rooms that the step needs are not built: it is then listed as such.
    """

    title: str
    run: Callable[[Journey], None] | None


STEPS: list[Step] = [
    Step("Onboard", onboard.run),
    Step("Project", project.run),
    Step("Intake", intake.run),
    Step("Prepare", prepare.run),
    Step("Slice", slicing.run),
    Step("Route", route.run),
    Step("Annotate", annotate.run),
    Step("Score and review", review.run),
    Step("Redact", redact.run),
    Step("Deliver", deliver.run),
    Step("Bill", bill.run),
    Step("Prove", prove.run),
]
