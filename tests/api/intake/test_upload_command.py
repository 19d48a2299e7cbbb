"""`custos upload` against a real server, its connection cut and its file changed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from core.errors import (
    CustosError,
    Gone,
    IntegrityFailed,
    Invalid,
    NotFound,
    NotSignedIn,
)
from tenants.intake import command
from tenants.intake.client import Bookmarks, Refused, TusClient, Unreachable
from tests.api.intake.conftest import token_of

ROOT = Path(__file__).resolve().parents[3]
MEBIBYTE = 1 << 20


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "gate [1].mp4"
    path.write_bytes(os.urandom(3 * MEBIBYTE + 11))
    return path


@pytest.fixture
def run(tus, tmp_path, monkeypatch):
    """Run the command in this process as Umar, with a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CUSTOS_URL", tus.base)
    monkeypatch.setenv("CUSTOS_TENANT", "harbour")
    monkeypatch.setenv("CUSTOS_TOKEN", token_of(tus.cast.umar, tus.cast.harbour))
    app = typer.Typer()
    app.command()(command.upload)

    def invoke(*arguments, raises=None):
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if raises is not None:
            assert isinstance(result.exception, raises), result.output
            return result.exception
        if result.exception:
            raise result.exception
        return result.stdout

    return invoke


def test_a_clip_is_sent_and_agreed_upon(run, clip, stored):
    told = json.loads(run(clip, "--project", "gate", "--json"))
    assert told["bytes"] == clip.stat().st_size
    assert told["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert told["resumed_from"] == 0
    assert stored(told["clip"]) == clip.read_bytes()
    assert "SHA-256 agreed" in run(clip, "--project", "gate")


def test_it_goes_on_where_it_was_cut(run, tus, clip, stored, tmp_path):
    data = clip.read_bytes()
    url = tus.begin(data)
    tus.patch(url, data[: 2 * MEBIBYTE], 0)
    told = json.loads(run(clip, "--project", "gate", "--resume", tus.base + url, "--json"))
    assert told["resumed_from"] == 2 * MEBIBYTE
    assert stored(told["clip"]) == data


class CutOften(httpx.BaseTransport):
    """A network that ends each of its first PATCHes in the middle."""

    def __init__(self, cuts):
        self.inner, self.cuts = httpx.HTTPTransport(), cuts

    def handle_request(self, request):
        if request.method == "PATCH" and self.cuts:
            self.cuts -= 1
            stream = request.stream

            class Cut(httpx.SyncByteStream):
                def __iter__(self):
                    for i, chunk in enumerate(stream):
                        if i == 1:
                            raise httpx.WriteError("the cable was pulled")
                        yield chunk

            request = httpx.Request(
                request.method, request.url, headers=request.headers, stream=Cut()
            )
        return self.inner.handle_request(request)

    def close(self):
        self.inner.close()


def test_a_network_that_fails_again_and_again_is_survived(tus, clip, stored):
    token = token_of(tus.cast.umar, tus.cast.harbour)
    told = []
    with httpx.Client(base_url=tus.base, transport=CutOften(2), timeout=60) as http:
        client = TusClient(http, token, "harbour", sleep=lambda _: None)
        size = clip.stat().st_size
        url = client.create(size=size, metadata={"filename": "x", "project": "gate"})
        with clip.open("rb") as file:
            done = client.send(file, size=size, url=url, progress=told.append)
    assert stored(done.clip) == clip.read_bytes()
    assert told[-1] == size


def test_the_next_run_finds_the_upload_by_itself(run, tus, clip, monkeypatch, stored):
    class Pulled(Exception):
        pass

    real = TusClient._go

    def fails(self, file, *, size, url, offset, progress):
        tus.patch(url, clip.read_bytes()[:MEBIBYTE], 0)
        raise Pulled

    with monkeypatch.context() as patch:
        patch.setattr(TusClient, "_go", fails)
        run(clip, "--project", "gate", raises=Pulled)
    assert real is TusClient._go
    told = json.loads(run(clip, "--project", "gate", "--json"))
    assert told["resumed_from"] == MEBIBYTE
    assert stored(told["clip"]) == clip.read_bytes()


def test_an_upload_that_is_gone_is_begun_anew(run, tus, clip, monkeypatch):
    url = tus.begin(b"other")
    tus.client.delete(url)
    monkeypatch.setattr(Bookmarks, "get", lambda self, name: tus.base + url)
    assert json.loads(run(clip, "--project", "gate", "--json"))["resumed_from"] == 0
    run(clip, "--project", "gate", "--resume", url, raises=Gone)


def test_what_the_server_refuses_is_said(run, clip, tus, monkeypatch):
    assert "project" in str(run(clip, "--project", "nowhere", raises=NotFound))
    assert "time zone" in str(
        run(clip, "--project", "gate", "--time-zone", "Mars/Olympus", raises=Refused)
    )
    run(clip, "--project", "gate", "--token", "custos_wrong", raises=NotSignedIn)
    run(clip, "--project", "gate", "--resume", "https://evil.example/x", raises=Invalid)


def test_a_file_that_changes_while_it_is_sent_is_refused(run, clip, monkeypatch):
    monkeypatch.setattr(command, "file_sha256", lambda path, progress: "00" * 32)
    run(clip, "--project", "gate", raises=IntegrityFailed)


def test_a_file_that_becomes_shorter_is_told(tus, clip):
    token = token_of(tus.cast.umar, tus.cast.harbour)
    size = clip.stat().st_size
    with httpx.Client(base_url=tus.base, timeout=60) as http:
        client = TusClient(http, token, "harbour", sleep=lambda _: None)
        url = client.create(size=size + 1, metadata={"filename": "x", "project": "gate"})
        with clip.open("rb") as file, pytest.raises(Invalid, match="shorter"):
            client.send(file, size=size + 1, url=url, progress=lambda _: None)


def test_a_server_that_is_not_there_is_told(run, clip, monkeypatch):
    monkeypatch.setattr(TusClient, "_once", TusClient._once)
    monkeypatch.setattr("tenants.intake.client.PATIENCE", 1)
    monkeypatch.setattr("tenants.intake.client.LONGEST_PAUSE", 0)
    run(clip, "--project", "gate", "--url", "http://127.0.0.1:9", raises=Unreachable)


def test_an_upload_that_gets_nowhere_is_given_up(tus, clip):
    def broken(request):
        if request.method == "HEAD":
            return httpx.Response(200, headers={"Upload-Offset": "0"})
        return httpx.Response(503, text="no document")

    with httpx.Client(base_url=tus.base, transport=httpx.MockTransport(broken)) as http:
        client = TusClient(http, "token", "harbour", sleep=lambda _: None)
        with clip.open("rb") as file, pytest.raises(Unreachable, match="status 503"):
            client.send(file, size=5, url="/x", progress=lambda _: None)


def test_bookmarks_survive_nonsense(tmp_path):
    path = tmp_path / "cache" / "uploads.json"
    bookmarks = Bookmarks(path)
    assert bookmarks.get("a") is None
    bookmarks.put("a", "http://x")
    assert bookmarks.get("a") == "http://x"
    bookmarks.put("a", None)
    assert bookmarks.get("a") is None
    path.write_text("[]")
    assert bookmarks.get("a") is None
    path.write_text("{")
    assert bookmarks.get("a") is None


def test_the_command_needs_no_django(tmp_path):
    program = (
        "import sys, tenants.intake.command\n"
        "assert not {'django', 'psycopg', 'celery'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert issubclass(Refused, CustosError)
