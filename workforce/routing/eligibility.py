"""Who may take what: one predicate over the queue, used by the lease and by its explanation."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from core.access.models import Engagement
from core.clock import now
from workforce.tasks.models import QueueEntry


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person of a vendor, with the skills that are live, certified and not gated."""

    person: UUID
    vendor: UUID
    skills: tuple[str, ...]


def open_engagements(vendor: UUID) -> Any:
    """Select the ids of active clients that have engaged the vendor now."""
    instant = now()
    return Engagement.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=instant),
        vendor_id=vendor,
        starts_at__lte=instant,
        client__state="active",
    ).values("client_id")


def eligible(candidate: Candidate) -> Q:
    """Give the predicate: engaged client, own vendor or open to all, skill, no conflict."""
    return (
        Q(tenant_id__in=open_engagements(candidate.vendor))
        & (Q(vendor_id__isnull=True) | Q(vendor_id=candidate.vendor))
        & (Q(reserved_for__isnull=True) | Q(reserved_for=candidate.person))
        & (Q(not_for__isnull=True) | ~Q(not_for=candidate.person))
        & Q(skill__in=candidate.skills)
    )


def waiting(work: str) -> Any:
    """Select what waits, in the order in which it is handed out: an index follows this order."""
    return QueueEntry.objects.filter(state=QueueEntry.State.WAITING, work=work).order_by(
        "priority", "due_at", "id"
    )
