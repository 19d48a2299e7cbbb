"""Laying a task of links out: its tracks become rows."""

from __future__ import annotations

from collections.abc import Sequence

from workforce.links.appearances import Appearance
from workforce.links.content import Laid, read_content
from workforce.links.models import LinkItem
from workforce.tasks.models import Task


def lay_out(task: Task, items: Sequence[Laid]) -> None:
    """Write the tracks of a new task, in the open scope and transaction."""
    LinkItem.objects.bulk_create(
        LinkItem(
            tenant_id=task.tenant_id,
            task=task,
            clip_id=item.shown.clip,
            track_id=item.shown.track,
            number=number,
            subject=item.subject,
            label=item.shown.label,
            attributes=item.shown.attributes,
            first_frame=item.shown.runs[0].first,
            last_frame=item.shown.runs[-1].last,
            runs=item.shown.to_json()["runs"],
            views=item.shown.to_json()["views"],
            candidates=list(item.candidates),
        )
        for number, item in enumerate(items)
    )


def lay_out_copy(task: Task, content: str) -> None:
    """Lay a copy of a task out as the label set says; nothing for other types of tasks."""
    if task.task_type == Task.LINKS:
        lay_out(task, read_content(content).items)


def laid(row: LinkItem) -> Laid:
    """The track of a row."""
    shown = Appearance.from_json(
        {
            "clip": str(row.clip_id),
            "track": str(row.track_id),
            "label": row.label,
            "attributes": row.attributes,
            "runs": row.runs,
            "views": row.views,
        }
    )
    return Laid(shown, row.subject, tuple(row.candidates))
