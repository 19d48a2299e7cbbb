"""Which parts make up the portal, and the environment that they share."""

import os
import sys
from collections.abc import Mapping

from core.embedded.layout import REPOSITORY, DataLayout
from core.embedded.postgres import EmbeddedPostgres
from core.embedded.valkey import EmbeddedValkey
from core.supervisor.parts import CommandPart, ServicePart

#: Seconds that uvicorn lets open answers finish before it ends.
_WEB_GRACE = "5"
# Celery says so at every start; the operator chose the user.
_KNOWN_WARNING = "ignore:You're running the worker with superuser:UserWarning"


def base_environment(layout: DataLayout, *, embedded: bool, url: str) -> dict[str, str]:
    """What every part reads its settings from: ours, with the place of the data made explicit."""
    return {
        **os.environ,
        "CUSTOS_DATA": str(layout.root),
        "CUSTOS_EMBEDDED": "1" if embedded else "0",
        "CUSTOS_BASE_URL": os.environ.get("CUSTOS_BASE_URL", url),
        "DJANGO_SETTINGS_MODULE": "core.web.settings",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
    }


def embedded_services(layout: DataLayout) -> list[ServicePart]:
    """The database and the broker, in the order in which they are needed."""
    return [
        ServicePart("postgres", EmbeddedPostgres(layout.postgres)),
        ServicePart("valkey", EmbeddedValkey(layout.valkey, layout.valkey_socket)),
    ]


def preparations(environment: Mapping[str, str]) -> list[CommandPart]:
    """Run to their end before anything else of ours starts."""
    return [_django("migrate", environment, "--database", "owner", "--noinput", "--verbosity=0")]


def commands(
    environment: Mapping[str, str], *, host: str, port: int, workers: int
) -> list[CommandPart]:
    """The portal's own processes."""
    web = _python(
        "web",
        # Two heaps for all threads: by default each has its own, and keeps what it once held.
        {**environment, "CUSTOS_DATABASE_POOL": "1", "MALLOC_ARENA_MAX": "2"},
        "uvicorn",
        "core.web.asgi:application",
        f"--host={host}",
        f"--port={port}",
        "--lifespan=on",
        "--no-access-log",
        "--no-server-header",
        "--log-level=warning",
        f"--timeout-graceful-shutdown={_WEB_GRACE}",
    )
    worker = _python(
        "worker",
        {**environment, "PYTHONWARNINGS": _KNOWN_WARNING},
        "celery",
        "--app=core.web.celery",
        "--quiet",
        "worker",
        f"--concurrency={workers}",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
    )
    return [web, worker, _django("sequencer", environment), _django("sweeper", environment)]


def _django(command: str, environment: Mapping[str, str], *options: str) -> CommandPart:
    return _python(command, environment, "django", command, *options)


def _python(name: str, environment: Mapping[str, str], module: str, *rest: str) -> CommandPart:
    """-P: a folder named `core` beside the caller must not stand in for ours."""
    return CommandPart(name, [sys.executable, "-P", "-m", module, *rest], environment)
