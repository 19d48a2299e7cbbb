"""tus-js-client, the reference client, against our server over a line that is cut at random."""

import hashlib
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.storage.vault import open_object
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tests.api.intake.conftest import token_of
from tests.api.intake.servers import CuttingLine, child_server, peak_memory

FRONTEND = Path(__file__).resolve().parents[3] / "frontend"
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def node():
    """Node with the frontend's packages; without, skipped, or failed if CUSTOS_STRICT."""
    program = shutil.which("node")
    if program and (FRONTEND / "node_modules" / "tus-js-client").is_dir():
        return program
    message = "needs Node and `npm ci` in frontend/"
    if program and os.environ.get("CUSTOS_STRICT") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def footage(tmp_path):
    """Make a file of random bytes; give it with its SHA-256."""

    def make(size, name="gate.mp4"):
        path, digest = tmp_path / name, hashlib.sha256()
        with path.open("wb") as file:
            for at in range(0, size, MEBIBYTE):
                block = os.urandom(min(MEBIBYTE, size - at))
                digest.update(block)
                file.write(block)
        return path, digest.hexdigest()

    return make


@pytest.fixture
def send(node, cast_here):
    """Send a file by tus-js-client; give what it said."""
    token = token_of(cast_here.umar, cast_here.harbour)

    def run(base, path, digest, *, chunk=None, **more):
        given = {
            "endpoint": f"{base}/api/v1/t/harbour/uploads",
            "token": token,
            "file": str(path),
            "chunk": chunk or path.stat().st_size,
            "metadata": {"filename": path.name, "project": "gate", "sha256": digest},
            **more,
        }
        done = subprocess.run(
            [node, "test/tus_upload.mjs", json.dumps(given)],
            cwd=FRONTEND,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert "error" not in said, said
        return said

    return run


def sha256_of(cast, clip_id):
    """The hash of what was stored, read in pieces."""
    with scope(cast.harbour.id):
        source = Clip.objects.get(id=clip_id).source_id
    digest = hashlib.sha256()
    with open_object(tenant=cast.harbour.id, object_id=source) as reader:
        while piece := reader.read(4 * MEBIBYTE):
            digest.update(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("chunk", [None, MEBIBYTE, 300_001])
def test_an_upload_arrives_in_whatever_pieces_it_comes(server, cast_here, send, footage, chunk):
    path, digest = footage(3 * MEBIBYTE + 5)
    said = send(server, path, digest, chunk=chunk)
    assert sha256_of(cast_here, said["clip"]) == digest
    assert {tuple(each) for each in said["requests"]} == {("POST", 201), ("PATCH", 204)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cuts_at_random_places_change_nothing(server, cast_here, send, footage, seed):
    path, digest = footage(6 * MEBIBYTE + seed)
    line = CuttingLine(server, seed=seed, cuts=5, most=3 * MEBIBYTE)
    said = send(line.base, path, digest, chunk=None if seed % 2 else 2 * MEBIBYTE)
    line.close()
    assert line.cut == 5
    assert sha256_of(cast_here, said["clip"]) == digest


def test_an_upload_that_was_let_go_is_taken_up_by_another_client(server, cast_here, send, footage):
    path, digest = footage(4 * MEBIBYTE)
    first = send(server, path, digest, chunk=MEBIBYTE, stop=2 * MEBIBYTE)
    assert not first["clip"]
    second = send(server, path, digest, url=first["url"])
    assert second["requests"][0] == ["HEAD", 200]
    assert sha256_of(cast_here, second["clip"]) == digest


def test_eight_clients_at_once_over_lines_that_break(server, cast_here, send, footage):
    files = [footage(2 * MEBIBYTE + n, f"{n}.mp4") for n in range(8)]

    def one(n):
        line = CuttingLine(server, seed=n, cuts=2, most=MEBIBYTE)
        said = send(line.base, *files[n])
        line.close()
        return said["clip"]

    with ThreadPoolExecutor(8) as pool:
        clips = list(pool.map(one, range(8)))
    assert [sha256_of(cast_here, clip) for clip in clips] == [digest for _, digest in files]


def test_100_megabytes_are_the_same_and_the_server_does_not_grow(
    cast_here, send, footage, store_folder
):
    large, digest = footage(100 * MEBIBYTE, "large.mp4")
    small, small_digest = footage(10 * MEBIBYTE, "small.mp4")
    with child_server(store_folder) as (base, process):
        send(base, small, small_digest)
        before = peak_memory(process)
        line = CuttingLine(base, seed=200, cuts=3, most=50 * MEBIBYTE)
        said = send(line.base, large, digest)
        line.close()
        grown = peak_memory(process) - before
    assert line.cut == 3
    assert sha256_of(cast_here, said["clip"]) == digest
    # Ten times the bytes: a server that kept them would have grown by 90 MiB.
    assert grown < 32 * MEBIBYTE
