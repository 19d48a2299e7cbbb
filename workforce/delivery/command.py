"""`custos check-release`: prove a release offline; needs no server."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from core.errors import CustosError
from workforce.delivery.proof import SHOWN, Match, Report, check_release, find_frames


def check(
    release: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The package.")],
    *,
    key: Annotated[
        str,
        typer.Option(
            help="The Ed25519 public key in base64, or a file that holds it."
            " Take it from a place you trust, not from the package."
        ),
    ],
    clip: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A piece of delivered footage: tells which frames of the release it shows.",
        ),
    ] = None,
    frames: Annotated[
        bool, typer.Option(help="Decode all footage and compare every picture.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check signature, files and frames of a release, without a server.

    Exit code 0: all holds; 1: something does not; 2: it could not be checked.
    """
    public_key = _read_key(key)
    try:
        with release.open("rb") as package:
            report = check_release(package, public_key, frames=frames)
            found = None
            if clip is not None:
                with clip.open("rb") as footage:
                    found = find_frames(package, footage)
    except CustosError as error:
        Console(stderr=True).print(error.message, style="red", markup=False)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(report.as_json() | _found_json(found)))
    else:
        _show(report, found)
    if not report.ok or (found is not None and not found[1]):
        raise typer.Exit(1)


def _read_key(text: str) -> bytes:
    """Take the key as given, or from the file it names."""
    try:
        path = Path(text)
        words = path.read_text("ascii") if len(text) != 44 and path.is_file() else text
        key = b64decode(words.strip(), validate=True)
    except (OSError, ValueError) as error:
        raise typer.BadParameter("This is no Ed25519 key in base64.", param_hint="--key") from error
    if len(key) != 32:
        raise typer.BadParameter("An Ed25519 public key has 32 bytes.", param_hint="--key")
    return key


Found = tuple[int, list[Match]] | None


def _found_json(found: Found) -> dict[str, object]:
    if found is None:
        return {}
    total, matches = found
    return {
        "clip": {
            "frames": total,
            "found": [[m.position, m.clip, m.frame] for m in matches],
        }
    }


def _show(report: Report, found: Found) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]Version {report.release.get('number')}[/] of a release")
    for step in report.steps:
        mark = "[red]✗[/]" if step.failures else "[green]✓[/]"
        console.print(f"{mark} {step.title} ({step.checked:,})")
        for failure in step.failures[:SHOWN]:
            console.print(f"    {escape(failure)}", soft_wrap=True)
    if found is not None:
        _show_found(console, *found)
    console.print("[bold green]Verified.[/]" if report.ok else "[bold red]Not verified.[/]")


def _show_found(console: Console, total: int, matches: list[Match]) -> None:
    console.print(f"{len(matches):,} of {total:,} frames of the clip are in this release:")
    for first, last in _runs(matches):
        console.print(
            f"    frames {first.position}-{last.position} are "
            f"{escape(first.clip)} {first.frame}-{last.frame}"
        )


def _runs(matches: list[Match]) -> list[tuple[Match, Match]]:
    """Join matches that follow each other."""
    runs: list[tuple[Match, Match]] = []
    for match in matches:
        if runs:
            first, last = runs[-1]
            step = (last.position + 1, last.clip, last.frame + 1)
            if (match.position, match.clip, match.frame) == step:
                runs[-1] = (first, match)
                continue
        runs.append((match, match))
    return runs
