"""The application in a process of its own, and a line to it that breaks."""

import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from django.db import connections

from tests.api.intake.conftest import PATIENCE

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def child_server(store_folder):
    """The same application in a process of its own, to be killed or weighed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = (
        "import uvicorn; from django.conf import settings\n"
        "from pathlib import Path\n"
        f"settings.OBJECT_STORE_FOLDER = Path({str(store_folder)!r})\n"
        "from core.web.asgi import application\n"
        f"uvicorn.run(application, port={port}, ws='none', lifespan='off', log_level='error')\n"
    )
    environment = {
        **os.environ,
        "CUSTOS_DATABASE": connections.settings["default"]["NAME"],
        "DJANGO_SETTINGS_MODULE": "core.web.settings",
    }
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx.get(f"{base}/healthz", timeout=5)
            except httpx.TransportError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                break
        yield base, process
    finally:
        process.kill()
        process.wait(PATIENCE)


def peak_memory(process):
    """Peak resident memory of a process in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


class CuttingLine:
    """A TCP line to a server that is cut, hard, after random counts of bytes.

    budgets: how many bytes each of the first connections carries towards the server before both
    ends are reset; those after them hold.
    """

    def __init__(self, base, *, seed, cuts, most):
        dice = random.Random(seed)
        self._budgets = [dice.randrange(1, most) for _ in range(cuts)]
        self._target = (httpx.URL(base).host, httpx.URL(base).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.cut = 0
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                pair = (client, server)
                threading.Thread(target=self._forth, args=pair, daemon=True).start()
                threading.Thread(target=self._back, args=pair, daemon=True).start()

    def _forth(self, client, server):
        with suppress(OSError):
            while data := client.recv(65536):
                if not self._may_pass(len(data)):
                    server.sendall(data[: len(data) // 2])
                    break
                server.sendall(data)
        _reset(client, server)

    def _back(self, client, server):
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _reset(client, server)

    def _may_pass(self, count):
        with self._lock:
            if not self._budgets:
                return True
            self._budgets[0] -= count
            if self._budgets[0] > 0:
                return True
            self._budgets.pop(0)
            self.cut += 1
            return False


def _reset(*sockets):
    """Close so that the other end gets RST, as when a network is gone."""
    for each in sockets:
        with suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RDWR)
        each.close()
