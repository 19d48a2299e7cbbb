"""The upload widget against a small tus server: hashing, pausing, resuming, refusals."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.template import engines
from django.test import RequestFactory
from playwright.sync_api import expect

from core.web.middleware import POLICY
from tests.browser.workbench_server import STATIC, TYPES

PAGE = """{% extends "base.html" %}{% load static %}
{% block scripts %}<script src="{% static 'build/uploader.js' %}" defer></script>{% endblock %}
{% block body %}<main id="main">{% include "components/uploader.html" %}</main>{% endblock %}"""
DATA = bytes(range(256)) * 8192  # 2 MiB


class TusServer:
    """Keeps uploads in memory. `hold`: take this many bytes of the next PATCH, then hang up."""

    def __init__(self) -> None:
        self.uploads: list[dict] = []
        self.hold: int | None = None
        self.refusal: tuple[int, str] | None = None
        self.page = (
            engines["django"]
            .from_string(PAGE)
            .render({"upload_endpoint": "/uploads"}, RequestFactory().get("/"))
        )
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path.startswith("/static/"):
                    file = STATIC / self.path.removeprefix("/static/")
                    owner.send(self, 200, file.read_bytes(), {"Content-Type": TYPES[file.suffix]})
                else:
                    owner.send(self, 200, owner.page.encode(), {"Content-Type": "text/html"})

            def do_POST(self) -> None:
                owner.create(self)

            def do_HEAD(self) -> None:
                upload = owner.uploads[int(self.path.rsplit("/", 1)[1])]
                owner.send(self, 200, b"", owner.progress(upload))

            def do_PATCH(self) -> None:
                owner.patch(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
                """Quiet."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def send(self, request, status: int, body: bytes, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in {"Content-Security-Policy": POLICY, **headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def create(self, request) -> None:
        assert request.headers["Tus-Resumable"] == "1.0.0"
        if self.refusal:
            status, detail = self.refusal
            body = json.dumps({"code": "invalid", "detail": detail}).encode()
            self.send(request, status, body, {"Content-Type": "application/problem+json"})
            return
        pairs = (pair.split(" ") for pair in request.headers["Upload-Metadata"].split(","))
        metadata = {key: base64.b64decode(value).decode() for key, value in pairs}
        size = int(request.headers["Upload-Length"])
        self.uploads.append({"size": size, "data": b"", "metadata": metadata})
        self.send(request, 201, b"", {"Location": f"/uploads/{len(self.uploads) - 1}"})

    def patch(self, request) -> None:
        upload = self.uploads[int(request.path.rsplit("/", 1)[1])]
        length = int(request.headers["Content-Length"])
        assert int(request.headers["Upload-Offset"]) == len(upload["data"])
        if self.hold is not None:
            take, self.hold = self.hold, None
            upload["data"] += request.rfile.read(take)
            request.close_connection = True
            request.connection.close()
            return
        upload["data"] += request.rfile.read(length)
        self.send(request, 204, b"", self.progress(upload))

    def progress(self, upload: dict) -> dict[str, str]:
        headers = {"Upload-Offset": str(len(upload["data"])), "Upload-Length": str(upload["size"])}
        if len(upload["data"]) == upload["size"]:
            headers["Custos-Clip"] = "c1"
        return headers


@pytest.fixture
def tus() -> Iterator[TusServer]:
    server = TusServer()
    yield server
    server.close()


def choose(page, name: str = "gate é.mp4", data: bytes = DATA) -> None:
    page.locator("#upload-files").set_input_files(
        {"name": name, "mimeType": "video/mp4", "buffer": data}
    )


def test_a_file_is_hashed_sent_whole_and_named(page, tus):
    page.goto(tus.url)
    choose(page)
    row = page.locator(".up")
    expect(row).to_have_attribute("data-state", "done")
    digest = hashlib.sha256(DATA).hexdigest()
    expect(row).to_contain_text(digest)
    (upload,) = tus.uploads
    assert upload["data"] == DATA
    assert upload["metadata"] == {"filename": "gate é.mp4", "sha256": digest}
    expect(page.locator("#upload-done")).to_be_visible()


def test_a_broken_connection_goes_on_from_the_byte_that_arrived(open_page, tus):
    page = open_page(expected=("net::ERR",))
    page.goto(tus.url)
    tus.hold = 700_000
    choose(page)
    expect(page.locator(".up")).to_have_attribute("data-state", "done", timeout=15_000)
    (upload,) = tus.uploads
    assert upload["data"] == DATA


def test_an_upload_goes_on_after_the_page_was_closed(open_page, tus):
    page = open_page(expected=("net::ERR",))
    page.goto(tus.url)
    tus.hold = 500_000
    choose(page)
    expect(page.locator(".up")).to_contain_text("The server can’t be reached.")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".up")).to_have_attribute("data-state", "paused")
    page.reload()
    choose(page, "renamed.mp4")
    expect(page.locator(".up")).to_have_attribute("data-state", "done")
    (upload,) = tus.uploads
    assert upload["data"] == DATA


def test_several_files_go_one_after_the_other_and_a_paused_one_lets_the_next_pass(open_page, tus):
    page = open_page(expected=("net::ERR",))
    page.goto(tus.url)
    tus.hold = 1000
    choose(page, "one.mp4")
    expect(page.locator(".up").first).to_contain_text("Tries again")
    choose(page, "two.mp4", DATA[:1000])
    page.get_by_role("button", name="Pause").click()
    rows = page.locator(".up")
    expect(rows.nth(1)).to_have_attribute("data-state", "done")
    rows.nth(0).get_by_role("button", name="Go on").click()
    expect(rows.nth(0)).to_have_attribute("data-state", "done")
    assert [len(upload["data"]) for upload in tus.uploads] == [len(DATA), 1000]


def test_a_refusal_says_why_and_can_be_tried_again(open_page, tus):
    page = open_page(expected=("400",))
    page.goto(tus.url)
    tus.refusal = (400, "Upload-Metadata must name a project.")
    choose(page)
    row = page.locator(".up")
    expect(row).to_have_attribute("data-state", "failed")
    expect(row).to_contain_text(re.compile("must name a project"))
    tus.refusal = None
    page.get_by_role("button", name="Try again").click()
    expect(row).to_have_attribute("data-state", "done")


def test_an_empty_file_is_sent_too(page, tus):
    page.goto(tus.url)
    choose(page, "empty.mp4", b"")
    expect(page.locator(".up")).to_have_attribute("data-state", "done")
    assert tus.uploads[0]["size"] == 0


def test_what_is_no_video_by_its_name_is_sent_only_when_one_says_so(page, tus):
    page.goto(tus.url)
    page.locator("#upload-files").set_input_files(
        [
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no footage"},
            {"name": "gate.DAV", "mimeType": "", "buffer": DATA[:1000]},
        ]
    )
    notes, gate = page.locator(".up").nth(0), page.locator(".up").nth(1)
    expect(gate).to_have_attribute("data-state", "done")
    expect(notes).to_contain_text("Not sent: by its name this is no video.")
    expect(page.get_by_text("1 of 2 received, 1 not sent.")).to_be_visible()
    assert [upload["metadata"]["filename"] for upload in tus.uploads] == ["gate.DAV"]
    notes.get_by_role("button", name="Send it all the same").click()
    expect(notes).to_have_attribute("data-state", "done")


def test_a_folder_gives_the_footage_in_it_however_deep(page, tus, tmp_path):
    for place in ("gates/north", "gates/.cache"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "gates" / "one.mkv").write_bytes(DATA[:1000])
    (tmp_path / "gates" / "north" / "two.dav").write_bytes(DATA[:2000])
    (tmp_path / "gates" / "north" / "notes.txt").write_bytes(b"no footage")
    (tmp_path / "gates" / "north" / ".three.mp4").write_bytes(DATA[:10])
    page.goto(tus.url)
    page.locator("#upload-folder").set_input_files(tmp_path / "gates")
    rows = page.locator(".up")
    expect(rows).to_have_count(2)
    for number in (0, 1):
        expect(rows.nth(number)).to_have_attribute("data-state", "done")
    expect(page.locator("#upload-say")).to_contain_text("2 of 4 files in the folder are footage.")
    sent = {upload["metadata"]["filename"]: len(upload["data"]) for upload in tus.uploads}
    assert sent == {"one.mkv": 1000, "two.dav": 2000}
