"""A job for the chaos test, for its worker processes, and the program that enqueues it.

`python -m tests.chaos_jobs FIRST LAST` writes the jobs FIRST..LAST-1 in one transaction.
"""

import os
import sys
import time
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.web.settings")
django.setup()

from django.db import transaction  # noqa: E402

from core.outbox.jobs import JobContext, enqueue, job  # noqa: E402
from core.outbox.models import Event  # noqa: E402
from core.web.celery import app  # noqa: E402

__all__ = ["app"]

EFFECT = "chaos.effect"
#: One big tenant, two small ones, and jobs of none.
TENANTS = [*[UUID(int=1)] * 7, UUID(int=2), UUID(int=3), None]


@job("chaos.effect", max_attempts=50)
def effect(ctx: JobContext, *, number: int) -> None:
    """Leave one row. It is not idempotent by itself: the claim alone keeps it from doubling."""
    time.sleep(0.02)
    with ctx.commit():
        Event.objects.create(topic=EFFECT, tenant_id=ctx.tenant, data={"number": number})
        time.sleep(0.01)


if __name__ == "__main__":
    with transaction.atomic():
        for number in range(*map(int, sys.argv[1:3])):
            tenant = TENANTS[number % len(TENANTS)]
            enqueue("chaos.effect", tenant=tenant, args={"number": number})
