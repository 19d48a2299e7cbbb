"""Jobs for the tests of the worker's process, and the program that enqueues them.

`python -m tests.worker_jobs NAME...` writes a job of each name, in that order, in one transaction.
"""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.web.settings")
django.setup()

from django.db import transaction  # noqa: E402

from core.outbox import watching  # noqa: E402
from core.outbox.jobs import JobContext, JobTimedOut, enqueue, job  # noqa: E402
from core.outbox.models import Event  # noqa: E402
from core.web.celery import app  # noqa: E402

__all__ = ["app"]

# The shape of the thing is tested here, not its length.
watching.HEARTBEAT_EVERY = 0.1
watching.KILL_AFTER = 0.5
FAT = 200 << 20
_kept: list[bytes] = []


def tell(ctx: JobContext, topic: str) -> None:
    Event.objects.create(topic=topic, data={"pid": os.getpid(), "job": str(ctx.id)})


def effect(ctx: JobContext) -> None:
    """Not idempotent by itself: the claim alone keeps it from doubling."""
    with ctx.commit():
        tell(ctx, "effect")


@job("worker.waits")
def waits(ctx: JobContext) -> None:
    """Work until the test opens the gate."""
    tell(ctx, "began")
    while not Path(os.environ["CUSTOS_DATA"], "gate").exists():
        time.sleep(0.05)
    effect(ctx)


@job("worker.deaf", timeout=1)
def deaf(ctx: JobContext) -> None:
    """At the first attempt, hear nothing of the time that is over."""
    tell(ctx, "began")
    while ctx.attempt == 1:
        try:
            time.sleep(60)
        except JobTimedOut:
            tell(ctx, "heard and ignored")
    effect(ctx)


@job("worker.thin")
def thin(ctx: JobContext) -> None:
    effect(ctx)


@job("worker.fat")
def fat(ctx: JobContext) -> None:
    """Leave its process larger than it may be."""
    _kept.append(os.urandom(1 << 20) * (FAT >> 20))
    effect(ctx)


if __name__ == "__main__":
    with transaction.atomic():
        for name in sys.argv[1:]:
            enqueue(f"worker.{name}", tenant=None)
