"""Proposed tracks: what people start from in a task that nobody has begun."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.clock import now
from workforce.labels.cutting import cut_span, cut_track
from workforce.labels.models import LabelImport, SpanRow, TrackRow
from workforce.labels.spans import Span, span_from_wire
from workforce.labels.tracks import Flag, Track, track_from_wire
from workforce.tasks.models import QueueEntry, Task


def content_of(row: LabelImport) -> tuple[list[Track], list[Span]]:
    """Tracks and events that were read of a file."""
    content = json.loads(row.content)
    tracks = [track_from_wire(item) for item in content["tracks"]]
    return tracks, [span_from_wire(item) for item in content.get("events", [])]


def cut_labels(
    tracks: Sequence[Track], spans: Sequence[Span], start: int, end: int
) -> tuple[list[Track], list[Span]]:
    """The labels of a range of frames."""
    cut = [part for track in tracks if (part := cut_track(track, start, end))]
    there = {track.id for track in cut}
    return cut, [piece for span in spans if (piece := cut_span(span, start, end, there))]


def unbegun(tasks: Iterable[Task]) -> list[Task]:
    """Those that nobody holds, handed in or drew in; they are locked, in the open transaction."""
    ids = [task.id for task in tasks if task.state == Task.State.OPEN and not task.rounds]
    waiting = set(
        QueueEntry.objects.select_for_update()
        .filter(
            task_id__in=ids,
            work=QueueEntry.Work.ANNOTATE,
            state__in=[QueueEntry.State.WAITING, QueueEntry.State.HELD],
        )
        .values_list("task_id", flat=True)
    )
    drawn = {
        *TrackRow.objects.filter(task_id__in=ids).values_list("task_id", flat=True),
        *SpanRow.objects.filter(task_id__in=ids).values_list("task_id", flat=True),
    }
    return [task for task in tasks if task.id in waiting - drawn]


def propose(tasks: Iterable[Task], tracks: Sequence[Track], spans: Sequence[Span]) -> int:
    """Put the labels into each task, as far as they lie in it; give the number of tracks.

    Every keyframe is marked as automatic: no person drew it.
    """
    track_rows: list[TrackRow] = []
    span_rows: list[SpanRow] = []
    for task in tasks:
        cut, happened = cut_labels(tracks, spans, task.start_frame, task.end_frame)
        track_rows += [_track_row(task, track) for track in cut]
        span_rows += [_span_row(task, span) for span in happened]
    TrackRow.objects.bulk_create(track_rows, batch_size=500)
    SpanRow.objects.bulk_create(span_rows, batch_size=500)
    return len(track_rows)


def propose_to_copy(task: Task) -> None:
    """Put into a copy what was proposed for its clip, so that it looks like any other task."""
    row = (
        LabelImport.objects.filter(
            clip_id=task.clip_id,
            task_type=task.task_type,
            purpose=LabelImport.Purpose.PROPOSAL,
            applied_at__lte=now(),
        )
        .order_by("-applied_at")
        .first()
    )
    if row is not None:
        propose([task], *content_of(row))


def _track_row(task: Task, track: Track) -> TrackRow:
    drawn = [replace(item, flags=item.flags | Flag.AUTOMATIC) for item in track.keyframes]
    wire = replace(track, keyframes=tuple(drawn)).to_wire()
    del wire["id"]
    return TrackRow(tenant_id=task.tenant_id, task=task, track_id=track.id, **wire)


def _span_row(task: Task, span: Span) -> SpanRow:
    wire = span.to_wire()
    del wire["id"]
    return SpanRow(tenant_id=task.tenant_id, task=task, span_id=span.id, **wire)
