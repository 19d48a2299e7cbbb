"""Writes of the label store: autosave under a lease, and handing in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, LeaseLost
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.labels.canonical import canonical_labels, content_hash
from workforce.labels.changes import Changes
from workforce.labels.models import Draft, LabelSet, SpanRow, TrackRow
from workforce.labels.revisions import bump, take
from workforce.labels.span_store import span_rows, store_spans
from workforce.labels.store import get_task, ontology_of, picture_of, spans_of, tracks_of
from workforce.labels.tracks import Track, read_tracks
from workforce.tasks.leases import finish, require_lease
from workforce.tasks.models import QueueEntry, Task

MAX_TRACKS_PER_TASK = 5_000
DRAWS_NOTHING = "In this task tracks are linked and none is drawn: use the addresses below links/."


def save_tracks(
    *, tenant: UUID, task_id: UUID, token: int, actor: Actor, changes: Changes
) -> dict[UUID, int]:
    """Store the changed tracks and events of a task; give the new revision of each.

    `changes.revisions` may name the revision that a change starts from; what has another by now
    is a Conflict (two windows on one task). Sending the same again changes nothing.
    Raises NotFound, Invalid, Conflict, and LeaseLost after keeping what was sent as a draft.
    """
    assert actor.id is not None
    try:
        with scope(tenant):
            task = get_task(task_id)
            require_lease(task_id, token, actor.id, work=QueueEntry.LABELLING, lock=True)
            _require_drawing(task)
            tracks = read_tracks(
                changes.tracks, ontology=ontology_of(task), picture=picture_of(task)
            )
            revisions = _store(task, tracks, changes)
            revisions |= store_spans(task, changes)
            record(
                action="labels.saved",
                actor=actor,
                tenant=tenant,
                subject=("task", task_id),
                details={
                    "tracks": len(tracks),
                    "events": len(changes.events),
                    "deleted": len(changes.deleted),
                    "token": token,
                },
            )
            return revisions
    except LeaseLost:
        content = {
            "tracks": changes.tracks,
            "deleted": [str(key) for key in changes.deleted],
            "events": changes.events,
        }
        keep_draft(tenant=tenant, task_id=task_id, token=token, author=actor.id, content=content)
        raise


def _require_drawing(task: Task) -> None:
    if task.task_type == Task.LINKS:
        raise Conflict(DRAWS_NOTHING)


def _store(task: Task, tracks: Sequence[Track], changes: Changes) -> dict[UUID, int]:
    ids = [*(track.id for track in tracks), *changes.deleted]
    rows = {row.track_id: row for row in TrackRow.objects.filter(task=task, track_id__in=ids)}
    held = rows | span_rows(task, changes)
    for item, base in changes.revisions.items():
        _check_revision(item, base, held.get(item))
    changed = [
        rows[track.id]
        for track in tracks
        if track.id in rows and take(rows[track.id], _content(track))
    ]
    removed = [rows[key] for key in changes.deleted if key in rows and not rows[key].deleted]
    for row in removed:
        row.deleted = True
        bump(row)
    new = [_new_row(task, track) for track in tracks if track.id not in rows]
    if new:
        kept = TrackRow.objects.filter(task=task, deleted=False).count()
        if kept + len(new) > MAX_TRACKS_PER_TASK:
            raise Invalid(
                f"A task holds at most {MAX_TRACKS_PER_TASK} tracks; delete some first.",
                field="tracks",
            )
    TrackRow.objects.bulk_create(new)
    TrackRow.objects.bulk_update(
        [*changed, *removed],
        ["label", "kind", "attributes", "keyframes", "revision", "deleted", "updated_at"],
    )
    return {row.track_id: row.revision for row in [*rows.values(), *new]}


def _check_revision(item: UUID, base: int, row: TrackRow | SpanRow | None) -> None:
    current = row.revision if row else 0
    if base != current:
        what = "Event" if isinstance(row, SpanRow) else "Track"
        raise Conflict(
            f"{what} {item} was changed elsewhere since (it is at revision {current}, you "
            f"started from {base}). Load the task again and repeat the change.",
            field=f"revisions.{item}",
        )


def _content(track: Track) -> dict[str, Any]:
    wire = track.to_wire()
    del wire["id"]
    return wire


def _new_row(task: Task, track: Track) -> TrackRow:
    return TrackRow(tenant_id=task.tenant_id, task=task, track_id=track.id, **_content(track))


def keep_draft(
    *, tenant: UUID, task_id: UUID, token: int, author: UUID, content: dict[str, Any]
) -> None:
    """Keep what came after the lease was lost, in a transaction of its own. Raises NotFound."""
    with scope(tenant):
        task = get_task(task_id)
        Draft.objects.update_or_create(
            tenant_id=tenant,
            task=task,
            author_id=author,
            token=token,
            defaults={"content": json.dumps(content), "saved_at": now()},
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a label set is made of: canonical JSON, and what it counts."""

    content: bytes
    tracks: int = 0
    events: int = 0


def _freeze(task: Task) -> Frozen:
    _require_drawing(task)
    tracks, spans = list(tracks_of(task.id)), spans_of(task.id)
    return Frozen(canonical_labels(tracks, spans), len(tracks), len(spans))


def submit(
    *, tenant: UUID, task_id: UUID, token: int, actor: Actor, vendor: UUID | None = None
) -> LabelSet:
    """Hand a task in: freeze its tracks into a label set and give the lease back.

    Emits `labels.submitted` (task, label_set, person). Raises NotFound, LeaseLost, Conflict.
    """
    return hand_in(
        tenant=tenant, task_id=task_id, token=token, actor=actor, vendor=vendor, freeze=_freeze
    )


def hand_in(
    *,
    tenant: UUID,
    task_id: UUID,
    token: int,
    actor: Actor,
    vendor: UUID | None,
    freeze: Callable[[Task], Frozen],
) -> LabelSet:
    """Hand in what `freeze` gives, under the lease, which it may rely on; as `submit` does."""
    assert actor.id is not None
    with scope(tenant):
        task = get_task(task_id)
        entry = require_lease(task_id, token, actor.id, work=QueueEntry.LABELLING, lock=True)
        frozen = freeze(task)
        label_set: LabelSet = LabelSet.objects.create(
            tenant_id=tenant,
            task=task,
            author_id=actor.id,
            vendor_id=vendor,
            kind=LabelSet.Kind.COPY if task.is_copy else LabelSet.Kind.WORK,
            round=task.rounds + 1,
            content=frozen.content.decode(),
            sha256=content_hash(frozen.content),
            track_count=frozen.tracks,
            event_count=frozen.events,
        )
        task.state = Task.State.SUBMITTED
        task.rounds += 1
        task.save(update_fields=["state", "rounds"])
        finish(entry)
        record(
            action="labels.submitted",
            actor=actor,
            tenant=tenant,
            subject=("task", task_id),
            details={
                "label_set": str(label_set.id),
                "sha256": label_set.sha256,
                "tracks": frozen.tracks,
                "events": frozen.events,
                "round": label_set.round,
            },
        )
        emit(
            "labels.submitted",
            tenant=tenant,
            data={
                "task": str(task_id),
                "label_set": str(label_set.id),
                "person": str(actor.id),
            },
        )
    return label_set
