"""Clips become tasks: frame ranges of a project's length, with overlap."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tenants.projects.services import current_ontology
from workforce.people.services import TASK_TYPES
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import asked, requirements_of


def ranges(frames: int, length: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Cut 0..frames-1 into ranges (first, last), both inclusive, of at most `length` frames.

    Neighbours share `overlap` frames; every frame is in one at least; the last range ends with the
    clip, and a rest that the overlap covers already makes no range of its own.
    """
    if frames < 1 or length < 1 or not 0 <= overlap < length:
        raise ValueError("frames and length are positive, and the overlap is shorter than a task")
    first = 0
    while True:
        last = min(first + length, frames) - 1
        yield first, last
        if last == frames - 1:
            return
        first = last + 1 - overlap


def slice_clip(
    *,
    actor: Actor,
    tenant: UUID,
    clip_id: UUID,
    task_type: str = "boxes",
    priority: int = 5,
    due_at: datetime | None = None,
) -> list[Task]:
    """Cut a ready clip into tasks and put them into the queue.

    Raises NotFound, Invalid for an unknown task type, Conflict when the clip is not ready or has
    tasks of this type already.
    """
    if task_type not in TASK_TYPES:
        raise Invalid(f"There is no task type {task_type}.", field="task_type")
    if task_type == Task.LINKS:
        raise Invalid(
            "Tasks of links are made for a whole project, of clips whose labels are finished.",
            field="task_type",
        )
    with scope(tenant):
        clip = Clip.objects.select_for_update().filter(id=clip_id).first()
        if clip is None:
            raise NotFound
        if clip.state != "ready" or not clip.frame_count:
            raise Conflict("This clip is not ready: it must pass preparation before it is cut.")
        if Task.objects.filter(clip=clip, task_type=task_type).exists():
            raise Conflict("This clip is cut into tasks of this type already.")
        project = clip.project
        ontology = current_ontology(project)
        tasks = [
            Task(
                tenant_id=tenant,
                project=project,
                clip=clip,
                ontology=ontology,
                task_type=task_type,
                start_frame=first,
                end_frame=last,
            )
            for first, last in ranges(clip.frame_count, project.task_frames, project.task_overlap)
        ]
        Task.objects.bulk_create(tasks)
        requirements = asked(requirements_of(project.id))
        QueueEntry.objects.bulk_create(
            QueueEntry(
                task_id=task.id,
                tenant_id=tenant,
                project_id=project.id,
                camera_id=clip.camera_id,
                work=QueueEntry.Work.ANNOTATE,
                skill=task_type,
                priority=priority,
                due_at=due_at,
                **requirements,
            )
            for task in tasks
        )
        record(
            action="clip.sliced",
            actor=actor,
            tenant=tenant,
            subject=("clip", clip.id),
            details={"task_type": task_type, "tasks": [str(task.id) for task in tasks]},
        )
        emit("clip.sliced", tenant=tenant, data={"clip": str(clip.id)})
    return tasks
