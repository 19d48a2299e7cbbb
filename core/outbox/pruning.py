"""Old rows go: finished jobs and events after a stated time. Dead jobs wait for the operator."""

from datetime import timedelta

from django.conf import settings
from django.db import models

from core.clock import now
from core.outbox.models import Event, Job
from core.outbox.periodic import every

#: Rows a statement: a transaction that stays short holds nobody's horizon back.
BATCH = 5_000


@every(600)
def prune() -> int:
    """Delete what is older than JOB_KEEP_DAYS; give how many rows went."""
    edge = now() - timedelta(days=settings.JOB_KEEP_DAYS)
    over = [Job.State.DONE, Job.State.DROPPED]
    jobs = Job.objects.filter(state__in=over, finished_at__lt=edge)
    return _delete(jobs) + _delete(Event.objects.filter(created_at__lt=edge))


def _delete(rows: models.QuerySet[Job] | models.QuerySet[Event]) -> int:
    gone = 0
    while ids := list(rows.values_list("id", flat=True)[:BATCH]):
        gone += rows.model.objects.filter(id__in=ids).delete()[0]
    return gone
