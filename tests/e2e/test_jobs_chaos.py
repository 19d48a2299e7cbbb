"""1,000 jobs while broker, workers, sweeper and database are killed: each ends once in effect."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.embedded.layout import REPOSITORY, DataLayout
from core.embedded.postgres import OWNER, EmbeddedPostgres
from core.embedded.process import end_with_parent
from core.embedded.secrets import ensure_keys
from core.embedded.valkey import EmbeddedValkey
from tests.deadline import eventually

PATIENCE = 240


class House:
    """A database, a broker, workers and a sweeper of the test's own."""

    def __init__(self, folder: Path) -> None:
        layout = DataLayout(folder)
        ensure_keys(layout)
        self.postgres = EmbeddedPostgres(layout.postgres)
        self.valkey = EmbeddedValkey(layout.valkey, layout.valkey_socket)
        self.log = (folder / "parts.log").open("ab")
        self.parts: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "CUSTOS_DATA": str(folder),
            "CUSTOS_EMBEDDED": "1",
            "CUSTOS_JOB_HEARTBEAT_LIMIT": "3",
            "DJANGO_SETTINGS_MODULE": "core.web.settings",
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONWARNINGS": "ignore",
        }
        self.environment.pop("COVERAGE_PROCESS_START", None)  # killed children leave no data

    def run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-P", "-m", *arguments],
            env=self.environment, check=True, stdout=self.log, stderr=self.log, timeout=PATIENCE,
        )  # fmt: skip

    def part(self, *arguments: str) -> subprocess.Popen[bytes]:
        started = subprocess.Popen(
            [sys.executable, "-P", "-m", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509
        )
        self.parts.append(started)
        return started

    def worker(self) -> subprocess.Popen[bytes]:
        return self.part(
            *("celery", "--app=tests.chaos_jobs", "--quiet", "worker", "--concurrency=2"),
            *("--loglevel=WARNING", "--without-gossip", "--without-mingle"),
        )

    def sweeper(self) -> subprocess.Popen[bytes]:
        return self.part("django", "sweeper")

    def lose_broker(self) -> None:
        """Kill it, and with it all messages."""
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        shutil.rmtree(self.valkey.home)

    def crash_database(self) -> None:
        """Immediate shutdown: no session ends in order; the next start recovers."""
        assert self.postgres.process is not None
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait(60)
        self.postgres.start()

    def ask(self, query: str) -> list[tuple]:
        with psycopg.connect(self.postgres.dsn(OWNER), autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def states(self) -> dict[str, int]:
        return dict(self.ask("select state, count(*) from outbox_job group by state"))

    def close(self) -> None:
        for part in self.parts:
            kill(part)
        self.valkey.stop()
        self.postgres.stop()
        self.log.close()


def kill(part: subprocess.Popen[bytes]) -> None:
    """Kill -9 the whole group: a worker's pool too, whatever it is doing."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(part.pid, signal.SIGKILL)
    part.wait()


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="custos-chaos-"))
    folder.chmod(0o711)  # the database's user passes through it
    made = House(folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "count", [200, pytest.param(1000, marks=pytest.mark.slow(seconds=150))], ids=["short", "full"]
)
def test_every_job_ends_once_in_effect_whatever_is_killed(house, count):
    house.postgres.start()
    house.run("django", "migrate", "--database", "owner", "--noinput", "--verbosity=0")
    house.valkey.start()
    house.lose_broker()  # between the commit of these jobs and their delivery
    house.run("tests.chaos_jobs", "0", str(count // 2))
    house.valkey.start()
    sweeper, worker = house.sweeper(), house.worker()

    def done(share: float):
        return lambda: house.states().get("done", 0) >= share * count

    def working():
        return house.states().get("running", 0) > 0

    eventually(done(0.1), what="the first tenth", seconds=PATIENCE)
    eventually(working, what="a job in hand", seconds=PATIENCE)
    kill(worker)
    worker = house.worker()

    eventually(done(0.25), what="a quarter", seconds=PATIENCE)
    house.crash_database()

    house.lose_broker()
    house.run("tests.chaos_jobs", str(count // 2), str(count))
    house.valkey.start()
    eventually(done(0.5), what="half", seconds=PATIENCE)
    eventually(working, what="a job in hand", seconds=PATIENCE)
    kill(worker)
    kill(sweeper)
    house.sweeper()
    house.worker()

    eventually(done(1), what="the end of all jobs", seconds=PATIENCE)
    assert house.states() == {"done": count}
    effects = house.ask(
        "select count(*), count(distinct data->>'number') from outbox_event "
        "where topic = 'chaos.effect'"
    )
    assert effects == [(count, count)]
