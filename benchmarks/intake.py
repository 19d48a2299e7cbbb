"""HTTP intake (tus, sealed as it arrives) against a bare ASGI handler that writes the same bytes.

Both run under uvicorn in a process of their own and end with the bytes on the disk (fsync); the
bare one writes them as they come, unencrypted, unhashed and without a database. The client and the
server share the machine. Rounds are interleaved and the fastest of each counts. `intake-memory` is
all bytes taken over what the server's peak memory grew by meanwhile.

Usage: benchmarks/intake.py [MEBIBYTES]
"""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import base64
import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from benchmarks.support.embedded import embedded
from benchmarks.support.report import report

ROOT = Path(__file__).resolve().parents[1]
MEBIBYTE = 1 << 20
ROUNDS = 5
GOAL = 0.5
GOAL_MEMORY = 16
BLOCK = os.urandom(4 * MEBIBYTE)


async def bare(scope, receive, send):
    """What a server can't do without: take bytes, write them, sync."""
    descriptor = os.open(os.environ["BENCH_TARGET"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    while True:
        message = await receive()
        os.write(descriptor, message.get("body", b""))
        if not message.get("more_body"):
            break
    os.fsync(descriptor)
    os.close(descriptor)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def body(size):
    for _ in range(size // 4):
        yield BLOCK


def sha256(size):
    digest = hashlib.sha256()
    for block in body(size):
        digest.update(block)
    return digest.hexdigest()


class Server:
    """uvicorn with one application."""

    def __init__(self, application):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        program = (
            f"import sys; sys.path[:0] = [{str(ROOT / 'benchmarks')!r}]\n"
            f"import uvicorn; uvicorn.run({application!r}, port={port}, ws='none', "
            "lifespan='off', log_level='error')"
        )
        self.process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600)
        while True:
            try:
                self.http.request("OPTIONS", "/api/v1/t/bench/uploads")
            except httpx.TransportError:
                if self.process.poll() is not None:
                    sys.exit("a server did not start")
                time.sleep(0.1)
            else:
                break

    def peak(self):
        """Peak resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.http.close()
        self.process.terminate()
        self.process.wait(30)


def send_bare(server, size):
    server.http.patch("/", content=body(size)).raise_for_status()


def send_tus(server, size, headers, digest):
    given = {"filename": "bench.mp4", "project": "bench", "sha256": digest}
    pairs = [f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in given.items()]
    made = server.http.post(
        "/api/v1/t/bench/uploads",
        headers={
            **headers,
            "Upload-Length": str(size * MEBIBYTE),
            "Upload-Metadata": ",".join(pairs),
        },
    )
    made.raise_for_status()
    answer = server.http.patch(
        made.headers["Location"],
        content=body(size),
        headers={
            **headers,
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size * MEBIBYTE),
        },
    )
    answer.raise_for_status()
    if "Custos-Clip" not in answer.headers:
        sys.exit("the upload is not whole")


def prepare():
    """Migrate an empty database, make an organization, and give the headers of its uploader."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "core.web.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0)
    from core.access.models import Membership
    from core.accounts.models import Person
    from core.accounts.tokens import issue_token
    from core.tenancy.models import Organization
    from core.tenancy.scope import scope
    from tenants.projects.models import Project

    tenant = Organization.objects.create(slug="bench", kind="client")
    person = Person.objects.create_user("bench@example.org")
    Membership.objects.create(user=person, organization=tenant, role="client_uploader")
    with scope(tenant.id):
        Project.objects.create(tenant=tenant, slug="bench", name="Bench")
    _, token = issue_token(user=person, organization=tenant, name="bench")
    return {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}


def compare(folder, size):
    headers, digest = prepare(), sha256(size)
    os.environ["BENCH_TARGET"] = str(folder / "bare")
    os.environ["CUSTOS_DATABASE_POOL"] = "1"
    servers = Server("intake:bare"), Server("core.web.asgi:application")
    runs = (
        lambda: send_bare(servers[0], size),
        lambda: send_tus(servers[1], size, headers, digest),
    )
    times = ([], [])
    runs[1]()
    before = servers[1].peak()
    for _ in range(ROUNDS):
        for run, measured in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            measured.append(time.perf_counter() - start)
    growth = servers[1].peak() - before
    for server in servers:
        server.stop()
    return min(times[0]), min(times[1]), growth


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    with embedded() as (folder, _):
        plain, ours, growth = compare(folder, size)
    times = {"bare": round(plain, 3), "ours": round(ours, 3)}
    inputs = {"mebibytes": size, "rounds": ROUNDS, "seconds": times}
    packages = ("uvicorn", "cryptography")
    report(
        "intake",
        ratio=plain / ours,
        to="a bare ASGI handler that writes the same bytes unencrypted",
        goal=GOAL,
        inputs=inputs,
        packages=packages,
    )
    taken = size * ROUNDS
    report(
        "intake-memory",
        ratio=taken / max(growth, 1),
        to="what the server's peak memory grew by",
        goal=GOAL_MEMORY,
        inputs={"mebibytes": taken, "grown_mebibytes": round(growth, 1)},
        packages=packages,
    )


if __name__ == "__main__":
    main()
