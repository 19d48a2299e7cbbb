"""A client's tasks are found by the beginning of their id, and by their clip and project."""

from django.db.models import Q

from core.access.door import Entry
from core.access.permissions import Permission
from core.search.finding import by_words
from core.search.registry import Asked, Finder, Hit, finder
from workforce.tasks.models import Task


def _tasks(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """Tasks lead to the page of their clip: that of the task is its lessee's."""
    if Permission.CLIP_LIST not in entry.permissions:
        return []
    wanted = Q(clip_id__in=by_words("clip", asked.words))
    wanted |= Q(project_id__in=by_words("project", asked.words))
    if asked.ids is not None:
        wanted |= Q(id__range=asked.ids)
    rows = Task.objects.select_related("clip", "project").filter(wanted, is_copy=False)
    return [
        Hit(
            f"Task {str(row.id)[:8]}",
            f"clips/{row.clip_id}",
            f"{row.project.name}, {row.clip.filename or 'erased clip'}, "
            f"frames {row.start_frame} to {row.end_frame}, {row.state}",
        )
        for row in rows.order_by("-created_at", "clip_id", "start_frame")[:most]
    ]


finder(Finder("Tasks", "square-pen", Permission.TASK_LIST, _tasks))
