"""What the page of a task of links carries: task, lease, addresses."""

from __future__ import annotations

from typing import Any

from core.tenancy.models import Organization
from workforce.tasks.models import QueueEntry, Task
from workforce.workbench.context import Way


def links_page(
    *, tenant: Organization, task: Task, entry: QueueEntry, way: Way, csrf: str
) -> dict[str, Any]:
    """Give the document that frontend/src/links/wire.ts calls LinksPage.

    {clip} stands for the id of a clip: a task shows tracks of several.
    """
    api = f"/api/v1/t/{tenant.slug}"
    here = f"{api}/tasks/{task.id}"
    assert entry.lease_until is not None
    return {
        "task": {
            "id": str(task.id),
            "start_frame": task.start_frame,
            "end_frame": task.end_frame,
        },
        "lease": {"token": entry.token, "expires_at": entry.lease_until.isoformat()},
        "review": entry.work == QueueEntry.Work.REVIEW,
        "csrf": csrf,
        "next": way.next,
        "urls": {
            "links": f"{here}/links",
            "undo": f"{here}/links/undo",
            "submit": f"{here}/links/submit",
            "drafts": f"{here}/drafts",
            "heartbeat": f"{here}/heartbeat",
            "release": f"{here}/release",
            "review": f"{here}/review",
            "clip": f"{api}/clips/{{clip}}",
            "home": way.home,
        },
    }
