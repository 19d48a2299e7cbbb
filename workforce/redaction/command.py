"""`custos redact`: hide faces and number plates in a clip on this machine; needs no server."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import CustosError, Invalid
from core.ids import new_id
from core.media.errors import MediaRefused
from core.media.probe import probe
from core.media.render import Rendering, render_masked
from workforce.redaction.detectors.recipe import Mode
from workforce.redaction.finding import ClipFacts, Finding, find, subjects_from
from workforce.redaction.masks import Masks, masked_share, masks_as_json, masks_from_json, masks_of


def redact(
    clip: Annotated[Path, typer.Argument(help="A video file.")],
    out: Annotated[Path, typer.Argument(help="The redacted copy, an MP4 file.")],
    *,
    mode: Annotated[Mode, typer.Option(help="How thoroughly to look.")] = Mode.QUALITY,
    what: Annotated[
        str, typer.Option(help="What to hide, comma-separated: faces, heads, plates.")
    ] = "faces,plates",
    masks: Annotated[
        Path | None, typer.Option(help="A JSON file of masks to use instead of looking.")
    ] = None,
    write_masks: Annotated[
        Path | None, typer.Option(help="Where to write the masks, in the form that --masks reads.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a report as JSON.")] = False,
) -> None:
    """Hide faces and number plates; timing, frame count, picture size and sound are kept.

    MASKS.json: {"0": [{"box": [x1, y1, x2, y2], "shape": "ellipse"}], ...}, 0-based frames, pixels
    of the source; shapes ellipse and box. Exit code 0: OUT was written; 2: it was not, and why.
    """
    console = Console(stderr=True)
    try:
        report, chosen = _redact(clip, out, mode=mode, what=what, masks=masks, console=console)
        if write_masks is not None:
            write_masks.write_text(masks_as_json(chosen), encoding="utf-8")
    except (CustosError, OSError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    if as_json:
        json.dump(report, sys.stdout)
        sys.stdout.write("\n")
    else:
        _show(report)


def _redact(
    clip: Path, out: Path, *, mode: Mode, what: str, masks: Path | None, console: Console
) -> tuple[dict[str, Any], Masks]:
    subjects = subjects_from([name.strip() for name in what.split(",") if name.strip()])
    _refuse_overwriting(clip, out)
    with clip.open("rb") as source:
        facts = _facts(source, clip.name)
        finding = Finding()
        with _bar(console, facts.frame_count) as bar:
            if masks is None:
                finding = find(source, facts, subjects=subjects, mode=mode, progress=bar("Looking"))
                chosen = masks_of(finding.places, facts=facts)
            else:
                chosen = _written(masks, facts)
            with _atomic(out) as sink:
                rendering = render_masked(source, sink, chosen, progress=bar("Rendering"))
    told = _report(facts, finding, chosen, rendering)
    return {"clip": str(clip), "out": str(out), "detected": masks is None, **told}, chosen


def _facts(source: BinaryIO, name: str) -> ClipFacts:
    report = probe(source)
    if not report.accepted:
        raise MediaRefused(report.reason or "", f"{name} was refused: {report.message}")
    return ClipFacts.of(
        frame_count=report.frame_count,
        width=report.width,
        height=report.height,
        seconds=report.duration_seconds,
    )


def _refuse_overwriting(clip: Path, out: Path) -> None:
    if not clip.is_file():
        raise Invalid(f"There is no file {clip}.", field="clip")
    if out.is_dir():
        raise Invalid(f"{out} is a folder: name the file to write.", field="out")
    if not out.parent.is_dir():
        raise Invalid(f"There is no folder {out.parent} to write to.", field="out")
    if out.exists() and out.samefile(clip):
        raise Invalid("The redacted copy would overwrite the clip: name another file.", field="out")


def _written(path: Path, facts: ClipFacts) -> Masks:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The masks can't be used. {path.name} is not UTF-8 text.", field="masks"
        ) from error
    return masks_from_json(text, facts=facts)


@contextmanager
def _atomic(out: Path) -> Iterator[BinaryIO]:
    """A file beside `out` that takes its place when all is written, and vanishes otherwise."""
    part = out.with_name(f".{out.name}.{new_id().hex[:8]}.part")
    try:
        with part.open("xb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _bar(console: Console, frame_count: int) -> Iterator[Any]:
    """Give a maker of progress callbacks, one bar for each stage."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:

        def stage(name: str) -> Any:
            task = bars.add_task(name, total=frame_count)
            return lambda frame: bars.update(task, completed=frame)

        yield stage


def _report(
    facts: ClipFacts, finding: Finding, masks: Masks, rendering: Rendering
) -> dict[str, Any]:
    area = sum(masked_share(here, facts=facts) for here in masks.values()) / facts.frame_count
    return {
        "frames": rendering.frame_count,
        "width": rendering.width,
        "height": rendering.height,
        "audio": rendering.audio,
        "tracks": {str(subject): len(tracks) for subject, tracks in finding.tracks.items()},
        "frames_looked_at": finding.looked_at,
        "frames_masked": sum(1 for here in masks.values() if here),
        "masks": sum(len(here) for here in masks.values()),
        "masked_area": round(area, 5),
    }


def _show(report: dict[str, Any]) -> None:
    console = Console()
    console.print(f"{report['out']}: written", style="green", markup=False)
    lines = [f"{count} tracks of {subject}" for subject, count in report["tracks"].items()]
    lines.append(f"{report['frames_masked']} of {report['frames']} frames masked")
    lines.append(f"{100 * report['masked_area']:.1f} % of the picture area masked")
    lines.append(f"sound: {report['audio']}")
    for line in lines:
        console.print(line, markup=False)
