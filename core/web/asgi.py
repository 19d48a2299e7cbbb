"""The ASGI entry: raw apps by path, Django for everything else."""

import asyncio
import os
import re

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.web.settings")

import django

django.setup(set_prefix=False)

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope  # noqa: E402
from django.conf import settings  # noqa: E402 - the registry must be ready
from django.db import close_old_connections  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from core.web.handler import ThreadedHandler  # noqa: E402
from core.web.warmth import warm_up  # noqa: E402

_django = ThreadedHandler()

_mounts = [(re.compile(path), import_string(app)) for path, app in settings.ASGI_MOUNTS]


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Serve one connection, or get ready for the first."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["type"] == "http":
        for path, app in _mounts:
            if path.match(scope["path"]):
                await app(scope, receive, send)
                return
    await _django(scope, receive, send)  # type: ignore[arg-type]


async def _live(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Take no request before all that the first would wait for is done."""
    await receive()
    await asyncio.to_thread(_get_ready)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _get_ready() -> None:
    try:
        warm_up(_django.answer)
    finally:
        close_old_connections()
