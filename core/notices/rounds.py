"""Looking through organizations one by one, as jobs, for what no event tells of."""

from datetime import timedelta

from django.db import transaction

from core.clock import now
from core.notices.models import Round
from core.outbox.jobs import enqueue
from core.tenancy.models import Organization


def enqueue_round(job: str, *, kind: str, again_after: timedelta) -> int:
    """Enqueue `job` for each active organization of a kind that had none lately; give how many."""
    instant = now()
    lately = Round.objects.filter(job=job, at__gt=instant - again_after)
    due = Organization.objects.filter(kind=kind, state=Organization.State.ACTIVE).exclude(
        id__in=lately.values("tenant_id")
    )
    tenants = list(due.values_list("id", flat=True))
    for tenant in tenants:
        with transaction.atomic():
            Round.objects.update_or_create(job=job, tenant_id=tenant, defaults={"at": instant})
            enqueue(job, tenant=tenant, priority=8)
    return len(tenants)
