"""`custos upload`: send footage to a project from the command line."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

from core.cli.options import Tenant, Token, Url
from core.cli.places import Place, place_of
from core.cli.portal import Portal
from core.errors import Conflict, Gone, Invalid, NotFound
from tenants.intake.client import Bookmarks, Refused, TusClient, Uploaded, file_sha256

# A server that seals a batch or reads an upload back may be silent for a while.
TIMEOUT = httpx.Timeout(120, connect=10)


#: What counts as footage in a folder; a file that is named is sent whatever it is called.
SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mts", ".ts", ".webm"})


def upload(
    footage: Annotated[
        Path, typer.Argument(exists=True, help="A video file, or a folder of them.")
    ],
    *,
    project: Annotated[str, typer.Option(help="The project, by its slug or id.")],
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
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
    """Send footage to a project. Run it again after a cut: it goes on where it stopped.

    Each file's SHA-256 is computed first; the server refuses the upload if what arrives differs.
    Of a folder, what the project has already is passed over, and a file that is refused stops no
    other: the exit code is then 1.
    """
    place = place_of(url, tenant, token)
    given = {
        "project": project,
        "camera": camera,
        "starts_at": starts_at,
        "time_zone": time_zone,
        "batch": batch,
    }
    with httpx.Client(base_url=place.url, timeout=TIMEOUT) as http:
        sender = Sender(TusClient(http, place.token, place.tenant), place, given)
        if footage.is_dir():
            if resume or starts_at:
                raise typer.BadParameter("--resume and --starts-at are of one file, not a folder.")
            _send_folder(sender, footage, as_json=as_json)
        else:
            with _bar(footage.name, footage.stat().st_size) as bar:
                sha256 = file_sha256(footage, bar("reading"))
                done = sender.send(footage, sha256, resume=resume, report=bar("sending"))
            size = footage.stat().st_size
            _tell(done, clip=footage, size=size, sha256=sha256, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends files with what they have in common. `given`: metadata of tus."""

    client: TusClient
    place: Place
    given: dict[str, str]

    def send(self, clip: Path, sha256: str, *, resume: str, report: "Reporter") -> Uploaded:
        """Send one file. Raises as the server answers."""
        where = (self.place.url, self.place.tenant, self.given["project"], sha256)
        return _send(
            self.client,
            clip,
            size=clip.stat().st_size,
            resume=resume,
            name=_fingerprint(*where),
            metadata={"filename": clip.name, "sha256": sha256, **self.given},
            report=report,
        )

    def there(self) -> set[str]:
        """Give the SHA-256 of all footage that the project has."""
        with Portal(self.place) as portal:
            rows = portal.rows("clips", {"project": self.given["project"], "limit": 500})
            return {row["sha256"] for row in rows if row["state"] not in {"refused", "erased"}}


def _send_folder(sender: Sender, folder: Path, *, as_json: bool) -> None:
    files = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not files:
        known = " ".join(sorted(SUFFIXES))
        raise Invalid(f"There is no footage in {folder}: nothing that ends in {known}.")
    there, refused, passed = sender.there(), 0, 0
    for number, clip in enumerate(files, 1):
        size = clip.stat().st_size
        try:
            with _bar(f"{clip.name} ({number} of {len(files)})", size) as bar:
                sha256 = file_sha256(clip, bar("reading"))
                if sha256 in there:
                    passed += 1
                    continue
                done = sender.send(clip, sha256, resume="", report=bar("sending"))
        except (Conflict, Invalid, NotFound, Refused) as error:
            refused += 1
            typer.echo(f"{clip}: {error.message}", err=True)
            continue
        there.add(sha256)
        _tell(done, clip=clip, size=size, sha256=sha256, as_json=as_json)
    sent = len(files) - refused - passed
    typer.echo(f"{sent} sent, {passed} there already, {refused} refused.", err=True)
    if refused:
        raise typer.Exit(1)


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
