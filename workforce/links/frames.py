"""Frames that a task of links opens: those of the tracks that it asks about, and no others."""

from __future__ import annotations

from uuid import UUID

from core.access.door import Entry, frame_rule
from core.access.permissions import Permission
from core.clock import now
from core.tenancy.scope import scope
from workforce.links.models import LinkItem
from workforce.tasks.models import QueueEntry


@frame_rule
def frames_by_links(
    entry: Entry, user_id: UUID, clip_id: UUID, first: int, last: int
) -> UUID | None:
    """Give the lease of this person in whose task a track is visible between first and last."""
    if Permission.TASK_ANNOTATE not in entry.permissions:
        return None
    leased = {
        row.task_id: row.id
        for row in QueueEntry.objects.filter(
            lessee=user_id,
            tenant_id=entry.organization.id,
            state=QueueEntry.State.LEASED,
            lease_until__gt=now(),
        )
    }
    if not leased:
        return None
    with scope(entry.organization.id):
        items = LinkItem.objects.filter(
            task_id__in=leased, clip_id=clip_id, first_frame__lte=last, last_frame__gte=first
        )
        for item in items:
            if any(run[0] <= last and first <= run[1] for run in item.runs):
                return leased[item.task_id]
    return None
