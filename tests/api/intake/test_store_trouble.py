"""A disk that is really full and a store that is really down: said clearly, and gone on with."""

import os
import resource
import subprocess
import time
from contextlib import contextmanager, suppress

import httpx
import pytest

from core.storage import stores
from tests.unit.storage.seaweed import BUCKET, make_seaweed

MEBIBYTE = 1 << 20
#: What is left of the disk before the upload begins.
ROOM = 3 * MEBIBYTE


@contextmanager
def small_disk(folder):
    """A file system of 3 MiB; gives what makes it larger. Needs root and the right to mount."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of our own needs root and the right to mount")

    def enlarge():
        grow = ["mount", "-o", f"remount,size={ROOM * 10}", str(folder)]
        subprocess.run(grow, check=True)

    try:
        yield enlarge
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def small_files(folder):
    """Files of this process that may not grow beyond 3 MiB; gives what lifts the limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", [small_disk, small_files])
def test_a_full_disk_is_said_and_the_upload_goes_on_later(tus, stored, settings, tmp_path, trouble):
    data = os.urandom(8 * MEBIBYTE)
    settings.OBJECT_STORE_FOLDER = tmp_path / "full"
    with trouble(settings.OBJECT_STORE_FOLDER) as enlarge:
        url = tus.begin(data)
        assert tus.patch(url, data[: MEBIBYTE + 9], 0).status_code == 204
        for _ in range(2):
            answer = tus.patch(url, data[MEBIBYTE + 9 :], MEBIBYTE + 9)
            assert answer.status_code == 503
            assert "full" in answer.json()["detail"]
            assert tus.offset(url) == MEBIBYTE + 9
        enlarge()
        answer = tus.patch_when_free(url, data)
        assert answer.status_code == 204
        assert stored(answer.headers["Custos-Clip"]) == data


@pytest.fixture
def own_seaweed(tmp_path, settings, monkeypatch):
    """An S3 server of the test's own, to be killed, as the store of this installation."""
    folder = tmp_path / "seaweed"
    folder.mkdir()
    server = make_seaweed(folder)
    names = {"region_name": "AWS_DEFAULT_REGION"}
    for name, value in server.credentials().items():
        monkeypatch.setenv(names.get(name, name.upper()), value)
    settings.OBJECT_STORE_BUCKET = BUCKET
    settings.OBJECT_STORE_ENDPOINT = server.endpoint
    try:
        server.wait()
        yield server
    finally:
        server.stop()
        stores._bucket.cache_clear()


def test_a_store_that_dies_while_bytes_come_is_said_and_loses_none_that_counted(
    tus, stored, row, own_seaweed, monkeypatch
):
    from tenants.intake import tus as app

    monkeypatch.setattr(app, "CHECKPOINT_SEGMENTS", 4)
    data = os.urandom(40 * MEBIBYTE)
    url = tus.begin(data)

    def body():
        yield data[: 20 * MEBIBYTE]
        while row(url).offset == 0:
            time.sleep(0.01)
        own_seaweed.kill()
        yield data[20 * MEBIBYTE :]

    # The server may have answered and closed before it had all.
    with suppress(httpx.TransportError):
        assert tus.patch(url, body(), 0).status_code == 503
    counted = tus.offset(url)
    assert 0 < counted <= 20 * MEBIBYTE
    while (answer := tus.patch(url, data[counted : counted + 9], counted)).status_code == 423:
        time.sleep(0.05)
    assert answer.status_code == 503
    assert "object store does not answer" in answer.json()["detail"]
    assert tus.offset(url) == counted
    own_seaweed.start()
    own_seaweed.wait()
    answer = tus.patch_when_free(url, data)
    assert answer.status_code == 204, answer.text
    assert stored(answer.headers["Custos-Clip"]) == data
