import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.embedded.layout import DEFAULT_DATA, SOCKET_PATH_LIMIT, DataLayout

folder_names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=80
).filter(lambda name: name not in {".", ".."})


@given(st.lists(folder_names, min_size=1, max_size=4))
def test_sockets_stay_within_what_the_kernel_takes(names):
    layout = DataLayout(Path("/", *names))

    for socket in (layout.valkey_socket, layout.postgres_socket / ".s.PGSQL.5432"):
        assert len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT
        assert b"," not in os.fsencode(socket)


def test_two_long_folders_do_not_share_sockets():
    one, other = (DataLayout(Path("/") / ("x" * 150) / name) for name in ("a", "b"))

    assert one.postgres_socket != other.postgres_socket
    assert one.valkey_socket != other.valkey_socket


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CUSTOS_DATA", str(tmp_path))
    assert DataLayout.from_environment().root == tmp_path

    monkeypatch.delenv("CUSTOS_DATA")
    assert DataLayout.from_environment().root == DEFAULT_DATA


def test_a_relative_folder_is_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert DataLayout(Path("data")).objects == tmp_path / "data" / "objects"


def test_asking_creates_nothing(tmp_path):
    layout = DataLayout(tmp_path / "data")

    assert layout.postgres_host.startswith(str(layout.postgres))
    assert str(layout.valkey_socket) in layout.valkey_url
    assert not layout.root.exists()
