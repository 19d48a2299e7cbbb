"""One thread answers a request from its first signal to its last; streams end with their reader."""

import asyncio
import threading
from contextvars import ContextVar

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpResponse, StreamingHttpResponse

from core.web.handler import ThreadedHandler
from tests.loops import run_apart

SEEN: ContextVar[str] = ContextVar("seen", default="nothing")


class Asked:
    """A connection: what it sends, and whether it goes away after the first part."""

    def __init__(self, *, leaves=False):
        self.sent, self.leaves, self.asked = [], leaves, 0

    async def receive(self):
        self.asked += 1
        if self.asked == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        while not (self.leaves and len(self.sent) > 1):
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent)


def ask(handler, connection):
    scope = {
        "type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"",
    }  # fmt: skip
    run_apart(handler(scope, connection.receive, connection.send))


@pytest.fixture
def handler():
    made = ThreadedHandler()
    yield made
    made.close()


def test_signals_and_view_share_a_thread_and_leave_no_context(handler, monkeypatch):
    threads, seen = set(), []

    def note(**_):
        threads.add(threading.current_thread().name)

    def answer(request):
        note()
        seen.append(SEEN.get())
        SEEN.set("the one before")
        return HttpResponse("done")

    monkeypatch.setattr(handler, "get_response", answer)
    request_started.connect(note)
    request_finished.connect(note)
    try:
        for _ in range(3):
            threads.clear()
            connection = Asked()
            ask(handler, connection)
            assert connection.body == b"done"
            assert len(threads) == 1
    finally:
        request_started.disconnect(note)
        request_finished.disconnect(note)
    assert seen == ["nothing"] * 3


def test_a_stream_is_sent_whole_and_closed(handler, monkeypatch):
    closed = []

    async def parts():
        for part in (b"a", b"b", b"c"):
            yield part

    def answer(request):
        response = StreamingHttpResponse(parts())
        response._resource_closers.append(lambda: closed.append(True))
        return response

    monkeypatch.setattr(handler, "get_response", answer)
    connection = Asked()
    ask(handler, connection)
    assert (connection.body, closed) == (b"abc", [True])


def test_a_stream_ends_when_nobody_listens_any_more(handler, monkeypatch):
    ended = []

    async def endless():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0)
        finally:
            ended.append(True)

    monkeypatch.setattr(handler, "get_response", lambda request: StreamingHttpResponse(endless()))
    ask(handler, Asked(leaves=True))
    assert ended == [True]
