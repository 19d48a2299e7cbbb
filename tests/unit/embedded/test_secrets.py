import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.embedded.layout import DataLayout
from core.embedded.secrets import KEY_FILES, ensure_key, ensure_keys, read_key
from core.errors import Misconfigured


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "keys" / "root_kek"

    key = ensure_key(path)

    assert len(key) == 32
    assert ensure_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["root_kek"]


def test_all_keys_of_the_embedded_default_differ(tmp_path):
    layout = DataLayout(tmp_path)

    ensure_keys(layout)

    assert len({read_key(layout.key(name)) for name in KEY_FILES}) == len(KEY_FILES)


def test_processes_that_ask_at_once_get_the_same_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(ensure_key, [tmp_path / "keys" / "root_kek"] * 32))

    assert len(keys) == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has 0 bytes"),
        (base64.b64encode(b"short"), "has 5 bytes"),
        (b"not base64!", "not base64"),
        (b"\xff\xfe", "no usable key"),
    ],
)
def test_an_unfit_key_is_refused_and_kept(tmp_path, content, complaint):
    path = tmp_path / "keys" / "root_kek"
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(Misconfigured, match=complaint):
        ensure_key(path)

    assert path.read_bytes() == content


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "keys" / "root_kek"
    ensure_key(path)
    path.chmod(0o640)

    with pytest.raises(Misconfigured, match="chmod 600"):
        ensure_key(path)


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="root_kek"):
        read_key(tmp_path / "root_kek")
