"""`custos pull`: fetch a release's package, going on where an earlier try stopped."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

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
from core.cli.places import place_of
from core.errors import Conflict, CustosError, IntegrityFailed, NotFound, Unavailable

TIMEOUT = httpx.Timeout(120, connect=10)
CHUNK = 1 << 20
#: Tries in a row that bring no byte before it gives up.
TRIES = 5


def pull(
    release: Annotated[str, typer.Argument(help="The release, by its id.")],
    out: Annotated[Path, typer.Argument(help="Where the package goes.", dir_okay=False)],
    *,
    url: Url = "",
    tenant: Tenant = "",
    token: Token = "",
) -> None:
    """Fetch a package. Run it again after a cut: it goes on where it stopped.

    What arrived is compared with the package's SHA-256 before it takes its name.
    """
    try:
        place = place_of(url, tenant, token)
        headers = {"Authorization": f"Bearer {place.token}"}
        with (
            httpx.Client(base_url=place.url, timeout=TIMEOUT, headers=headers) as http,
            _bar(out.name) as report,
        ):
            size = fetch(http, f"/api/v1/t/{place.tenant}/releases/{release}", out, report)
    except CustosError as error:
        Console(stderr=True).print(error.message, style="red", markup=False)
        raise typer.Exit(2) from error
    Console().print(f"{out}: {size:,} bytes, as the portal promised", style="green", markup=False)


#: Told how many bytes of how many are here.
Report = Callable[[int, int], None]


def _quiet(_held: int, _size: int) -> None:
    """Report to nobody."""


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    """Show a bar on standard error, so that output stays clean."""
    with Progress(
        TextColumn("fetching {task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(name, total=None)
        yield lambda held, size: progress.update(task, completed=held, total=size)


def fetch(http: httpx.Client, place: str, out: Path, report: Report = _quiet) -> int:
    """Fetch the package of the release at `place` into `out`; give its size.

    Raises NotFound, Conflict when there is none yet, IntegrityFailed when what arrived is not what
    was promised, Unavailable when the portal stays away.
    """
    told = _told(http, place)
    size, sha256 = int(told["size"]), str(told["sha256"])
    part = out.with_name(f"{out.name}.{sha256[:16]}.part")
    idle = 0
    while (held := _held(part)) < size:
        try:
            for here in _fetch_rest(http, f"{place}/package", part, held, sha256):
                report(here, size)
        except (httpx.TransportError, Unavailable) as error:
            idle = 0 if _held(part) > held else idle + 1
            if idle >= TRIES:
                raise Unavailable("The portal can't be reached; run it again later.") from error
    if _sha256(part) != sha256:
        part.unlink()
        raise IntegrityFailed("What arrived is not the package that was promised. Fetch it again.")
    part.replace(out)
    return size


def _held(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _told(http: httpx.Client, place: str) -> dict[str, Any]:
    try:
        answer = http.get(place)
    except httpx.TransportError as error:
        raise Unavailable("The portal can't be reached; run it again later.") from error
    if answer.status_code in {401, 403, 404}:
        raise NotFound("There is no such release for you. Check tenant, token and id.")
    if not answer.is_success:
        raise Unavailable(f"The portal answered {answer.status_code}; run it again later.")
    told: dict[str, Any] = answer.json()
    if not told.get("size"):
        raise Conflict(f"This release is {told.get('state')}: there is no package yet.")
    return told


def _fetch_rest(
    http: httpx.Client, place: str, part: Path, held: int, sha256: str
) -> Iterator[int]:
    """Append what comes after the first `held` bytes; gives how many are here as they come.

    If-Range keeps two packages apart.
    """
    headers = {"Accept-Encoding": "identity"}
    if held:
        headers |= {"Range": f"bytes={held}-", "If-Range": f'"{sha256}"'}
    with http.stream("GET", place, headers=headers) as answer:
        if answer.status_code not in {200, 206}:
            answer.read()
            raise Unavailable(f"The portal answered {answer.status_code}; run it again later.")
        here = held if answer.status_code == 206 else 0
        with part.open("ab" if here else "wb") as file:
            # As it comes: what a larger chunk waits for is lost when the line is cut.
            for chunk in answer.iter_raw():
                file.write(chunk)
                here += len(chunk)
                yield here


def _sha256(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()
