"""A portal of its own for as long as a block of a test runs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.embedded.layout import REPOSITORY, DataLayout
from core.embedded.process import end_with_parent
from core.errors import Unavailable
from core.supervisor.lock import read_state
from core.supervisor.supervisor import STOP_SIGNAL

_READY_SECONDS = 180
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Portal:
    """A running `custos up`."""

    url: str
    layout: DataLayout
    process: subprocess.Popen[bytes]


@contextmanager
def started_portal(
    layout: DataLayout,
    *,
    log: Path,
    port: int = 0,
    workers: int = 2,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Portal]:
    """Run `custos up` on `layout`, its lines going to `log`; yields once it answers.

    Raises Unavailable with the end of the log when it does not come up.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "core.cli", "up"),
                *(f"--port={port}", f"--workers={workers}"),
            ],
            env={
                **os.environ,
                **(environment or {}),
                "CUSTOS_DATA": str(layout.root),
                "PYTHONPATH": str(REPOSITORY),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(STOP_SIGNAL),  # noqa: PLW1509 (runs no Python imports)
        )
    try:
        yield Portal(_url_when_ready(layout, process, log), layout, process)
    finally:
        _stop(process)


def _url_when_ready(layout: DataLayout, process: subprocess.Popen[bytes], log: Path) -> str:
    give_up = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        state = read_state(layout)
        if state.get("pid") == process.pid and state["ready"]:
            url: str = state["url"]
            return url
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-4000:]
    raise Unavailable(f"The portal did not come up. The end of {log}:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(STOP_SIGNAL)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
