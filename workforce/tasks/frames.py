"""Frames that a lease opens: those of the groups of pictures that its task's range touches."""

from uuid import UUID

from core.access.door import Entry, frame_rule
from core.access.permissions import Permission
from core.clock import now
from core.tenancy.scope import scope
from workforce.tasks.models import QueueEntry, Task


@frame_rule
def frames_by_lease(
    entry: Entry, user_id: UUID, clip_id: UUID, first: int, last: int
) -> UUID | None:
    """Give the lease of this person whose task shares a frame with first..last, if there is one.

    A task of links opens less than its range: see `workforce.links.frames`.
    """
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
        task_id = (
            Task.objects.filter(
                id__in=leased, clip_id=clip_id, start_frame__lte=last, end_frame__gte=first
            )
            .exclude(task_type=Task.LINKS)
            .values_list("id", flat=True)
            .first()
        )
    return leased[task_id] if task_id else None
