"""`custos up` for real: whichever part is killed, itself included, nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from core.cli.main import main
from core.embedded.layout import DataLayout
from core.embedded.postgres import APP, OWNER, EmbeddedPostgres
from core.embedded.process import is_alive
from core.supervisor.lock import read_state
from tests.deadline import eventually
from tests.plugins.portal import Portal, started_portal

PARTS = ["postgres", "sequencer", "sweeper", "valkey", "web", "worker"]


@pytest.fixture(scope="module")
def layout() -> Iterator[DataLayout]:
    """Where the database's user may pass, as in pytest's own private folders it may not."""
    folder = Path(tempfile.mkdtemp(prefix="custos-up-"))
    folder.chmod(0o711)
    yield DataLayout(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def portal(layout: DataLayout) -> Iterator[Portal]:
    with started_portal(layout, log=layout.root / "up.log") as running:
        yield running


def owner(layout: DataLayout) -> psycopg.Connection:
    server = EmbeddedPostgres(layout.postgres)
    return psycopg.connect(server.dsn(OWNER), autocommit=True)


def is_well(portal: Portal) -> Callable[[], bool]:
    """Every part runs, and says so."""

    def ask() -> bool:
        if sorted(read_state(portal.layout)["parts"]) != PARTS:
            return False
        try:
            answer = httpx.get(f"{portal.url}/readyz", timeout=5)
        except httpx.TransportError:
            return False
        parts = answer.json().get("parts", {})
        return answer.is_success and parts["database"] == parts["broker"] == "ok"

    return ask


def test_every_part_is_up_and_says_so(portal):
    assert httpx.get(f"{portal.url}/healthz").json() == {"state": "ok"}
    eventually(is_well(portal), what="readiness")


def test_the_portal_works_as_the_application_not_as_the_owner(portal):
    with owner(portal.layout) as connection:
        rows = connection.execute(
            "select distinct usename from pg_stat_activity where datname = 'custos' and pid <> %s",
            (connection.info.backend_pid,),
        ).fetchall()

    assert rows == [(APP,)]


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back_and_committed_rows_are_still_there(portal, part):
    eventually(is_well(portal), what="readiness")
    with owner(portal.layout) as connection:
        connection.execute("create table if not exists kept (part text)")
        connection.execute("insert into kept values (%s)", (part,))
    before = read_state(portal.layout)["parts"][part]

    os.kill(before, signal.SIGKILL)

    eventually(lambda: replaced(portal, part, before), what=f"a new {part}")
    eventually(is_well(portal), what="readiness")
    with owner(portal.layout) as connection:
        kept = connection.execute("select 1 from kept where part = %s", (part,)).fetchall()
    assert kept == [(1,)]


def replaced(portal: Portal, part: str, before: int) -> bool:
    return read_state(portal.layout)["parts"].get(part, before) != before


def test_a_second_one_on_the_same_data_is_refused(portal):
    second = up(portal.layout)

    assert second.returncode == 2
    assert f"process {portal.process.pid}" in " ".join(second.stderr.split())


def test_a_taken_port_is_said(portal, tmp_path):
    port = httpx.URL(portal.url).port

    second = up(DataLayout(tmp_path / "other"), "--port", str(port))

    assert second.returncode == 2
    assert f"Port {port} cannot be used" in " ".join(second.stderr.split())


def up(layout: DataLayout, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.cli", "up", *options],
        env={**os.environ, "CUSTOS_DATA": str(layout.root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_secrets_production_refuses_to_start_and_names_them(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOS_")}
    refused = subprocess.run(
        [sys.executable, "-m", "core.cli", "up", "--no-embedded", "--port", "0"],
        env={**clean, "CUSTOS_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert refused.returncode == 2
    for name in ("CUSTOS_SECRET_KEY", "CUSTOS_ROOT_KEK", "CUSTOS_LOG_KEY", "CUSTOS_DATABASE_HOST"):
        assert name in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "keys").exists()


def test_after_kill_9_of_the_supervisor_the_next_start_finds_everything(
    portal: Portal, layout: DataLayout, tmp_path: Path
):
    with owner(layout) as connection:
        connection.execute("create table survivor (n int)")
    parts = read_state(layout)["parts"]
    everything = psutil.Process(portal.process.pid).children(recursive=True)

    portal.process.kill()
    portal.process.wait()

    for orphan in everything:
        eventually(lambda gone=orphan: not is_alive(gone.pid), what=f"the end of {orphan}")
    with started_portal(layout, log=tmp_path / "again.log") as again:
        eventually(is_well(again), what="readiness")
        assert not set(parts.values()) & set(read_state(layout)["parts"].values())
        with owner(layout) as connection:
            assert connection.execute("select count(*) from survivor").fetchone() == (0,)
    assert again.process.returncode == 0
    assert read_state(layout) == {}


def test_up_runs_until_it_is_told_to_stop(layout: DataLayout, monkeypatch, capsys):
    """In this process, on the data that the others left."""
    monkeypatch.setenv("CUSTOS_DATA", str(layout.root))
    monkeypatch.setattr(sys, "argv", ["custos", "up", "--port=0", "--workers=1"])
    seen: list[dict] = []

    def stop_when_ready() -> None:
        seen.append(eventually(ready_state, what="readiness", seconds=180))
        os.kill(os.getpid(), signal.SIGTERM)

    def ready_state() -> dict | None:
        state = read_state(layout)
        return state if state.get("ready") else None

    observer = threading.Thread(target=stop_when_ready)
    observer.start()
    with pytest.raises(SystemExit) as ended:
        main()
    observer.join()

    assert ended.value.code == 0
    assert seen[0]["pid"] == os.getpid()
    screen = capsys.readouterr().out
    named = seen[0]["url"].replace("127.0.0.1", "localhost")
    assert f"Custos is ready at {named}" in screen
    assert "Landlock is enforced" in screen
    assert screen.endswith("Custos has stopped.\n")
