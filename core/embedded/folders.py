"""Private folders, and whether another user can reach a path."""

import os
import pwd
import stat
from pathlib import Path

from core.errors import Misconfigured


def private_folder(path: Path, *, mode: int = 0o700, owner: int | None = None) -> Path:
    """Make `path` with exactly `mode`, owned by `owner` (this process's user when None).

    Raises Misconfigured when it is a link or belongs to somebody else: a folder prepared by another
    user (in /tmp, say) must not receive our sockets or keys.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    wanted = os.geteuid() if owner is None else owner
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {wanted, os.geteuid()}:
        raise Misconfigured(f"{path} exists and is not a folder of ours: move it away.")
    if found.st_uid != wanted:
        os.chown(path, wanted, pwd.getpwuid(wanted).pw_gid)
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)
    return path


def reachable(path: Path, *, uid: int, gids: frozenset[int]) -> bool:
    """Whether a user may pass through every folder on the way to and including `path`.

    Follows links. Looks at mode bits only; an access list that grants more is not honoured.
    """
    real = path.resolve()
    return all(_may_enter(folder, uid, gids) for folder in [real, *real.parents])


def _may_enter(folder: Path, uid: int, gids: frozenset[int]) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return False
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid in gids:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
