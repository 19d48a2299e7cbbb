"""A server of one task, for driving the workbench page alone: real page, real frames, labels in
memory. It can lose the lease, refuse, or go away."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from core.web.middleware import POLICY
from tests.browser.bar_clips import BarClip

STATIC = Path(__file__).resolve().parents[2] / "core" / "web" / "static"
TYPES = {
    ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2",
}  # fmt: skip

FENCE = "7d1c2c2e-0000-4000-8000-000000000001"
ZONES = [
    {"id": FENCE, "name": "North fence", "kind": "perimeter",
     "polygon": [[40, 120], [600, 120], [600, 200], [40, 200]]},
    {"id": "7d1c2c2e-0000-4000-8000-000000000002", "name": "Gate", "kind": "entrance",
     "polygon": [[300, 220], [420, 220], [420, 340], [300, 340]]},
]  # fmt: skip

ONTOLOGY = {
    "labels": [
        {
            "key": "person", "name": "Person", "kinds": ["box", "polygon"], "color": "k1",
            "attributes": [
                {"key": "posture", "name": "Posture", "type": "select", "mutable": True,
                 "values": ["standing", "walking", "sitting"], "default": "standing"},
                {"key": "carrying", "name": "Carrying", "type": "select", "mutable": False,
                 "values": ["nothing", "bag", "box"], "default": "nothing"},
                {"key": "uniform", "name": "Uniform", "type": "checkbox", "mutable": False},
            ],
        },
        {"key": "car", "name": "Car", "kinds": ["box"], "color": "k2", "attributes": []},
        {"key": "truck", "name": "Truck", "kinds": ["box"], "color": "k3", "attributes": []},
    ],
    "events": [
        {"key": "loitering", "name": "Loitering", "participants": ["person"],
         "zones": ["perimeter"],
         "attributes": [{"key": "alone", "name": "Alone", "type": "checkbox"}]},
        {"key": "parking", "name": "Parking", "participants": ["car", "truck"], "attributes": []},
    ],
}  # fmt: skip


class TaskServer:
    """`tracks` is what the server has; `log` what it was asked, as (method, path, body)."""

    def __init__(self, clip: BarClip, page: str) -> None:
        self.clip = clip
        self.page = page
        self.tracks: dict[str, dict[str, Any]] = {}
        self.events: dict[str, dict[str, Any]] = {}
        self.revisions: dict[str, int] = {}
        self.log: list[tuple[str, str, Any]] = []
        self.lost = False
        self.down = False
        self.refusal: str | None = None
        self.submitted = False
        self.next_page: str | None = None  # of the work that waits, for who asks for the next
        self.gate = threading.Event()  # set: frames are answered at once
        self.gate.set()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.answer(self)

            do_POST = do_PATCH = do_GET  # noqa: N815 (the base's names)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
                """Quiet: `owner.log` has it."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 64  # a page asks for a dozen files at once

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = json.loads(request.rfile.read(length)) if length else None
        self.log.append((request.command, request.path, body))
        status, kind, data = self._route(request.command, request.path, body)
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.send_header("Content-Security-Policy", POLICY)
        request.send_header("Cache-Control", "no-store")
        request.end_headers()
        request.wfile.write(data)

    def _route(self, method: str, path: str, body: Any) -> tuple[int, str, bytes]:
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            return 200, TYPES[file.suffix], file.read_bytes()
        other = '<!doctype html><link rel="icon" href="/static/favicon.svg"><title>{}</title>'
        pages = {
            "/": self.page,
            "/home": other.format("Home"),
            "/next": other.format("The next task"),
        }
        if path.partition("?")[0] in pages:
            return 200, "text/html; charset=utf-8", pages[path.partition("?")[0]].encode()
        if self.down:
            return (
                503,
                "application/json",
                b'{"code": "unavailable", "detail": "Down for a moment."}',
            )
        if path == "/lease":
            return _json({"workbench": self.next_page}) if self.next_page else (204, "", b"")
        if path == "/index.json":
            return _json(self.clip.index)
        footage = self._footage(path)
        return footage or self._labels(method, path, body)

    def _footage(self, path: str) -> tuple[int, str, bytes] | None:
        if path == "/init":
            return 200, "video/mp4", self.clip.data[: self.clip.index["gops"][0][2]]
        if found := re.fullmatch(r"/gops/(\d+)", path):
            assert self.gate.wait(60)
            return 200, "application/octet-stream", self.clip.gop(int(found[1]))
        return None

    def _labels(self, method: str, path: str, body: Any) -> tuple[int, str, bytes]:
        if path == "/tracks" and method == "GET":
            rows = [
                {**track, "revision": self.revisions[key]} for key, track in self.tracks.items()
            ]
            happened = [
                {**event, "revision": self.revisions[key]} for key, event in self.events.items()
            ]
            return _json({"tracks": rows, "events": happened})
        if self.lost or body["token"] != 7:
            return _problem(409, "lease_lost", "This task went to someone else at 14:47.")
        if path == "/heartbeat":
            return _json({"expires_at": "2099-01-01T14:47:00Z"})
        if self.refusal:
            return _problem(400, "invalid", self.refusal)
        if path == "/tracks":
            return self._save(body)
        assert path == "/submit"
        return self._hand_in(body)

    def _hand_in(self, body: Any) -> tuple[int, str, bytes]:
        """Take what comes along first, as a save; hand in nothing where that is refused."""
        if "tracks" in body and (answer := self._save(body))[0] != 200:
            return answer
        self.submitted = True
        return _json({"label_set": "x"})

    def _save(self, body: Any) -> tuple[int, str, bytes]:
        for key, base in body.get("revisions", {}).items():
            if base != self.revisions.get(key, 0):
                return _problem(409, "conflict", "A track was changed elsewhere since.")
        self.tracks |= {track["id"]: track for track in body["tracks"]}
        self.events |= {event["id"]: event for event in body["events"]}
        for key in body["deleted"]:
            (self.events if key in self.events else self.tracks).pop(key)
        if any(set(event["participants"]) - set(self.tracks) for event in self.events.values()):
            return _problem(409, "conflict", "A track that is gone takes part in an event.")
        sent = [*body["tracks"], *body["events"]]
        for key in [*body["deleted"], *(item["id"] for item in sent)]:
            self.revisions[key] = self.revisions.get(key, 0) + 1
        return _json({"revisions": self.revisions})


def _json(body: Any, status: int = 200) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()


def _problem(status: int, code: str, detail: str) -> tuple[int, str, bytes]:
    return _json({"code": code, "detail": detail, "request_id": "c0ffee"}, status)


def task_page(first: int, last: int) -> dict[str, Any]:
    return {
        "task": {
            "id": "5b4c",
            "start_frame": first,
            "end_frame": last,
            "type": "boxes",
            "label": "",
        },
        "lease": {"token": 7, "expires_at": "2099-01-01T14:32:00Z"},
        "ontology": ONTOLOGY,
        "zones": ZONES,
        "urls": {
            "index": "/index.json", "init": "/init", "gop": "/gops/{n}",
            "tracks": "/tracks", "submit": "/submit",
            "heartbeat": "/heartbeat", "release": "/release", "home": "/home",
        },
        "next": {"lease": "/lease", "work": "annotate", "why": "/home?why=annotate"},
        "csrf": "x",
    }  # fmt: skip
