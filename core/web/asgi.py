"""The ASGI entry: raw apps by path, Django for everything else."""

import os
import re

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.web.settings")

from django.core.asgi import get_asgi_application

_django = get_asgi_application()

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope  # noqa: E402
from django.conf import settings  # noqa: E402 - the registry must be ready
from django.utils.module_loading import import_string  # noqa: E402

_mounts = [(re.compile(path), import_string(app)) for path, app in settings.ASGI_MOUNTS]


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Serve one connection."""
    if scope["type"] == "http":
        for path, app in _mounts:
            if path.match(scope["path"]):
                await app(scope, receive, send)
                return
    await _django(scope, receive, send)  # type: ignore[arg-type]
