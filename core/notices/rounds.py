"""Looking through organizations one by one, as jobs, for what no event tells of."""

from datetime import timedelta

from core.clock import now
from core.outbox.jobs import enqueue
from core.outbox.models import Job
from core.tenancy.models import Organization


def enqueue_round(job: str, *, kind: str, again_after: timedelta) -> int:
    """Enqueue `job` for each active organization of a kind that had none lately; give how many."""
    recent = Job.objects.filter(kind=job, created_at__gt=now() - again_after)
    waiting = Organization.objects.filter(kind=kind, state=Organization.State.ACTIVE).exclude(
        id__in=recent.values("tenant_id")
    )
    tenants = list(waiting.values_list("id", flat=True))
    for tenant in tenants:
        enqueue(job, tenant=tenant, priority=8)
    return len(tenants)
