"""When work is due, told to the queue: people get first what is due first, and the board says when.

The clock is the truth; the queue keeps what it said at its last event. Copies of tasks keep the
date of the work that they stand beside, which nobody can tell them from.
"""

from uuid import UUID

from core.outbox.events import on
from core.outbox.jobs import JobContext
from core.tenancy.scope import require_tenant, scope
from workforce.delivery.clocks import clocks_of
from workforce.tasks.models import QueueEntry, Task


@on("clip.sliced", job_name="delivery.due_of_sliced")
@on("clock.pause", job_name="delivery.due_of_paused")
@on("clock.resume", job_name="delivery.due_of_resumed")
@on("clock.rush", job_name="delivery.due_of_rush")
def due_of_clip(context: JobContext, *, clip: str, **_: object) -> None:
    """Write the clip's date to its work."""
    assert context.tenant is not None
    with scope(context.tenant):
        tell_queue(UUID(clip))


def tell_queue(clip_id: UUID) -> int:
    """Give the work of a clip of the open scope the date of its clock; says how much work it is.

    A clip without a clock leaves dates as they are: whoever cut it may have set one.
    """
    clock = clocks_of([clip_id])[clip_id]
    if clock.state == "unstarted":
        return 0
    tasks = Task.objects.filter(clip_id=clip_id, is_copy=False).values_list("id", flat=True)
    return QueueEntry.objects.filter(tenant_id=require_tenant(), task_id__in=list(tasks)).update(
        due_at=clock.due_at
    )
