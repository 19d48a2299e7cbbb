"""Requests of A's people that name something of B, and what their answers may be compared by."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.tenancy.stage import Stage
from tests.architecture.test_permissions import rows_of_the_table

#: B's names and, of the same length, names that nobody has; and A's.
STRANGE = {"harbour": "nowhere", "northlight": "nowhereson"}
OWN = {"harbour": "museum", "northlight": "southquay"}
ACTS = [
    "accept", "dispute", "draft", "pause", "resume", "rush", "sign", "hire", "reinstate", "send",
    "webhook", "witness", "stop", "neither", "credit", "pay", "build",
]  # fmt: skip
#: Below a task that somebody holds no lease on the answer is about the lease, or about their own
#: drafts, whether there is such a task or not.
BY_LEASE = (
    "/drafts", "/heartbeat", "/release", "/submit", "/tracks", "/review", "/consensus", "/dispute",
    "/tasks/<uuid:task>", "/review/<uuid:task>", "/adjudicate/<uuid:task>",
)  # fmt: skip
_ANY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?")
#: How many there are of one's own: a write that was accepted makes one more.
_NUMBER = re.compile(r'"number":\d+')
_FORM_TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=|data-csrf=|"csrf": )"\w+"')


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

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.route} ({self.where} of B, {self.act})"


@dataclass(frozen=True)
class Answer:
    """What somebody outside could tell answers apart by."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...]
    queries: int


def routes():
    """Every route and method of the permission table that lies below an organization."""
    found = [row for row in rows_of_the_table() if "<slug:tenant>" in row[0]]
    found += [row for row in rows_of_the_table() if "me/tokens/<" in row[0]]
    return found


def places(route: str) -> list[str]:
    """Where a request to this route can name something of B."""
    named = ["slug"] if "<slug:tenant>" in route else []
    return named + (["path"] if "<uuid:" in route else []) + ["body"]


def body_of(ask: Ask, named: str, slug: str) -> dict:
    """Every field that any of our bodies, forms and queries has, with the id where one belongs."""
    fields = {
        **dict.fromkeys(
            ["site", "project", "clip", "task", "person", "user", "replaces", "actor", "since",
             "trust", "contract", "camera", "webhook", "before", "after", "card"], named,
        ),
        "entries": [named], "people": [named], "deleted": [named],
        "lines": [{"line": named, "quantity": 1}], "pins": [{"clip": named, "frame": 0,
        "text": "here", "track": named}], "clip-0": named, "frame-0": "0", "text-0": "here",
        "name": f"n{uuid4().hex}", "time_zone": "UTC", "tracks": [], "start_frame": 0,
        "end_frame": 9, "reason": "unreadable", "token": 1, "held": True, "client": slug,
        "weight": 2.0, "work": "annotate", "act": ask.act, "what": ask.act, "decision": ask.act,
        "choice": "neither", "skills": ["boxes"], "outcome": "accept", "state": "open",
        "organization": slug, "vendor": slug,
    }  # fmt: skip
    return {key: value for key, value in fields.items() if key not in ask.without}


def _path(ask: Ask, stage: Stage, named: str, slug: str) -> str:
    def value(match):
        kind, name = match[1], match[2]
        if kind == "uuid" and ask.where == "body":
            return str(stage.own.get(name, named))
        fixed = {"slug": slug, "int": "0", "uuid": named, "str": "wrong"}
        fixed["path"] = "000.p/1" if "entries" in ask.route else "0/000.p/1"
        return fixed[kind]

    return "/" + re.sub(r"<(\w+):(\w+)>", value, ask.route)


def send(client, ask: Ask, stage: Stage, *, stranger: bool) -> tuple[Answer, str]:
    """Send the request, with B's id or slug, or with one that nobody has. Gives also the text."""
    cache.clear()
    named = str(uuid4() if stranger and ask.where != "slug" else ask.theirs)
    foreign = STRANGE[ask.stands_for] if stranger else ask.stands_for
    slug = foreign if ask.where == "slug" else OWN[ask.stands_for]
    path = _path(ask, stage, named, slug)
    fields = body_of(ask, named, foreign)
    asked = {"data": fields, "format": "json"}
    if ask.method == "GET" or not path.startswith("/api/"):
        asked = {"data": {k: v for k, v in fields.items() if isinstance(v, str)}}
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, ask.method.lower())(path, **asked)
        text = b"".join(response).decode(errors="replace")
        response.close()
    fresh = [response.headers.get("X-Request-Id", "-"), fields.get("name", "-")]
    answer = _comparable(response, text, len(queries), [named, foreign, *fresh])
    said = text + str(response.headers)
    return answer, said.replace(named, "").replace(foreign, "")


def _comparable(response, text: str, queries: int, given: list[str]) -> Answer:
    """Take out what the caller sent and what is new in every answer; a refusal keeps its length."""
    done = response.status_code < 400
    skipped = {"X-Request-Id", "Date"} | ({"Content-Length", "ETag"} if done else set())
    headers = {k: v for k, v in response.headers.items() if k not in skipped}

    def plain(value: str) -> str:
        if done:
            value = _MOMENT.sub("then", _ANY_ID.sub("id", value))
            value = _NUMBER.sub('"number":1', value)
        for part in given:
            value = value.replace(part, "...")
        return _FORM_TOKEN.sub(r"\1", value)

    shown = tuple(sorted((k, plain(str(v))) for k, v in headers.items()))
    return Answer(response.status_code, plain(text), shown, queries)
