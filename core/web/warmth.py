"""What the first request would otherwise wait for: done before a web process takes any.

The routes of all rooms and what they import, the querysets that run with every request, a
connection to the database and one to Valkey, and one request through the middleware. A process
starts without them as well: what is away is said in the log, and met again by whoever asks first.
"""

import ctypes
import gc
import io
import logging
from collections.abc import Callable

from django.db import DatabaseError, transaction
from django.http.response import HttpResponseBase
from django.urls import get_resolver

from core.outbox.waking import make_message
from core.tenancy.prepared import compile_all
from core.web.shared_cache import shared

log = logging.getLogger(__name__)

#: Objects made and not gone: some twenty requests' worth.
COLLECT_EVERY = 20_000


def warm_up(answer: Callable[[dict[str, object], io.BytesIO], HttpResponseBase]) -> None:
    """Get ready. answer: what answers one request, given its ASGI scope and body."""
    get_resolver().reverse_dict  # noqa: B018 - it loads every room's routes
    make_message()
    shared().get("warm")
    try:
        with transaction.atomic():
            compile_all()
    except DatabaseError as error:
        log.warning("not warm, as the database is away: %s", type(error).__name__)
    answer(_request("/healthz"), io.BytesIO())
    # What is there now stays: the collector need not look through all of it again and again.
    gc.collect()
    gc.freeze()
    # Nor through what a request makes while it runs: next to all of it goes by itself.
    gc.set_threshold(COLLECT_EVERY)
    _give_back()


def _give_back() -> None:
    """Give the system back what loading took and freed; only glibc can be told to."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _request(path: str) -> dict[str, object]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept", b"application/json")],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }
