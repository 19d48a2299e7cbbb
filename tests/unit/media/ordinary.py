"""Runs an entry of the media child as an ordinary user, where the tests themselves run as root.

    python -m tests.unit.media.ordinary ENTRY SETTINGS

The user may have no right to walk the path to the interpreter (/root is closed): in a mount
namespace of its own, the closed folder is covered by one that shows nothing but what is needed.
"""

import ctypes
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.errors import CustosError
from core.media import sandbox
from core.media.ffmpeg_program import open_ffmpeg
from core.media.sandbox import Child, Limits

ROOT = Path(__file__).resolve().parents[3]
UID = 61990  # nobody's, and not of those that media children take
OLD_KERNEL = sandbox._BOOTSTRAP.replace(
    "from core.media.inside.main",
    "import core.media.inside.confine as c; c.landlock_version = lambda: 0; "
    "from core.media.inside.main",
)
_CLONE_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x00020000, 4096, 16384, 1 << 18
_CANNOT_ARRANGE = 77
FFMPEG = "ffmpeg"
_libc = ctypes.CDLL(None, use_errno=True)


def ask_as_ordinary_user(
    entry: str, *, options: dict[str, Any], limits: Limits | None = None, landlock: bool = True
) -> Any:
    """The last message of the child. Raises AssertionError with what it said when it failed."""
    settings = {
        "options": options,
        "memory_bytes": (limits or Limits()).memory_bytes,
        "landlock": landlock,
    }
    return _answer(entry, settings)


def run_ffmpeg_as_ordinary_user(arguments: list[str], *, readable: Path) -> dict[str, Any]:
    """What sandboxed ffmpeg says, and whether the user may read that file outside the sandbox."""
    return _answer(FFMPEG, {"arguments": arguments, "readable": str(readable)})


def _answer(entry: str, settings: dict[str, Any]) -> Any:
    answer = subprocess.run(
        [sys.executable, "-P", "-m", "tests.unit.media.ordinary", entry, json.dumps(settings)],
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if answer.returncode == _CANNOT_ARRANGE:
        pytest.skip(f"an ordinary user cannot reach the interpreter here: {answer.stderr.strip()}")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def _closed_ancestor(path: Path) -> Path | None:
    """The outermost folder on the way that others may not enter."""
    return next((a for a in reversed(path.parents) if not a.stat().st_mode & 0o001), None)


def _mount(
    source: str, target: Path, kind: str | None, flags: int, data: str | None = None
) -> None:
    words = [None if w is None else os.fsencode(w) for w in (source, target, kind, data)]
    if _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]) != 0:
        raise OSError(ctypes.get_errno(), f"mount on {target} is not allowed")


def _open_the_way(needed: set[Path]) -> None:
    """Make the needed folders reachable for everybody, in this process and its children only."""
    closed = {path: _closed_ancestor(path) for path in needed}
    if not any(closed.values()):
        return
    if _libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "no mount namespace of one's own is allowed")
    _mount("none", Path("/"), None, _MS_REC | _MS_PRIVATE)
    held = {path: os.open(path, os.O_PATH) for path, ancestor in closed.items() if ancestor}
    for ancestor in {ancestor for ancestor in closed.values() if ancestor}:
        _mount("cover", ancestor, "tmpfs", 0, "mode=755")
    for path, descriptor in held.items():
        path.mkdir(parents=True)
        _mount(f"/proc/self/fd/{descriptor}", path, None, _MS_BIND)
        os.close(descriptor)


def _step_down() -> None:
    try:
        _open_the_way({Path(sys.base_prefix), Path(sys.prefix), ROOT})
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
    except OSError as error:
        sys.stderr.write(str(error))
        sys.exit(_CANNOT_ARRANGE)


def main() -> None:
    _, entry, words = sys.argv
    settings = json.loads(words)
    _step_down()
    if entry == FFMPEG:
        json.dump(_run_ffmpeg(**settings), sys.stdout)
        return
    if not settings["landlock"]:
        sandbox._BOOTSTRAP = OLD_KERNEL
        os.environ[sandbox.ALLOW_NO_LANDLOCK] = "1"
    limits = Limits(memory_bytes=settings["memory_bytes"])
    options = settings["options"]
    try:
        with Child(entry, source=io.BytesIO(b"clip"), options=options, limits=limits) as child:
            (said,) = (message.value for message in child.messages() if message.last)
            said["stranger"] = _peek(child.pid)
    except CustosError as error:
        said = {"failed": str(error)}
    json.dump(said, sys.stdout)


def _run_ffmpeg(*, arguments: list[str], readable: str) -> dict[str, object]:
    with open_ffmpeg() as program:
        child = Child(
            "core.media.inside.launching:launch",
            options={"program": program.descriptor, "arguments": [FFMPEG, *arguments]},
            program=program.descriptor,
            needs_libraries=program.needs_libraries,
        )
    with child:
        child.wait_for_exec()
        try:
            child.wait()
        except CustosError:
            ended = "failed"
        else:
            ended = "worked"
        words = child.error_text()
    outside = os.access(readable, os.R_OK) and os.access(Path(readable).parent, os.W_OK)
    return {"ended": ended, "words": words, "outside": outside}


def _peek(pid: int) -> str:
    """What another process of the same user learns of a child's memory."""
    try:
        Path(f"/proc/{pid}/mem").read_bytes()
    except OSError as error:
        return type(error).__name__
    return "it worked"


if __name__ == "__main__":
    main()
