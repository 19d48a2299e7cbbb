"""`custos witness`: watch a log from outside."""

import json
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from core.audit.command import read_key
from core.audit.witness import TIMEOUT, Contradiction, HttpPortal, Seen, Witness
from core.clock import now


def witness(
    *,
    tenant: Annotated[
        str, typer.Option(envvar="CUSTOS_TENANT", help="The organization whose log it is.")
    ],
    token: Annotated[
        str, typer.Option(envvar="CUSTOS_TOKEN", help="An API token; better in the environment.")
    ],
    key: Annotated[
        str,
        typer.Option(
            help="The log's verifier key, name+keyid+base64, or a file that holds it."
            " Take it from a place you trust."
        ),
    ],
    name: Annotated[
        str, typer.Option(help="The name you cosign under, such as witness.example.com/custos.")
    ],
    folder: Annotated[
        Path, typer.Option(file_okay=False, help="Where your key and the checkpoints are kept.")
    ] = Path("witness"),
    url: Annotated[
        str, typer.Option(envvar="CUSTOS_URL", help="The portal.")
    ] = "http://127.0.0.1:8000",
    send: Annotated[
        bool, typer.Option("--send", help="Hand the cosignature in; the portal shows it.")
    ] = False,
    every: Annotated[float, typer.Option(min=0, help="Seconds between looks; 0 to look once.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print each look as JSON.")] = False,
) -> None:
    """Keep the log's last checkpoint, check that each new one extends it, and cosign it.

    Exit code 1 when the log contradicts what was kept: both notes are kept as evidence. Exit code 2
    when the portal does not answer.
    """
    watching = Witness(folder, name=name, log=read_key(key))
    while True:
        try:
            with httpx.Client(base_url=url, timeout=TIMEOUT) as http:
                portal = HttpPortal(http, token=token, tenant=tenant)
                seen = watching.look(portal, at=now())
                if send:
                    portal.send(size=seen.now.size, key=str(watching.key), signature=seen.signature)
        except Contradiction as error:
            _contradicted(error, as_json=as_json)
            raise typer.Exit(1) from error
        _show(seen, watching, as_json=as_json)
        if not every:
            return
        time.sleep(every)


def _show(seen: Seen, watching: Witness, *, as_json: bool) -> None:
    before = seen.before.size if seen.before else None
    if as_json:
        found = {"ok": True, "before": before, "size": seen.now.size, "key": str(watching.key)}
        typer.echo(json.dumps(found | {"note": seen.note}))
        return
    console = Console(highlight=False)
    how = "first seen" if before is None else f"extends the {before:,} kept"
    console.print(f"[green]✓[/] {seen.now.size:,} entries, {how}; cosigned")
    console.print(f"your key: {escape(str(watching.key))}", style="dim", soft_wrap=True)


def _contradicted(error: Contradiction, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"ok": False, "why": error.message}))
        return
    Console(highlight=False, stderr=True).print(
        f"[bold red]Contradiction.[/] {escape(error.message)}", soft_wrap=True
    )
