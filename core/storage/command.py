"""`custos certificate`: check a certificate of erasure offline, and look for copies."""

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from core.errors import IntegrityFailed
from core.storage.certificate_check import check_certificate

CHUNK = 1 << 20


def certificate(
    document: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The certificate of erasure.")
    ],
    key: Annotated[
        str,
        typer.Option(
            help="The public key of releases, base64, or a file that holds it."
            " Take it from a place you trust, not from beside the certificate."
        ),
    ],
    search: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            help="A file or folder, such as a restored backup, to look through for ciphertext"
            " that the certificate names.",
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
) -> None:
    """Check a certificate of erasure, without a server, and say what it covers and what not.

    Exit code 1 when it was not signed by the key, was changed, or a search found a copy.
    """
    console = Console(highlight=False)
    try:
        body = check_certificate(document.read_bytes(), public_key=_public_key(key))
    except IntegrityFailed as error:
        console.print(f"[bold red]Not verified.[/] {escape(error.message)}", soft_wrap=True)
        raise typer.Exit(1) from error
    copies = _copies(search or [], {gone["ciphertext_sha256"] for gone in body["objects"]})
    if as_json:
        typer.echo(json.dumps(body | {"copies": [str(path) for path in copies]}))
    else:
        _show(console, body, copies)
    if copies:
        raise typer.Exit(1)


def _public_key(text: str) -> bytes:
    """Take the 32 bytes as given, or from the file that is named."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) == 32:
        return raw
    try:
        raw = base64.b64decode(Path(text).read_text("ascii").strip(), validate=True)
    except (OSError, ValueError) as error:
        message = f"{text} is neither a public key in base64 nor a file that holds one."
        raise typer.BadParameter(message, param_hint="--key") from error
    if len(raw) != 32:
        raise typer.BadParameter("A public key has 32 bytes.", param_hint="--key")
    return raw


def _copies(places: list[Path], hashes: set[str]) -> list[Path]:
    """Files whose SHA-256 is one of the hashes."""
    files = [file for place in places for file in ([place] if place.is_file() else _below(place))]
    return [file for file in files if _sha256(file) in hashes]


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _show(console: Console, body: dict[str, Any], copies: list[Path]) -> None:
    console.print(f"[bold]Erased[/] for organization {escape(body['tenant'])}")
    for name, value in body["subject"].items():
        console.print(f"{escape(name)}: {escape(value)}", style="dim")
    for gone in body["objects"]:
        console.print(
            f"[green]✓[/] {escape(gone['kind'])}, {gone['bytes']:,} bytes,"
            f" {escape(gone['erased_at'])}, ciphertext {escape(gone['ciphertext_sha256'][:16])}…",
            soft_wrap=True,
        )
    for place in body["not_covered_yet"]:
        until = escape(place["until"])
        console.print(f"Not covered before {until}: {escape(place['what'])}", soft_wrap=True)
    for what in body["kept"]:
        console.print(f"Kept: {escape(what)}", soft_wrap=True)
    for path in copies:
        console.print(f"[red]✗[/] a copy of its ciphertext: {escape(str(path))}", soft_wrap=True)
    console.print("[bold green]Verified.[/]" if not copies else "[bold red]Copies are left.[/]")
