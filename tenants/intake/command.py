"""`custos upload`: send footage to a project from the command line."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from core.errors import Gone, NotFound
from tenants.intake.client import Bookmarks, TusClient, Uploaded, file_sha256

# A server that seals a batch or reads an upload back may be silent for a while.
TIMEOUT = httpx.Timeout(120, connect=10)


def upload(
    clip: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The video file.")],
    *,
    project: Annotated[str, typer.Option(help="The project, by its slug or id.")],
    tenant: Annotated[
        str, typer.Option(envvar="CUSTOS_TENANT", help="Your organization, by its slug.")
    ],
    token: Annotated[
        str, typer.Option(envvar="CUSTOS_TOKEN", help="An API token; better in the environment.")
    ],
    url: Annotated[
        str, typer.Option(envvar="CUSTOS_URL", help="The portal.")
    ] = "http://127.0.0.1:8000",
    camera: Annotated[str, typer.Option(help="The camera, by its id.")] = "",
    starts_at: Annotated[
        str, typer.Option(help="Instant of the first frame, as 2026-03-01T08:30:00+01:00.")
    ] = "",
    time_zone: Annotated[str, typer.Option(help="The camera clock's zone: Europe/Madrid.")] = "",
    batch: Annotated[str, typer.Option(help="Name of the batch it belongs to.")] = "",
    resume: Annotated[
        str, typer.Option(help="Address of an upload to go on with; found by itself if left out.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Send a clip to a project. Run it again after a cut: it goes on where it stopped.

    The file's SHA-256 is computed first; the server refuses the upload if what arrives differs.
    """
    size = clip.stat().st_size
    with _bar(clip.name, size) as bar:
        sha256 = file_sha256(clip, bar("reading"))
        with httpx.Client(base_url=url, timeout=TIMEOUT) as http:
            done = _send(
                TusClient(http, token, tenant),
                clip,
                size=size,
                resume=resume,
                name=_fingerprint(url, tenant, project, sha256),
                metadata={
                    "filename": clip.name,
                    "project": project,
                    "sha256": sha256,
                    "camera": camera,
                    "starts_at": starts_at,
                    "time_zone": time_zone,
                    "batch": batch,
                },
                report=bar("sending"),
            )
    _tell(done, clip=clip, size=size, sha256=sha256, as_json=as_json)


def _send(
    client: TusClient,
    clip: Path,
    *,
    size: int,
    resume: str,
    name: str,
    metadata: dict[str, str],
    report: "Reporter",
) -> Uploaded:
    """Go on with the upload that is known of this file, or begin one."""
    bookmarks = Bookmarks.of_this_user()
    known = client.own(resume) if resume else bookmarks.get(name)
    with clip.open("rb") as file:
        if known:
            try:
                done = client.send(file, size=size, url=known, progress=report)
            except (NotFound, Gone):
                bookmarks.put(name, None)
                if resume:
                    raise
            else:
                bookmarks.put(name, None)
                return done
        address = client.create(size=size, metadata=metadata)
        bookmarks.put(name, address)
        done = client.send(file, size=size, url=address, progress=report)
    bookmarks.put(name, None)
    return done


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Reporter:
    """Moves one bar."""

    def __init__(self, progress: Progress, label: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=total)

    def __call__(self, done: int) -> None:
        self._progress.update(self._task, completed=done)


class Bars:
    """Bars for one file, on standard error, so that output stays clean."""

    def __init__(self, progress: Progress, name: str, total: int) -> None:
        self._progress, self._name, self._total = progress, name, total

    def __call__(self, step: str) -> Reporter:
        return Reporter(self._progress, f"{step} {self._name}", self._total)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Bars]:
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        yield Bars(progress, name, total)


def _tell(done: Uploaded, *, clip: Path, size: int, sha256: str, as_json: bool) -> None:
    if as_json:
        facts = {
            "clip": done.clip,
            "upload": done.url,
            "bytes": size,
            "sha256": sha256,
            "resumed_from": done.resumed_from,
        }
        typer.echo(json.dumps(facts))
        return
    resumed = f" (resumed at byte {done.resumed_from})" if done.resumed_from else ""
    typer.echo(f"{clip.name}: {size} bytes sent{resumed}, clip {done.clip}, SHA-256 agreed.")
