"""Django behind ASGI: one hop into a thread a request, and a fixed number of threads.

Django's own handler starts a thread for each request and goes to it and back for every signal,
middleware and view: with all of them synchronous that costs more than many a view, and any number
of requests may want the database at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

T = TypeVar("T")
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class ThreadedHandler(ASGIHandler):
    """Answers each request in a thread of a pool; streams are sent by the event loop."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(settings.WEB_THREADS, thread_name_prefix="web")

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()

    async def _in_thread(self, call: Callable[..., T], *given: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, copy_context().run, call, *given)

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Read the body, answer in a thread, send."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            response = await self._in_thread(self.answer, scope, body)
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            body.close()

    def answer(self, scope: dict[str, Any], body: Any) -> HttpResponseBase:
        """Run the request from its first signal to its last, in this thread.

        A response that is no stream is closed before it is sent: its content stays. A stream is
        closed when it has ended; the connection of this thread goes back at once.
        """
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        made, error = self.create_request(scope, body)
        request: ASGIRequest | None = made
        response: HttpResponseBase
        if request is None:
            assert error is not None
            response = error
        else:
            response = self.get_response(request)
        if response.streaming:
            close_old_connections()
        else:
            assert isinstance(response, HttpResponse)
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send the parts of a stream until it ends, or until nobody listens any more."""
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        sent = asyncio.create_task(self.send_response(response, send))
        try:
            await asyncio.wait([gone, sent], return_when=asyncio.FIRST_COMPLETED)
            if sent.done():
                sent.result()
        finally:
            for task in (gone, sent):
                task.cancel()
            await asyncio.gather(gone, sent, return_exceptions=True)
            await sync_to_async(response.close)()
