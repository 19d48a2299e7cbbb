from collections.abc import Iterator

import pytest
import redis

from core.embedded.layout import DataLayout
from core.embedded.valkey import EmbeddedValkey
from core.errors import Unavailable


@pytest.fixture
def server(open_folder) -> Iterator[EmbeddedValkey]:
    layout = DataLayout(open_folder)
    embedded = EmbeddedValkey(layout.valkey, layout.valkey_socket)
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture
def client(server) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=str(server.socket_path)) as connection:
        yield connection


def test_messages_are_kept_in_a_file_written_every_second(client):
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    assert client.config_get("appendfsync") == {"appendfsync": "everysec"}


def test_it_listens_on_the_private_socket_only(server, client):
    assert client.config_get("port") == {"port": "0"}
    assert server.socket_path.stat().st_mode & 0o077 == 0
    assert server.socket_path.parent.stat().st_mode & 0o077 == 0


def test_messages_survive_kill_9_of_the_process(server, client):
    client.rpush("queue", "job")

    server.process.kill()
    server.start()

    assert client.lrange("queue", 0, -1) == [b"job"]


def test_starting_a_running_server_does_nothing(server):
    before = server.process.pid

    server.start()

    assert server.process.pid == before


def test_stopping_twice_does_nothing(server):
    server.stop()
    server.stop()

    assert server.process is None


def test_a_failed_start_shows_the_end_of_the_log(open_folder):
    too_long = open_folder / ("x" * 120) / "valkey.sock"

    with pytest.raises(Unavailable, match="too long"):
        EmbeddedValkey(open_folder / "valkey", too_long).start()
