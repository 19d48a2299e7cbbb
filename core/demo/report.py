"""What the demo checked: kept as it goes, printed as a table, written as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

#: What became of a step. A step that is not built is listed, never simulated.
HELD, FAILED, NOT_BUILT, NOT_REACHED = "held", "failed", "not built", "not reached"

_STYLE = {HELD: "green", FAILED: "bold red", NOT_BUILT: "yellow", NOT_REACHED: "dim"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: the claim, whether it held, and the number behind it."""

    claim: str
    held: bool
    found: str = ""
    #: Why this run proves less than the drawn clip does; empty where it proves all.
    weakened: str = ""


@dataclass
class StepReport:
    """One of the twelve steps."""

    number: int
    title: str
    state: str = NOT_REACHED
    seconds: float = 0.0
    checks: list[Check] = field(default_factory=list)
    #: What stopped the step, for a person.
    stopped_by: str = ""


@dataclass
class Report:
    """The whole run."""

    footage: str
    steps: list[StepReport]
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """True when every step ran and every check held."""
        return all(step.state == HELD for step in self.steps)

    @property
    def weakened(self) -> list[Check]:
        return [check for step in self.steps for check in step.checks if check.weakened]

    def as_json(self) -> dict[str, Any]:
        return {"held": self.held, **asdict(self)}

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n")

    def print(self, console: Console) -> None:
        """The table of steps with what was checked."""
        table = Table(title="The way of a clip", title_justify="left", show_lines=True)
        table.add_column("step", no_wrap=True)
        table.add_column("state", no_wrap=True)
        table.add_column("s", justify="right", no_wrap=True)
        table.add_column("what was checked")
        for step in self.steps:
            style = _STYLE[step.state]
            table.add_row(
                f"{step.number:>2} {step.title}",
                f"[{style}]{step.state}[/]",
                f"{step.seconds:.1f}" if step.seconds else "",
                "\n".join(_lines(step)),
            )
        console.print(table)
        for check in self.weakened:
            console.print(f"[yellow]weaker on this footage:[/] {check.claim}: {check.weakened}")


def _lines(step: StepReport) -> list[str]:
    lines = []
    for check in step.checks:
        mark = "[green]✓[/]" if check.held else "[bold red]✗[/]"
        found = f" [dim]({check.found})[/]" if check.found else ""
        lines.append(f"{mark} {check.claim}{found}")
    if step.stopped_by:
        lines.append(f"[red]{step.stopped_by}[/]")
    return lines
