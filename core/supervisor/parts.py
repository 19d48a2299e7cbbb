"""The parts of a running portal: things that start, may crash, and are stopped in order."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.embedded.process import end_with_parent


class Part(Protocol):
    """One part with a process; `start` returns when others may rely on it."""

    @property
    def name(self) -> str: ...

    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...

    def start(self) -> None: ...


class Service(Protocol):
    """What the embedded database and broker offer."""

    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class ServicePart:
    """An embedded service; it keeps a log of its own."""

    name: str
    service: Service

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        return self.service.process

    def start(self) -> None:
        self.service.start()

    def stop(self) -> None:
        self.service.stop()


@dataclass
class CommandPart:
    """A command of ours, leader of its own process group, whose output we read from a pipe.

    It is killed with the supervisor: what it was doing is in the database, open, and is done again.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    grace_seconds: float = 10
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        self.end_group()
        self.process = subprocess.Popen(
            self.arguments,
            env=dict(self.environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the terminal's Ctrl-C is ours to pass on, in order
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 (runs no Python imports)
        )

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return at once, so that several parts end side by side."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end_group(self) -> None:
        """Kill the whole group: a worker's pool outlives a worker that was killed."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
