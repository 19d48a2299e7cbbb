"""What gold must reach, part by part: a good mean must not hide loose boxes or lost identities.

Boxes 30 % too wide can have MOTA = IDF1 = 1.0 with HOTA 0.58, and HOTA itself forgives loose boxes
where association is easy. So each part has a mark of its own, and gold is passed when all are met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import Invalid
from workforce.quality.scoring.bcubed import BCubed
from workforce.quality.scoring.labels import LabelScore


class Gate(StrEnum):
    """A part of the measurement, under the field's name."""

    HOTA = "HOTA"
    DET_A = "DetA"
    ASS_A = "AssA"
    LOC_A = "LocA"
    ATTRIBUTES = "attributes"
    EVENTS = "events"
    BCUBED_F1 = "B-cubed F1"
    BCUBED_PRECISION = "B-cubed precision"
    BCUBED_RECALL = "B-cubed recall"


#: Least value of each part unless a project says otherwise; HOTA's is the project's pass mark.
DEFAULT_MARKS: dict[Gate, float] = {
    Gate.DET_A: 0.5,
    Gate.ASS_A: 0.5,
    Gate.LOC_A: 0.6,
    Gate.ATTRIBUTES: 0.7,
    Gate.EVENTS: 0.5,
    # Two people made one are worse than one who was not recognized: the next link goes on from it.
    Gate.BCUBED_F1: 0.8,
    Gate.BCUBED_PRECISION: 0.8,
    Gate.BCUBED_RECALL: 0.7,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One part: what was reached and what was asked, both in 0..1."""

    gate: Gate
    value: float
    mark: float

    @property
    def passed(self) -> bool:
        return self.value >= self.mark

    def to_json(self) -> dict[str, Any]:
        return {"value": round(self.value, 6), "mark": self.mark, "passed": self.passed}


def checked_marks(marks: Mapping[str, float]) -> dict[str, float]:
    """Marks that a project sets. Raises Invalid for an unknown part or a value outside 0..1."""
    for name, mark in marks.items():
        if name not in DEFAULT_MARKS:
            known = ", ".join(DEFAULT_MARKS)
            raise Invalid(f"No part is called {name}; set marks for: {known}.", field="marks")
        if not 0 <= mark <= 1:
            raise Invalid(f"The mark of {name} is a share from 0 to 1.", field="marks")
    return {name: float(mark) for name, mark in marks.items()}


def judged(
    values: Mapping[Gate, float], *, pass_mark: float, marks: Mapping[str, float]
) -> list[Verdict]:
    """Judge what was reached in each part."""
    asked = {Gate.HOTA: pass_mark, **DEFAULT_MARKS, **{Gate(k): v for k, v in marks.items()}}
    return [Verdict(gate, value, asked[gate]) for gate, value in values.items()]


def reached(scored: LabelScore) -> dict[Gate, float]:
    """What was reached in each part that can be measured."""
    values = _tracking(scored)
    if scored.attributes is not None:
        values[Gate.ATTRIBUTES] = scored.attributes
    if scored.event_f1 is not None:
        values[Gate.EVENTS] = scored.event_f1
    return values


def reached_in_links(scored: BCubed) -> dict[Gate, float]:
    """What was reached in the parts of a task of links."""
    return {
        Gate.BCUBED_F1: scored.f1,
        Gate.BCUBED_PRECISION: scored.precision,
        Gate.BCUBED_RECALL: scored.recall,
    }


def _tracking(scored: LabelScore) -> dict[Gate, float]:
    summary = scored.tracks.summary()
    if summary["CLR_TP"] + summary["CLR_FN"] == 0:
        # Nothing is to be drawn: drawing nothing is right, and there are no parts to it.
        return {Gate.HOTA: 1.0 if summary["CLR_FP"] == 0 else 0.0}
    return {gate: summary[gate] for gate in (Gate.HOTA, Gate.DET_A, Gate.ASS_A, Gate.LOC_A)}
