"""Fixtures that all tests share: the cluster, the network fence, the cast, jobs run in place."""

import asyncio
import gc
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

pytest_plugins = ["tests.cast", "tests.furnished"]

SHARED = Path(__file__).resolve().parents[2] / "shared"
STRICT = os.environ.get("CUSTOS_STRICT") == "1"

from tests.plugins.cluster import (  # noqa: E402
    DATABASE,
    TEMPLATE,
    broker,
    cluster,
    data_layout,
    django_db_setup,
)

__all__ = ["broker", "cluster", "data_layout", "django_db_setup"]


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: no later collection of garbage walks it."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Function) -> Generator[None, object, object]:
    """Playwright's event loop stays marked as running in this thread from the first browser test
    on; a test without a browser must be able to run a loop of its own.
    """
    if "browser" in item.fixturenames:
        return (yield)
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture(autouse=True)
def loopback_only(socket_disabled_except_loopback: None) -> None:
    """No test reaches beyond this machine."""


@pytest.fixture(autouse=True)
def own_cache() -> Iterator[None]:
    """No test meets the counters (sign-in rate limits, ...) that an earlier one left."""
    from django.core.cache import cache

    yield
    cache.clear()


@pytest.fixture(scope="session")
def socket_disabled_except_loopback() -> Iterator[None]:
    import pytest_socket

    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    pytest_socket._remove_restrictions()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords are hashed by the portal's own method in a thousandth of the rounds.

    How many there are is Django's matter and is half a second each; a portal that a test starts as
    a process of its own keeps them.
    """
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["tests.quick_hasher.QuickHasher"]


@pytest.fixture
def shared_data() -> Path:
    """The reference footage and results beside the project; see its SOURCES.md for licences."""
    if not (SHARED / "data").is_dir():
        message = "needs the shared footage and reference results, which a fresh checkout lacks"
        if STRICT:
            pytest.fail(message)
        pytest.skip(message)
    return SHARED / "data"


@pytest.fixture
def committed_db(cluster, django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database of the test's own, cloned from the migrated template: its commits are real."""
    from django.db import connections

    name = f"custos_{uuid4().hex[:12]}"
    with django_db_blocker.unblock():
        connections.close_all()
        cluster.clone_database(TEMPLATE, name)
        for alias in ("default", "owner"):
            connections.settings[alias]["NAME"] = name
        try:
            yield name
        finally:
            connections.close_all()
            for alias in ("default", "owner"):
                connections.settings[alias]["NAME"] = DATABASE
            cluster.drop_database(name)


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Run all open, due jobs here and now, those that they enqueue included; give how many ran.

    A job that fails raises here, so that no test passes over it.
    """
    from core.clock import now
    from core.outbox.jobs import run
    from core.outbox.models import Job

    def drain() -> int:
        done = 0
        due = Job.objects.filter(state="open").order_by("priority", "created_at")
        while job := due.filter(run_after__lte=now()).first():
            if not run(job.id, beat=False):
                job.refresh_from_db()
                raise AssertionError(f"{job.kind} failed: {job.error}")
            done += 1
        return done

    return drain
