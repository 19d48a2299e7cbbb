"""The visitor at the HTTP API, against a small server of the test's own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.demo.doors import Visitor, wait_for
from core.demo.errors import DemoStopped


class Echo(BaseHTTPRequestHandler):
    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        seen = {
            "method": self.command,
            "path": self.path,
            "authorization": self.headers.get("Authorization"),
            "body": json.loads(self.rfile.read(length) or b"null"),
        }
        body = json.dumps(seen).encode() if "empty" not in self.path else b""
        self.send_response(404 if "missing" in self.path else 204 if "empty" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 (http.server's names)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def visitor():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    someone = Visitor(f"http://127.0.0.1:{server.server_port}", name="Nora", token="custos_x")
    yield someone
    someone.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_call_carries_the_token_and_the_json(visitor):
    assert (
        visitor.get("t/north/clips", state="ready")["path"] == "/api/v1/t/north/clips?state=ready"
    )
    for call in (visitor.post, visitor.put, visitor.patch):
        seen = call("t/north/projects", {"name": "Yard"})
        assert seen["authorization"] == "Bearer custos_x"
        assert seen["body"] == {"name": "Yard"}


def test_an_empty_answer_is_none(visitor):
    assert visitor.post("empty") is None


def test_a_refusal_stops_the_demo_with_who_what_and_why(visitor):
    with pytest.raises(DemoStopped, match=r"Nora: GET /api/v1/missing answered 404"):
        visitor.get("missing")


def test_a_probe_gets_the_bare_status_and_a_download_the_bytes(visitor):
    assert visitor.raw("GET", "missing").status_code == 404
    assert json.loads(visitor.download("file"))["path"] == "/api/v1/file"


def test_waiting_gives_what_was_found_or_stops():
    answers = iter([None, "", "here"])
    assert wait_for("it", lambda: next(answers), every=0) == "here"
    with pytest.raises(DemoStopped, match="the clip"):
        wait_for("the clip", lambda: False, seconds=0, every=0)
