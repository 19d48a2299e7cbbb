"""Prepared clips are cut into tasks at once."""

from uuid import UUID

from core.access.actors import Actor
from core.errors import Conflict
from core.outbox.events import on
from core.outbox.jobs import JobContext
from workforce.tasks.slicing import slice_clip


@on("clip.prepared", job_name="tasks.slice")
def slice_prepared(context: JobContext, *, clip: str, **_: object) -> None:
    """Cut the clip; a second run finds it cut already."""
    assert context.tenant is not None
    try:
        slice_clip(actor=Actor.system("slicer"), tenant=context.tenant, clip_id=UUID(clip))
    except Conflict:
        return
