"""Reading the label store: tracks and events of a task, and what was handed in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

from core.errors import NotFound
from core.tenancy.prepared import Asking, Prepared
from tenants.intake.models import Clip
from tenants.projects.models import Zone
from workforce.labels.models import LabelSet, SpanRow, TrackRow
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Span, span_from_wire
from workforce.labels.tracks import Picture, Track, track_from_wire
from workforce.tasks.models import Task

#: A track may hold a keyframe a frame, so few are held at a time.
TRACKS_AT_ONCE = 10


_TASK = Prepared(
    lambda task: Task.objects.select_related("clip", "ontology", "project").filter(id=task)[:1],
    task=UUID,
)
#: The same without what a save has no use for.
_DRAWN = Prepared(
    lambda task: (
        Task.objects.select_related("clip", "ontology")
        .only(
            *("tenant", "task_type", "start_frame", "end_frame", "is_copy", "rounds", "project"),
            *("clip__width", "clip__height", "clip__camera", "ontology__document"),
        )
        .filter(id=task)[:1]
    ),
    task=UUID,
)
_SPANS = Prepared(
    lambda task: SpanRow.objects.filter(task=task, deleted=False).order_by("span_id"), task=UUID
)


def get_task(task_id: UUID) -> Task:
    """A task of the scope that is open, with clip and ontology. Raises NotFound."""
    task = _TASK.first(task=task_id)
    if task is None:
        raise NotFound
    return task


def asking_task(task_id: UUID) -> Asking[list[Task]]:
    """Ask for a task, with what its labels are held against."""
    return _DRAWN.asking(task=task_id)


def picture_of(task: Task) -> Picture:
    """Where the task's shapes may lie."""
    return picture_in(task.clip, task.start_frame, task.end_frame)


def picture_in(clip: Clip, start: int, end: int) -> Picture:
    """The picture of a prepared clip, for a range of its frames (end included)."""
    assert clip.width is not None, "a prepared clip has its size"
    assert clip.height is not None, "a prepared clip has its size"
    return Picture(clip.width, clip.height, start, end)


def ontology_of(task: Task) -> Ontology:
    """The version of the ontology that the task is labelled by."""
    return Ontology.from_document(task.ontology.document)


def tracks_of(task_id: UUID) -> Iterator[Track]:
    """Tracks of a task as they are now, deleted ones left out, in the order of their ids."""
    rows = TrackRow.objects.filter(task_id=task_id, deleted=False).order_by("track_id")
    for row in rows.iterator(chunk_size=TRACKS_AT_ONCE):
        yield track_of(row)


def track_of(row: TrackRow) -> Track:
    """The track of a row."""
    return track_from_wire(
        {
            "id": str(row.track_id),
            "label": row.label,
            "kind": row.kind,
            "attributes": row.attributes,
            "keyframes": row.keyframes,
        }
    )


def asking_spans(task_id: UUID) -> Asking[list[SpanRow]]:
    """Ask for the rows of a task's event spans, deleted ones left out."""
    return _SPANS.asking(task=task_id)


def spans_of(task_id: UUID) -> list[Span]:
    """Event spans of a task as they are now, deleted ones left out, in the order of their ids."""
    return [span_of(row) for row in _SPANS(task=task_id)]


def span_of(row: SpanRow) -> Span:
    """The span of a row."""
    return span_from_wire(
        {
            "id": str(row.span_id),
            "event": row.event,
            "start": row.start,
            "end": row.end,
            "participants": row.participants,
            "zones": row.zones,
            "attributes": row.attributes,
        }
    )


def zones_of(clip: Clip) -> dict[UUID, str]:
    """Kinds of the zones that lie in the clip's picture, by id; none where no camera is known."""
    return {zone.id: zone.kind for zone in zones_in(clip)}


def zones_in(clip: Clip) -> list[Zone]:
    """Zones that lie in the clip's picture, by name; none where no camera is known."""
    if clip.camera_id is None:
        return []
    return list(Zone.objects.filter(camera_id=clip.camera_id).order_by("name"))


def read_spans_of(label_set: LabelSet) -> list[Span]:
    """Event spans of a label set."""
    return [span_from_wire(item) for item in json.loads(label_set.content).get("events", [])]


def read_label_set(label_set: LabelSet) -> list[Track]:
    """Tracks of a label set."""
    return [track_from_wire(item) for item in json.loads(label_set.content)["tracks"]]


def latest_label_set(task_id: UUID) -> LabelSet | None:
    """What was handed in last for a task of the open scope."""
    found: LabelSet | None = LabelSet.objects.filter(task_id=task_id).order_by("-round").first()
    return found
