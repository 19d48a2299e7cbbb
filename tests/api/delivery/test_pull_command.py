"""`custos pull` against the real server, over a line that is cut."""

import hashlib
import json

import httpx
import pytest

from core.errors import Conflict, IntegrityFailed, NotFound, Unavailable
from workforce.delivery.pulling import fetch

PACKAGE = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(PACKAGE).hexdigest()


class Line:
    """A transport that serves a package and cuts each answer off after some bytes."""

    def __init__(self, *, after=300_000, package=PACKAGE, told=SHA256, down=0):
        self.after, self.package, self.told, self.down = after, package, told, down
        self.ranges = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/package"):
            told = {"size": len(PACKAGE), "sha256": self.told, "state": "ready"}
            return httpx.Response(200, json=told)
        if self.down:
            self.down -= 1
            raise httpx.ConnectError("away")
        header = request.headers.get("Range", "")
        self.ranges.append(header)
        same = request.headers.get("If-Range", f'"{SHA256}"') == f'"{SHA256}"'
        first = int(header.removeprefix("bytes=").rstrip("-")) if header and same else 0
        return httpx.Response(206 if first else 200, content=self._cut(first))

    def _cut(self, first):
        yield self.package[first : first + self.after]
        if first + self.after < len(self.package):
            raise httpx.ReadError("cut")


def get(line, out):
    with httpx.Client(transport=httpx.MockTransport(line), base_url="http://portal") as http:
        return fetch(http, "/api/v1/t/harbour/releases/1", out)


def test_a_line_that_is_cut_again_and_again_costs_time_and_no_byte(tmp_path):
    line, out = Line(), tmp_path / "release.zip"
    assert get(line, out) == len(PACKAGE)
    assert out.read_bytes() == PACKAGE
    assert line.ranges == ["", "bytes=300000-", "bytes=600000-", "bytes=900000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["release.zip"]


def test_another_run_goes_on_where_the_first_stopped(tmp_path):
    out = tmp_path / "release.zip"
    part = tmp_path / f"release.zip.{SHA256[:16]}.part"
    part.write_bytes(PACKAGE[:700_000])
    line = Line()
    get(line, out)
    assert line.ranges[0] == "bytes=700000-"
    assert out.read_bytes() == PACKAGE


def test_what_is_not_what_was_promised_gets_no_name(tmp_path):
    out = tmp_path / "release.zip"
    with pytest.raises(IntegrityFailed):
        get(Line(package=bytes(len(PACKAGE)), after=10**9), out)
    assert list(tmp_path.iterdir()) == []


def test_a_portal_that_comes_back_is_waited_for_and_one_that_stays_away_is_not(tmp_path):
    assert get(Line(down=4, after=10**9), tmp_path / "a.zip") == len(PACKAGE)
    with pytest.raises(Unavailable):
        get(Line(down=99), tmp_path / "b.zip")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(404, {}, NotFound), (401, {}, NotFound), (500, {}, Unavailable),
     (200, {"state": "building", "size": None}, Conflict)],
)  # fmt: skip
def test_what_cannot_be_fetched_says_why(tmp_path, status, body, error):
    def answer(_):
        return httpx.Response(status, content=json.dumps(body))

    with pytest.raises(error):
        get(answer, tmp_path / "x.zip")
