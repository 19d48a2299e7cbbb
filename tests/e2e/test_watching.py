"""The watcher that looks for plaintext finds it wherever it lies: else it would prove nothing."""

import subprocess
import sys

import psycopg
import pytest
import redis

from core.embedded.postgres import OWNER
from tests.e2e.watching import Watcher

MARKER = b"plaintext that was planted 91c3"


@pytest.fixture
def watcher(tmp_path):
    """Over an empty data folder, with a child that looks like a portal."""
    data, spool = tmp_path / "data", tmp_path / "spool"
    data.mkdir()
    spool.mkdir()
    made = Watcher(data, spool, {"planted": MARKER}, spared=(data / "own",))
    yield made
    made._created.close()


def portal_that(program, *arguments):
    """A child of this process that is called as the portal is, and waits once it is done."""
    code = f"import sys, os; {program}\nprint('done', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments), "core.cli", "up"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "done\n"
    return child


def end(child):
    child.communicate()
    assert child.returncode == 0


def test_a_file_below_the_data_is_found_and_the_clients_own_is_not(watcher):
    (watcher.data / "own").mkdir()
    (watcher.data / "own" / "footage.mp4").write_bytes(b"x" * 9000 + MARKER)
    watcher.look()
    assert watcher.found == set()
    (watcher.data / "deep").mkdir()
    (watcher.data / "deep" / "file").write_bytes(b"x" * 9000 + MARKER)
    watcher.look()
    assert watcher.found == {f"planted in {watcher.data / 'deep' / 'file'}"}


def test_an_unlinked_file_that_is_still_open_is_found(watcher, tmp_path):
    hidden = tmp_path / "elsewhere"
    child = portal_that(
        "f = open(sys.argv[1], 'w+b'); f.write(sys.argv[2].encode()); f.flush(); "
        "os.unlink(sys.argv[1])",
        hidden,
        MARKER.decode(),
    )
    assert not hidden.exists()
    watcher.look()
    end(child)
    assert watcher.found == {f"planted in {hidden} (deleted)"}


def test_a_file_with_no_name_is_found(watcher):
    child = portal_that(
        "f = os.open(sys.argv[1], os.O_TMPFILE | os.O_RDWR); os.write(f, sys.argv[2].encode())",
        watcher.spool,
        MARKER.decode(),
    )
    watcher.look()
    end(child)
    assert len(watcher.found) == 1


def test_a_file_that_is_gone_before_anyone_looks_is_told_by_name(watcher):
    (watcher.spool / "upload.tmp").write_bytes(MARKER)
    (watcher.spool / "upload.tmp").unlink()
    watcher.look()
    assert watcher.created == ["upload.tmp"]


def test_what_changes_is_looked_at_again(watcher):
    file = watcher.data / "log"
    file.write_bytes(b"nothing")
    watcher.look()
    with file.open("ab") as out:
        out.write(MARKER)
    watcher.look()
    assert len(watcher.found) == 1
    assert watcher.seen["file"] == 2


@pytest.fixture
def running(cluster, broker, data_layout, django_db_setup, tmp_path):
    """Over the data of a database and a broker that run."""
    made = Watcher(data_layout.root, tmp_path, {"planted": MARKER})
    yield made
    made._created.close()


def test_a_row_is_found_as_text_and_as_bytes(running, cluster):
    with psycopg.connect(cluster.dsn(OWNER), autocommit=True) as connection:
        connection.execute("create table planted (words text, bytes bytea)")
        try:
            for row in ((MARKER.decode(), b""), ("", b"x" * 5000 + MARKER)):
                connection.execute("insert into planted values (%s, %s)", row)
                running.look_at_rows()
                assert running.found == {"planted in a row of public.planted"}
                running.found.clear()
                connection.execute("truncate planted")
        finally:
            connection.execute("drop table planted")
    assert running.seen["row"] > 2


def test_a_message_of_the_broker_is_found(running, data_layout):
    with redis.Redis(unix_socket_path=str(data_layout.valkey_socket)) as broker:
        broker.lpush("planted", b"first", MARKER)
        running.look_at_broker()
        broker.delete("planted")
    assert running.found == {"planted in the broker's b'planted'"}
