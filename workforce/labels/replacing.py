"""Labels that were made on a copy of a task become the task's own."""

from __future__ import annotations

from uuid import UUID

from core.clock import now
from core.ids import new_id
from workforce.labels.models import LabelSet, SpanRow, TrackRow
from workforce.tasks.models import Task


def replace_labels(task: Task, chosen: LabelSet) -> LabelSet:
    """Take labels of a copy over as the task's next round, in the open scope and transaction.

    The author stays who drew them.
    """
    _replace_rows(task, chosen.task_id)
    task.rounds += 1
    task.save(update_fields=["rounds"])
    label_set: LabelSet = LabelSet.objects.create(
        tenant_id=task.tenant_id,
        task=task,
        author_id=chosen.author_id,
        vendor_id=chosen.vendor_id,
        kind=LabelSet.Kind.WORK,
        round=task.rounds,
        content=chosen.content,
        sha256=chosen.sha256,
        track_count=chosen.track_count,
        event_count=chosen.event_count,
    )
    return label_set


def _replace_rows(task: Task, source: UUID) -> None:
    """What is replaced is marked as deleted; where an id is the same, the copy's row takes over."""
    tracks = list(TrackRow.objects.filter(task_id=source, deleted=False))
    spans = list(SpanRow.objects.filter(task_id=source, deleted=False))
    own_tracks, own_spans = TrackRow.objects.filter(task=task), SpanRow.objects.filter(task=task)
    own_tracks.filter(track_id__in=[row.track_id for row in tracks]).delete()
    own_spans.filter(span_id__in=[row.span_id for row in spans]).delete()
    own_tracks.filter(deleted=False).update(deleted=True, updated_at=now())
    own_spans.filter(deleted=False).update(deleted=True, updated_at=now())
    copied: list[TrackRow | SpanRow] = [*tracks, *spans]
    for row in copied:
        row.pk, row.task, row.revision = new_id(), task, 1
        row._state.adding = True
    TrackRow.objects.bulk_create(tracks)
    SpanRow.objects.bulk_create(spans)
