"""Requests of A's people that name something of B, and what their answers may be compared by."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import quote
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext

from core.clock import now
from tests import mounted
from tests.api.tenancy.stage import Stage
from tests.architecture.test_mounts import rows as mounted_rows
from tests.architecture.test_permissions import rows_of_the_table

#: B's names and, of the same length, names that nobody has; and A's.
STRANGE = {"harbour": "nowhere", "northlight": "nowhereson"}
OWN = {"harbour": "museum", "northlight": "southquay"}
ACTS = [
    "accept", "dispute", "draft", "pause", "resume", "rush", "sign", "hire", "reinstate", "send",
    "webhook", "witness", "stop", "neither", "credit", "pay", "build", "again",
    "revision", "correct", "retire",
]  # fmt: skip
#: Below a task that somebody holds no lease on the answer is about the lease, or about their own
#: drafts, whether there is such a task or not.
BY_LEASE = (
    "/drafts", "/heartbeat", "/release", "/submit", "/tracks", "/review", "/consensus", "/dispute",
    "/tasks/<uuid:task>", "/review/<uuid:task>", "/adjudicate/<uuid:task>",
)  # fmt: skip
#: An address of B's people and, of the same length, one that nobody has.
ADDRESSES = {"harbour": "clara@example.org", "northlight": "anna@example.org"}
STRANGERS = {"harbour": "nemos@example.org", "northlight": "nemo@example.org"}
#: A link to an invitation, its secret guessed.
LINKS = ("invitation/<str:link>", "api/v1/invitations/accept")

# What a write that was accepted says of what it made cannot be the same twice: the new ids, the
# moment, and the next number of a series of A's own. Nothing else is taken out, and of a read
# nothing at all.
_ANY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_NUMBER = re.compile(r'"number":\d+')
_LEFT_OF_THE_MINUTE = re.compile(r";t=\d+")
#: Series of A's own, counted one up by each write: versions of an ontology, of a contract.
NUMBERED = ("/ontologies", "/contracts", "/tracks", "/submit", "/drafts", "/redaction-policy")
#: An invitation's secret, shown once to who made it.
_SECRET = re.compile(r"(\.new\.)[\w-]{43}")
#: The review of access says when each of A's people last did anything: with this request as well.
_LAST = re.compile(r'<td data-label="Last entry"><time .*?</td>|"last_entry": ?"[^"]*"')
REQUEST = re.compile(r'("request_id": ?)"\w{12}"')
FORM_TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=|data-csrf=|"csrf": )"\w+"')


@dataclass(frozen=True)
class Ask:
    """One request. `where`: what of B it names: an id in the 'path' or 'body', or its 'slug'."""

    route: str
    method: str
    stands_for: str
    who: str
    where: str
    theirs: UUID
    act: str = "accept"
    without: frozenset[str] = frozenset()
    by: str = "session"

    def __str__(self) -> str:
        said = f"{self.who} by {self.by}: {self.method} {self.route}"
        return f"{said} ({self.where} of B, {self.act})"


@dataclass(frozen=True)
class Answer:
    """What somebody outside could tell answers apart by."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...]
    queries: int


def routes():
    """Every route and method that lies below an organization or can name something of one."""
    table = list(rows_of_the_table())
    found = [row for row in table if "<slug:tenant>" in row[0]]
    found += [row for row in table if "me/tokens/<" in row[0] or row[0] in LINKS]
    return found + [(route, method, "harbour", who) for route, method, who in mounted_rows()]


def places(route: str) -> list[str]:
    """Where a request to this route can name something of B."""
    if route in LINKS:
        return ["slug", "path"]
    named = ["slug"] if "<slug:tenant>" in route else []
    return named + (["path"] if "<uuid:" in route else []) + ["body"]


def ways(route: str) -> list[str]:
    """How somebody may prove who they are there: pages take no tokens."""
    return ["session", "token"] if route.startswith("api/") else ["session"]


def body_of(ask: Ask, named: str, slug: str, address: str) -> dict:
    """Every field that any of our bodies, forms and queries has, with the id where one belongs."""
    fields = {
        **dict.fromkeys(
            ["site", "project", "clip", "task", "person", "user", "replaces", "actor", "since",
             "trust", "contract", "camera", "webhook", "before", "after", "card", "delivery",
             "labels", "out"], named,
        ),
        "entries": [named], "people": [named], "deleted": [named],
        "lines": [{"line": named, "quantity": 1}], "pins": [{"clip": named, "frame": 0,
        "text": "here", "track": named}], "clip-0": named, "frame-0": "0", "text-0": "here",
        "name": f"n{uuid4().hex}", "time_zone": "UTC", "tracks": [], "start_frame": 0,
        "end_frame": 9, "reason": "unreadable", "token": 1, "held": True, "client": slug,
        "weight": 2.0, "work": "annotate", "act": ask.act, "what": ask.act, "decision": ask.act,
        "choice": "neither", "skills": ["boxes"], "outcome": "accept", "state": "open",
        "organization": slug, "vendor": slug, "email": address, "role": "client_viewer",
        "link": f"{slug}.{named}.{'x' * 43}", "password": "correct horse battery staple",
    }  # fmt: skip
    return {key: value for key, value in fields.items() if key not in ask.without}


def _path(ask: Ask, stage: Stage, named: str, slug: str) -> str:
    def value(match):
        kind, name = match[1], match[2]
        if kind == "uuid" and ask.where == "body":
            return str(stage.own.get(name, named))
        link = f"{slug}.{named}.{'x' * 43}"
        fixed = {"slug": slug, "int": "0", "uuid": named, "str": link}
        fixed["path"] = "000.p/1" if "entries" in ask.route else "0/000.p/1"
        return fixed[kind]

    return "/" + re.sub(r"<(\w+):(\w+)>", value, ask.route)


def _of_the_upload(ask: Ask, stage: Stage, named: str) -> dict[str, str]:
    """What a tus client says in headers."""
    camera = named if ask.where == "body" else ""
    said = {"filename": "gate.mp4", "project": stage.project, "sha256": "0" * 64, "camera": camera}
    coded = {k: base64.b64encode(v.encode()).decode() for k, v in said.items() if v}
    return {
        "Upload-Length": "9", "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Metadata": ",".join(f"{k} {v}" for k, v in coded.items()),
    }  # fmt: skip


def _asked(client, ask: Ask, stage: Stage, path: str, fields: dict):
    """Give (status, headers, text, queries)."""
    if ask.route.partition("/uploads")[1]:
        with mounted.counted() as count:
            headers = _of_the_upload(ask, stage, fields.get("clip", ""))
            answer = mounted.request(client, ask.method, path, headers=headers)
        return answer.status_code, dict(answer.headers), answer.text, count.queries
    asked = {"data": fields, "format": "json"}
    if ask.method == "GET" or not path.startswith("/api/"):
        asked = {"data": {k: v for k, v in fields.items() if isinstance(v, str)}}
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, ask.method.lower())(path, **asked)
        text = b"".join(response).decode(errors="replace")
        response.close()
    return response.status_code, dict(response.headers), text, len(queries)


def send(client, ask: Ask, stage: Stage, *, stranger: bool) -> tuple[Answer, str]:
    """Send the request, with B's id or slug, or with one that nobody has. Gives also the text."""
    cache.clear()
    reset_queries()
    named = str(uuid4() if stranger and ask.where != "slug" else ask.theirs)
    foreign = STRANGE[ask.stands_for] if stranger else ask.stands_for
    slug = foreign if ask.where == "slug" else OWN[ask.stands_for]
    address = (STRANGERS if stranger else ADDRESSES)[ask.stands_for]
    # Where a body names B, its slugs do too; the link is of the slug that the request is about.
    fields = body_of(ask, named, foreign, address)
    if ask.route in LINKS:
        fields["link"] = f"{slug}.{named}.{'x' * 43}"
    # What A's people typed themselves they may read again, in lists of their own.
    typed = {named, foreign, address, *ADDRESSES.values(), fields.get("name", named)}
    stage.sent.update(typed, map(quote, typed))
    start = now()
    status, headers, text, queries = _asked(
        client, ask, stage, _path(ask, stage, named, slug), fields
    )
    fresh = [headers.get("X-Request-Id", "-"), fields.get("name", "-")]
    plain = partial(_plain, ask, stage, status, start, [named, foreign, address, *fresh])
    answer = _comparable(status, headers, plain(text), plain, queries)
    said = text + str(headers)
    for given in (named, foreign, *ADDRESSES.values()):
        said = said.replace(given, "").replace(quote(given), "")
    return answer, said


def _plain(ask: Ask, stage: Stage, status: int, start, given: list[str], text: str) -> str:
    """Take out what the caller sent, what is new in every answer, and what a write has made."""
    for part in [*given, *map(quote, given), *stage.sent]:
        text = text.replace(part, "...")
    text = REQUEST.sub(r'\1"..."', FORM_TOKEN.sub(r"\1", text))
    if ask.route.endswith("/access-review"):
        text = _LAST.sub("", text)
    if status >= 400 or ask.method in {"GET", "HEAD", "OPTIONS"}:
        return text
    if ask.route.endswith(NUMBERED):
        text = _NUMBER.sub('"number":1', text)
    text = _MOMENT.sub(lambda found: _lately(found[0], start), text)
    text = _ANY_ID.sub(lambda found: found[0] if found[0] in stage.known else "new", text)
    return _SECRET.sub(r"\1...", text)


def _lately(moment: str, start) -> str:
    return "then" if datetime.fromisoformat(moment) >= start else moment


def _comparable(status: int, headers: dict, text: str, plain, queries: int) -> Answer:
    # The length is the text's, compared where nothing was taken out of it.
    skipped = {"x-request-id", "date"} | ({"content-length", "etag"} if status < 400 else set())
    kept = {k.lower(): str(v) for k, v in headers.items() if k.lower() not in skipped}
    if "ratelimit" in kept:
        kept["ratelimit"] = _LEFT_OF_THE_MINUTE.sub("", kept["ratelimit"])
    shown = tuple(sorted((k, plain(v)) for k, v in kept.items()))
    return Answer(status, text, shown, queries)
