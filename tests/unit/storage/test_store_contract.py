"""One contract for every place that objects can lie in: a folder, and a real S3 server."""

import os
from datetime import timedelta

import pytest

from core.clock import now
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.ids import new_id
from core.storage.folder import FolderStore
from core.storage.s3 import CHUNK, S3Store
from tests.unit.storage.seaweed import BUCKET


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    return request.getfixturevalue("seaweed").store()


def key():
    return new_id().hex


def put(store, data, name=None):
    name = name or key()
    staging = store.stage(name)
    staging.write(data)
    staging.commit(name)
    return name


def get(store, name):
    opened = store.open(name)
    try:
        return opened.pread(0, opened.size)
    finally:
        opened.close()


@pytest.mark.parametrize("size", [0, 1, 4096, 3 * 1024 * 1024 + 1])
def test_what_is_committed_is_there(store, size):
    data = os.urandom(size)
    name = put(store, data)
    opened = store.open(name)
    assert opened.size == size
    assert opened.pread(0, size + 10) == data
    assert opened.pread(size // 2, 100) == data[size // 2 : size // 2 + 100]
    assert opened.pread(size + 5, 10) == b""
    opened.close()
    assert name in set(store.keys())


def test_more_than_one_chunk_is_joined_in_order(store):
    data = os.urandom(CHUNK + CHUNK // 2)
    assert get(store, put(store, data)) == data


def test_what_is_staged_is_not_there_yet(store):
    name = key()
    staging = store.stage(name)
    staging.write(b"ciphertext")
    staging.flush()
    with pytest.raises(NotFound):
        store.open(name)
    assert name not in set(store.keys())
    staging.discard()


def test_a_staging_can_be_read_back_and_resumed(store):
    name = key()
    first = store.stage(name)
    first.write(b"one ")
    first.write(memoryview(b"two "))
    first.flush()
    first.close()
    second = store.resume(name)
    assert second.size == 8
    assert second.name == name
    assert second.pread(2, 100) == b"e two "
    second.write(b"three")
    assert second.pread(4, 9) == b"two three"
    second.commit(name)
    assert get(store, name) == b"one two three"


def test_a_long_staging_can_be_resumed(store):
    name, data = key(), os.urandom(CHUNK + 1000)
    first = store.stage(name)
    first.write(data[: CHUNK + 10])
    first.flush()
    first.close()
    second = store.resume(name)
    assert second.size == CHUNK + 10
    assert second.pread(CHUNK - 5, 15) == data[CHUNK - 5 : CHUNK + 10]
    second.write(data[CHUNK + 10 :])
    second.commit(name)
    assert get(store, name) == data


def test_an_empty_staging_can_be_resumed(store):
    name = key()
    store.stage(name).close()
    again = store.resume(name)
    assert again.size == 0
    again.discard()


def test_a_committed_staging_is_gone(store):
    name = put(store, b"x")
    with pytest.raises(NotFound):
        store.resume(name)


def test_a_discarded_staging_is_gone(store):
    name = key()
    staging = store.stage(name)
    staging.write(b"x")
    staging.flush()
    staging.discard()
    with pytest.raises(NotFound):
        store.resume(name)
    store.discard(name)


def test_a_name_is_staged_once(store):
    name = key()
    staging = store.stage(name)
    with pytest.raises(Conflict):
        store.stage(name)
    staging.discard()


def test_a_deleted_object_is_gone(store):
    name = put(store, b"x")
    store.delete(name)
    with pytest.raises(NotFound):
        store.open(name)
    store.delete(name)


@pytest.mark.parametrize(
    "bad",
    ["", "../../etc/passwd", "/etc/passwd", "a/b", "ABCDEFGH", "short", "x" * 65, "a" * 9 + "\n"],
)
def test_only_keys_are_keys(store, bad):
    for ask in (store.open, store.delete, store.stage, store.resume, store.discard):
        with pytest.raises(Invalid):
            ask(bad)


def test_several_resumes_of_a_long_staging_add_up(store):
    """Cut within a chunk, at its border and behind it, each time by a process that then dies."""
    name, data = key(), os.urandom(2 * CHUNK + 1000)
    store.stage(name).close()
    at = 0
    for until in (1000, CHUNK - 1, CHUNK, CHUNK + 500, 2 * CHUNK, len(data)):
        staging = store.resume(name)
        assert staging.size == at
        staging.write(data[at:until])
        staging.flush()
        staging.close()
        at = until
    last = store.resume(name)
    assert last.pread(CHUNK - 7, 20) == data[CHUNK - 7 : CHUNK + 13]
    last.commit(name)
    assert get(store, name) == data


def test_what_was_not_flushed_does_not_come_back_as_more(store):
    name = key()
    staging = store.stage(name)
    staging.write(b"kept")
    staging.flush()
    staging.write(b"perhaps lost")
    staging.close()
    again = store.resume(name)
    assert again.pread(0, 4) == b"kept"
    assert again.size in {4, 16}
    again.discard()


def test_what_a_crash_left_is_named_once_it_is_old(store):
    name, whole = key(), put(store, b"committed")
    staging = store.stage(name)
    staging.write(b"half")
    staging.flush()
    staging.close()
    assert name in set(store.leftovers(before=now() + timedelta(hours=1)))
    assert name not in set(store.leftovers(before=now() - timedelta(hours=1)))
    assert whole not in set(store.leftovers(before=now() + timedelta(hours=1)))
    store.discard(name)
    assert name not in set(store.leftovers(before=now() + timedelta(hours=1)))
    assert store.abort_joins(before=now() - timedelta(hours=1)) == 0


def test_a_join_that_a_crash_left_half_made_is_given_up(seaweed):
    store = seaweed.store()
    target = {"Bucket": BUCKET, "Key": f"objects/{key()}"}
    store._client.create_multipart_upload(**target)
    assert store.abort_joins(before=now() - timedelta(hours=1)) == 0
    assert store.abort_joins(before=now() + timedelta(hours=1)) == 1
    assert store.abort_joins(before=now() + timedelta(hours=1)) == 0


def test_a_folder_never_overwrites(tmp_path):
    store = FolderStore(tmp_path)
    name = put(store, b"first")
    second = store.stage(key())
    second.write(b"second")
    with pytest.raises(Conflict):
        second.commit(name)
    assert get(store, name) == b"first"


def test_a_folder_is_private_and_fans_out(tmp_path):
    store = FolderStore(tmp_path / "store")
    name = put(store, b"x")
    path = store.object_path(name)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.relative_to(store.root / "objects").parts == (name[:2], name[2:4], name)


def test_a_full_disk_is_told_and_what_was_flushed_stays(tmp_path, monkeypatch):
    store = FolderStore(tmp_path)
    name = key()
    staging = store.stage(name)
    staging.write(b"kept")
    staging.flush()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(Unavailable, match="full"):
            staging.write(b"lost")
    staging.close()
    assert store.resume(name).pread(0, 10) == b"kept"


def test_a_broken_folder_is_told(tmp_path):
    (tmp_path / "objects").write_text("not a folder")
    store = FolderStore(tmp_path)
    with pytest.raises(Unavailable):
        store.open(key())


def test_a_bucket_that_does_not_answer_is_told():
    nowhere = S3Store(
        "footage",
        endpoint="http://127.0.0.1:9",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )
    with pytest.raises(Unavailable):
        nowhere.open(key())


def test_a_wrong_signature_is_refused(seaweed):
    with pytest.raises(Unavailable, match="refuses"):
        put(seaweed.store(secret="wrong"), b"x")
