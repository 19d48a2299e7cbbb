"""The embedded stack as a child process: ``custos up`` on a free port, with data of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.demo.cast import SignIn
from core.demo.doors import wait_for
from core.demo.errors import DemoStopped
from core.embedded.layout import REPOSITORY, DataLayout
from core.embedded.process import end_with_parent
from core.errors import Invalid
from core.supervisor.lock import only_one

# The file that tells a folder of an earlier demo from a folder with data of somebody's.
_MARK = "this-is-demo-data"

# A cold start makes a database cluster and runs every migration.
_START_SECONDS = 180
_STOP_SECONDS = 40


def fresh_folder(data: Path) -> None:
    """Make ``data`` an empty folder; an earlier demo's is deleted first.

    Raises Invalid where it holds anything else, Conflict where a portal runs on it.
    """
    layout = DataLayout(data)
    if data.exists() and any(data.iterdir()):
        if not (data / _MARK).exists():
            raise Invalid(
                f"{data} holds data that is not an earlier demo's. Choose another folder."
            )
        with only_one(layout):
            # Where the database's user cannot enter the folder, the cluster lives elsewhere.
            if layout.postgres.is_symlink():
                shutil.rmtree(layout.postgres.resolve(), ignore_errors=True)
            shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / _MARK).write_text("Made by custos demo, which deletes this folder when run again.\n")


def make_operator(data: Path, person: SignIn) -> None:
    """Make the first operator, by the command that an installation is begun with."""
    name = f"--name={person.name}"
    _manage(data, "create_operator", person.email, name, password=person.password)


def forget_passkeys(data: Path, person: SignIn) -> None:
    """Take the demo's passkey from the account, so that who opens the portal registers their own.

    By the command for people who lost every device; it ends the account's sessions and tokens too.
    """
    _manage(data, "reset_second_factor", person.email)


def _manage(data: Path, *command: str, password: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "django", *command],
        env={
            **_environment(data),
            "CUSTOS_EMBEDDED": "1",
            "DJANGO_SETTINGS_MODULE": "core.web.settings",
            "CUSTOS_OPERATOR_PASSWORD": password,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoStopped(f"{command[0]} failed: {done.stderr[-500:]}")


def _free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _environment(data: Path) -> dict[str, str]:
    return {**os.environ, "CUSTOS_DATA": str(data), "PYTHONPATH": str(REPOSITORY)}


@dataclass(frozen=True)
class Stack:
    """A started stack: its address, its process, and where it says what it does."""

    base_url: str
    child: subprocess.Popen[bytes]
    log: Path

    def wait_until_ready(self) -> None:
        """Return when every part is ready. Raises DemoStopped when it does not start."""
        wait_for(f"every part to be ready (see {self.log})", self._ready, seconds=_START_SECONDS)

    def _ready(self) -> bool:
        if self.child.poll() is not None:
            last_words = " ".join(self.log.read_text(errors="replace").split())[-500:]
            raise DemoStopped(f"custos up ended: {last_words}")
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False


@contextmanager
def running_stack(data: Path) -> Iterator[Stack]:
    """Start the stack over ``data`` and stop it at the end; it is not ready at once.

    What it prints goes to ``data/stack.log``.
    """
    port = _free_port()
    log = data / "stack.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.cli", "up", "--port", str(port)],
            env=_environment(data),
            # Ctrl-C is for the demo, which then stops the stack in order; and the stack never
            # outlives a demo that is killed.
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 (runs no Python imports)
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Stack(f"http://127.0.0.1:{port}", child, log)
    finally:
        _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
