"""The only redelivery there is: re-send open jobs, take back those of dead workers."""

from django.db import transaction
from django.db.models import Q

from core.clock import now
from core.outbox.jobs import HEARTBEAT_LIMIT, RESEND_AFTER, send
from core.outbox.models import Job


def sweep(*, limit: int = 500) -> int:
    """Do one round; give how many jobs were sent."""
    instant = now()
    with transaction.atomic():
        lost = Job.objects.filter(
            state=Job.State.RUNNING, heartbeat_at__lt=instant - HEARTBEAT_LIMIT
        )
        lost.update(state=Job.State.OPEN, run_after=instant, sent_at=None)
        unsent = Q(sent_at__isnull=True) | Q(sent_at__lt=instant - RESEND_AFTER)
        due = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(unsent, state=Job.State.OPEN, run_after__lte=instant)
            .order_by("priority", "run_after")
            .values_list("id", "priority")[:limit]
        )
        Job.objects.filter(id__in=[job_id for job_id, _ in due]).update(sent_at=instant)
    for job_id, priority in due:
        send(job_id, priority)
    return len(due)
