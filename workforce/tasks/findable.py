"""Tasks are found by the beginning of their id."""

from core.access.door import Entry
from core.access.permissions import Permission
from core.search.registry import Asked, Finder, Hit, finder
from workforce.tasks.models import Task


def _tasks(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """Tasks lead to the page of their clip: that of the task is its lessee's."""
    if asked.ids is None or Permission.CLIP_LIST not in entry.permissions:
        return []
    rows = Task.objects.filter(id__range=asked.ids, is_copy=False).order_by("id")[:most]
    return [
        Hit(
            f"Task {str(row.id)[:8]}",
            f"clips/{row.clip_id}",
            f"frames {row.start_frame} to {row.end_frame}, {row.state}",
        )
        for row in rows
    ]


finder(Finder("Tasks", "square-pen", Permission.TASK_LIST, _tasks))
