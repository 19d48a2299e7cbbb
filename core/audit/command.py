"""`custos verify`: check an evidence bundle offline."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from core.audit.notes import VerifierKey
from core.audit.verify import Report, Step, verify_bundle
from core.errors import Invalid


def verify(
    bundle: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The evidence bundle.")
    ],
    key: Annotated[
        str,
        typer.Option(
            help="The log's verifier key, name+keyid+base64, or a file that holds it."
            " Take it from a place you trust, not from beside the bundle."
        ),
    ],
    since: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A checkpoint you kept: proves that the log still begins as it did then.",
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check an evidence bundle of the access log, without a server.

    Lists each kind of check and names the entry at which one fails. Exit code 1 if any failed.
    """
    verifier_key = read_key(key)
    kept = since.read_text("utf-8", errors="replace") if since else None
    with bundle.open("rb") as stream:
        report = verify_bundle(stream, key=verifier_key, since=kept)
    if as_json:
        typer.echo(json.dumps(report.as_json()))
    else:
        _show(report, since_given=since is not None)
    if not report.ok:
        raise typer.Exit(1)


def read_key(text: str) -> VerifierKey:
    """Take the key as given, or from the file it names. Raises typer.BadParameter."""
    try:
        if "+" not in text:
            return VerifierKey.parse(Path(text).read_text("ascii"))
        return VerifierKey.parse(text)
    except Invalid as error:
        raise typer.BadParameter(error.message, param_hint="--key") from error
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(
            f"{text} is neither a verifier key nor a file that holds one.", param_hint="--key"
        ) from error


def _show(report: Report, *, since_given: bool) -> None:
    console = Console(highlight=False)
    head = report.checkpoint
    if head is not None:
        console.print(f"[bold]{escape(head.origin)}[/], {head.size:,} entries")
        console.print(f"root {head.root.hex()}", style="dim")
    for step in report.steps:
        _show_step(console, step)
    if report.ok:
        console.print("[bold green]Verified.[/]")
    else:
        console.print("[bold red]Not verified.[/]")
    if report.ok and not since_given:
        console.print(
            "This shows that the holder of the key signed this log. That it was not rewritten"
            " before, only a checkpoint you kept can show: --since CHECKPOINT.",
            style="dim",
        )


def _show_step(console: Console, step: Step) -> None:
    if step.failed:
        console.print(f"[red]✗[/] {step.title}: {step.failed:,} failed")
        for failure in step.failures:
            console.print(f"    {escape(failure)}", soft_wrap=True)
        if step.failed > len(step.failures):
            console.print(f"    and {step.failed - len(step.failures):,} more")
    elif step.checked:
        console.print(f"[green]✓[/] {step.title} ({step.checked:,})")
    else:
        console.print(f"[dim]– {step.title}: nothing to check[/]")
