"""``custos demo``: the whole way of a clip, checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.demo.cast import SignIn
from core.demo.places import PLACES, Place, read_places
from core.demo.report import Report
from core.demo.runner import run_demo


def demo(
    footage: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Your own clip in place of the drawn one."),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder for the demo's data.")] = Path("var/demo"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Take a clip the whole way through the portal and check every step."""
    console = Console(stderr=as_json)
    report = run_demo(
        data=data.absolute(), footage=footage.absolute() if footage else None, console=console
    )
    if as_json:
        typer.echo(json.dumps(report.as_json()))
    else:
        report.print(console)
        _farewell(console, data, report)
    raise typer.Exit(0 if report.held else 1)


def _farewell(console: Console, data: Path, report: Report) -> None:
    console.print(f"{report.seconds:.0f} s. Report: {data / 'report.json'}")
    console.print("\nOpen the portal with this data: [bold]make serve[/]. Sign in as one of:")
    console.print("Who has no passkey yet and needs one is asked for it after the password.")
    for person in json.loads((data / "sign-ins.json").read_text()):
        someone = SignIn(**person)
        console.print(
            f"  {someone.role:<15} {someone.email:<28} {someone.password}", highlight=False
        )
    show_places(console, read_places(data / PLACES))


def show_places(console: Console, found: Sequence[Place]) -> None:
    """Say where each result is to be seen, by who sees it."""
    if not found:
        return
    console.print("\nWhere to look, behind the address that [bold]make serve[/] prints:")
    for email in dict.fromkeys(place.email for place in found):
        console.print(f"  [bold]{email}[/]", highlight=False)
        for place in found:
            if place.email == email:
                console.print(f"    {place.what:<50} {place.path}", highlight=False, soft_wrap=True)
