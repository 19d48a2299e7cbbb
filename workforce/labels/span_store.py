"""Storing event spans, in the transaction of the autosave that brings them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard
from uuid import UUID

from core.errors import Conflict, Invalid
from workforce.labels.changes import Changes
from workforce.labels.models import SpanRow, TrackRow
from workforce.labels.revisions import bump, take
from workforce.labels.spans import MAX_SPANS_PER_TASK, Span, Stage, read_spans
from workforce.labels.store import ontology_of, picture_of, span_of, zones_of
from workforce.tasks.models import Task

CONTENT = ["event", "start", "end", "participants", "zones", "attributes"]


def span_rows(task: Task, changes: Changes) -> dict[UUID, SpanRow]:
    """Rows of the spans that the change names, by the span's id."""
    sent = [item.get("id") for item in changes.events if isinstance(item, dict)]
    named = {*changes.deleted, *(UUID(value) for value in sent if _is_id(value))}
    if not named:
        return {}
    return {row.span_id: row for row in SpanRow.objects.filter(task=task, span_id__in=named)}


def store_spans(task: Task, changes: Changes) -> dict[UUID, int]:
    """Store the spans of a change after its tracks; give the new revision of each.

    Raises Invalid for a span that does not fit, Conflict where a deleted track takes part in one.
    """
    spans = read_spans(changes.events, stage=_stage(task)) if changes.events else []
    rows = span_rows(task, changes)
    changed = [
        rows[span.id] for span in spans if span.id in rows and take(rows[span.id], _content(span))
    ]
    removed = [rows[key] for key in changes.deleted if key in rows and not rows[key].deleted]
    for row in removed:
        row.deleted = True
        bump(row)
    new = [_new(task, span) for span in spans if span.id not in rows]
    if new:
        _check_room(task, len(new))
    SpanRow.objects.bulk_create(new)
    SpanRow.objects.bulk_update(
        [*changed, *removed], [*CONTENT, "revision", "deleted", "updated_at"]
    )
    if changes.deleted:
        _check_nobody_is_missed(task, changes.deleted)
    return {row.span_id: row.revision for row in [*rows.values(), *new]}


def _is_id(value: object) -> TypeGuard[str]:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _stage(task: Task) -> Stage:
    rows = TrackRow.objects.filter(task=task, deleted=False).values_list("track_id", "label")
    return Stage(ontology_of(task), picture_of(task), dict(rows), zones_of(task.clip))


def _content(span: Span) -> dict[str, Any]:
    wire = span.to_wire()
    return {name: wire[name] for name in CONTENT}


def _new(task: Task, span: Span) -> SpanRow:
    return SpanRow(tenant_id=task.tenant_id, task=task, span_id=span.id, **_content(span))


def _check_room(task: Task, more: int) -> None:
    if SpanRow.objects.filter(task=task, deleted=False).count() + more > MAX_SPANS_PER_TASK:
        raise Invalid(
            f"A task holds at most {MAX_SPANS_PER_TASK} events; delete some first.", field="events"
        )


def _check_nobody_is_missed(task: Task, deleted: Iterable[UUID]) -> None:
    """A track that is deleted must not be left behind as a participant."""
    gone = set(deleted)
    for row in SpanRow.objects.filter(task=task, deleted=False):
        missed = gone.intersection(span_of(row).participants)
        if missed:
            raise Conflict(
                f"Track {min(missed)} takes part in the event {row.event} from frame {row.start}; "
                "take it out there first.",
                field="deleted",
            )
