"""Child processes that end with their parent, and what the kernel says of a process id."""

import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)

# Loaded here: a child between fork and exec must not look for libraries.
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(how: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `how` to the child when this process dies, even by SIGKILL.

    The tie is to the thread that forks: start children from a thread that lives as long as the
    process. subprocess runs it after dropping to another user, which would have cleared it.
    """
    parent = os.getpid()

    def tie() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(how))
        if os.getppid() != parent:  # the parent died before the tie was made
            os.kill(os.getpid(), signal.SIGKILL)

    return tie


def is_alive(pid: int) -> bool:
    """Whether the process exists and is more than a zombie that nobody reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] not in {"Z", "X"}


def command_line(pid: int) -> list[str]:
    """The arguments of a process; empty when it is gone."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [os.fsdecode(part) for part in raw.split(b"\0") if part]
