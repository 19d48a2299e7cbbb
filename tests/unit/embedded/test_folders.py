import os
import stat

import pytest

from core.embedded.folders import private_folder, reachable
from core.errors import Misconfigured

STRANGER = {"uid": 54321, "gids": frozenset({54321})}


def test_a_private_folder_has_its_mode_whatever_the_umask(tmp_path):
    before = os.umask(0o000)
    try:
        private_folder(tmp_path / "new")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_folder_that_was_too_open_is_closed(tmp_path):
    tmp_path.chmod(0o777)

    assert stat.S_IMODE(private_folder(tmp_path).stat().st_mode) == 0o700


def test_a_link_is_not_a_private_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(Misconfigured, match="not a folder of ours"):
        private_folder(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_not_a_private_folder(tmp_path):
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 54321, 54321)

    with pytest.raises(Misconfigured, match="not a folder of ours"):
        private_folder(tmp_path / "theirs")


def test_a_stranger_is_stopped_by_one_closed_folder_on_the_way(tmp_path):
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    (tmp_path / "closed").chmod(0o700)

    assert not reachable(inner, **STRANGER)
    assert reachable(inner, uid=os.geteuid(), gids=frozenset())


def test_the_group_passes_by_the_groups_bits(tmp_path):
    tmp_path.chmod(0o701)
    group = frozenset({tmp_path.stat().st_gid})

    assert not reachable(tmp_path, uid=54321, gids=group)


def test_what_does_not_exist_is_not_reachable(tmp_path):
    assert not reachable(tmp_path / "missing", uid=os.geteuid(), gids=frozenset())
