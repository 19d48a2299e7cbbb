"""The real worker process: told to stop, with a handler that hears nothing, grown too large."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deadline import eventually
from tests.e2e.test_jobs_chaos import House, kill


class Workshop(House):
    """A house whose workers know the jobs of tests.worker_jobs, one process to a worker."""

    def worker(self):
        return self.part(
            *("celery", "--app=tests.worker_jobs", "--quiet", "worker", "--concurrency=1"),
            *("--loglevel=WARNING", "--without-gossip", "--without-mingle"),
        )

    def told(self, topic):
        """Process ids of the workers that told of this, oldest first."""
        return [
            pid
            for (pid,) in self.ask(
                "select (data->>'pid')::int from outbox_event "
                f"where topic = '{topic}' order by created_at"
            )
        ]

    def job(self):
        ((state, attempts, token, error),) = self.ask(
            "select state, attempts, token, error from outbox_job order by created_at desc limit 1"
        )
        return state, attempts, token, error


@pytest.fixture(scope="module")
def built() -> Iterator[Workshop]:
    folder = Path(tempfile.mkdtemp(prefix="custos-worker-"))
    folder.chmod(0o711)  # the database's user passes through it
    house = Workshop(folder)
    # Nothing here is found out by a silence: what a worker holds is its own for ten minutes.
    house.environment |= {
        "CUSTOS_JOB_HEARTBEAT_LIMIT": "600",
        "CUSTOS_JOB_STOP_GRACE": "0.2",
        "CUSTOS_WORKER_MAX_KIB": "280000",
    }
    try:
        house.postgres.start()
        house.run("django", "migrate", "--database", "owner", "--noinput", "--verbosity=0")
        house.valkey.start()
        house.sweeper()
        yield house
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(built: Workshop) -> Iterator[Workshop]:
    """With no jobs and no workers of an earlier test."""
    built.ask("with gone as (delete from outbox_event) delete from outbox_job returning 1")
    yield built
    for part in built.parts[1:]:
        kill(part)
    del built.parts[1:]


def test_a_worker_that_is_told_to_stop_lets_another_end_its_job_at_once(house):
    house.run("tests.worker_jobs", "waits")
    first = house.worker()
    eventually(lambda: house.told("began"), what="the job's begin", seconds=120)
    house.worker()

    first.send_signal(signal.SIGTERM)

    eventually(lambda: len(house.told("began")) == 2, what="another worker's begin", seconds=120)
    assert len(set(house.told("began"))) == 2
    # No attempt was lost, so it was handed back and not found silent.
    assert house.job()[:3] == ("running", 1, 2)

    Path(house.environment["CUSTOS_DATA"], "gate").touch()
    first.wait(120)
    eventually(lambda: house.states() == {"done": 1}, what="the job's end", seconds=120)
    assert house.told("effect") == house.told("began")[1:], "only the second one's counts"


def test_a_handler_that_ignores_its_time_limit_loses_its_process_and_not_the_worker(house):
    house.run("tests.worker_jobs", "deaf")
    worker = house.worker()

    eventually(lambda: house.states() == {"done": 1}, what="the second attempt", seconds=180)

    stuck, again = house.told("began")
    assert house.told("heard and ignored") == [stuck]
    assert house.told("effect") == [again]
    assert stuck != again
    assert worker.poll() is None, "the pool made another process"
    assert house.job()[:2] == ("done", 2)


def test_a_process_that_grew_too_large_is_replaced_after_its_job(house):
    house.run("tests.worker_jobs", "thin", "thin", "fat", "thin", "thin")
    house.worker()

    eventually(lambda: house.states() == {"done": 5}, what="the end of all jobs", seconds=180)

    before, after = house.told("effect")[:3], house.told("effect")[3:]
    assert len(set(before)) == 1, "a process of ordinary size is kept"
    assert len(set(after)) == 1
    assert before[0] != after[0]
