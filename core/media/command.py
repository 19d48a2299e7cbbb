"""`custos probe`: what intake would say about a clip on this machine; needs no server."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import CustosError
from core.media.probe import ProbeReport
from core.media.probe import probe as probe_clip


def probe(
    clip: Annotated[Path, typer.Argument(help="A video file.", exists=True, dir_okay=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say whether intake would take this clip, and what is in it.

    Exit code 0: accepted; 1: refused, with a reason; 2: the clip could not be opened safely.
    """
    try:
        with clip.open("rb") as source:
            report = probe_clip(source)
    except (CustosError, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(2) from error
    if as_json:
        json.dump(report.as_json(), sys.stdout)
        sys.stdout.write("\n")
    else:
        _show(clip, report)
    raise typer.Exit(0 if report.accepted else 1)


def _show(clip: Path, report: ProbeReport) -> None:
    console = Console()
    if not report.accepted:
        console.print(f"{clip.name}: refused ({report.reason})", style="red", markup=False)
        console.print(report.message or "", markup=False)
        return
    console.print(f"{clip.name}: accepted", style="green", markup=False)
    table = Table(show_header=False, box=None)
    rate = "variable" if report.variable_rate else "constant"
    rows = {
        "container": report.container,
        "codec": f"{report.codec}, {report.pixel_format}, {report.bit_depth} bit",
        "picture": f"{report.width} x {report.height}, turned by {report.rotation} degrees",
        "frames": f"{report.frame_count}, {rate} rate",
        "length": f"{report.duration_seconds:.3f} s",
        "time base": "{}/{} s".format(*report.time_base),
        "sound": report.audio_codec or "none",
        "damaged packets": str(report.damaged),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
