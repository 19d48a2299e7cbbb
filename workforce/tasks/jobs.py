"""Prepared clips are cut into tasks at once; those of erased ones are withdrawn."""

from uuid import UUID

from core.access.actors import Actor
from core.errors import Conflict
from core.outbox.events import on
from core.outbox.jobs import JobContext
from core.tenancy.scope import scope
from workforce.tasks import announcements  # noqa: F401 - registers its handlers
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.slicing import slice_clip


@on("clip.prepared", job_name="tasks.slice")
def slice_prepared(context: JobContext, *, clip: str, **_: object) -> None:
    """Cut the clip; a second run finds it cut already."""
    assert context.tenant is not None
    try:
        slice_clip(actor=Actor.system("slicer"), tenant=context.tenant, clip_id=UUID(clip))
    except Conflict:
        return


@on("clip.erased", job_name="tasks.withdraw")
def withdraw_erased(context: JobContext, *, clip: str, **_: object) -> None:
    """Close the clip's tasks that are not accepted: nobody can look at it any more."""
    assert context.tenant is not None
    with scope(context.tenant):
        unfinished = [Task.State.OPEN, Task.State.SUBMITTED]
        tasks = Task.objects.filter(clip_id=UUID(clip), state__in=unfinished)
        ids = list(tasks.values_list("id", flat=True))
        tasks.update(state=Task.State.CLOSED)
        QueueEntry.objects.filter(task_id__in=ids).exclude(state=QueueEntry.State.DONE).update(
            state=QueueEntry.State.DONE, lessee=None, lease_until=None
        )
