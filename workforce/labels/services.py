"""Writes of the label store: autosave under a lease, and handing in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, LeaseLost
from core.outbox.events import emit
from core.tenancy.managers import check_owner
from core.tenancy.scope import scope
from core.tenancy.statements import run_together
from workforce.labels import rows
from workforce.labels.canonical import canonical_labels, content_hash
from workforce.labels.changes import Changes
from workforce.labels.models import Draft, LabelSet, SpanRow, TrackRow
from workforce.labels.revisions import bump, take
from workforce.labels.span_store import span_rows, store_spans
from workforce.labels.store import all_tracks_of, get_task, ontology_of, picture_of, spans_of
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
    with (
        _kept_as_draft(tenant=tenant, task_id=task_id, token=token, actor=actor, changes=changes),
        scope(tenant),
    ):
        task = get_task(task_id)
        require_lease(task_id, token, actor.id, work=QueueEntry.LABELLING, lock=True)
        return _save(task, token=token, actor=actor, changes=changes)


def _save(task: Task, *, token: int, actor: Actor, changes: Changes) -> dict[UUID, int]:
    """Store a change and log it, under a lease that was checked in this transaction."""
    _require_drawing(task)
    tracks = read_tracks(changes.tracks, ontology=ontology_of(task), picture=picture_of(task))
    revisions = _store(task, tracks, changes)
    revisions |= store_spans(task, changes)
    record(
        action="labels.saved",
        actor=actor,
        tenant=task.tenant_id,
        subject=("task", task.id),
        details={
            "tracks": len(tracks),
            "events": len(changes.events),
            "deleted": len(changes.deleted),
            "token": token,
        },
    )
    return revisions


def _require_drawing(task: Task) -> None:
    if task.task_type == Task.LINKS:
        raise Conflict(DRAWS_NOTHING)


def _store(task: Task, tracks: Sequence[Track], changes: Changes) -> dict[UUID, int]:
    ids = [*(track.id for track in tracks), *changes.deleted]
    held_tracks = rows.named(task.id, ids)
    held = held_tracks | span_rows(task, changes)
    for item, base in changes.revisions.items():
        _check_revision(item, base, held.get(item))
    changed = [
        held_tracks[track.id]
        for track in tracks
        if track.id in held_tracks and take(held_tracks[track.id], _content(track))
    ]
    removed = [
        held_tracks[key]
        for key in changes.deleted
        if key in held_tracks and not held_tracks[key].deleted
    ]
    for row in removed:
        row.deleted = True
        bump(row)
    new = [_new_row(task, track) for track in tracks if track.id not in held_tracks]
    if new and rows.count(task.tenant_id, task.id) + len(new) > MAX_TRACKS_PER_TASK:
        raise Invalid(
            f"A task holds at most {MAX_TRACKS_PER_TASK} tracks; delete some first.",
            field="tracks",
        )
    rows.insert(new)
    rows.update([*changed, *removed])
    return {row.track_id: row.revision for row in [*held_tracks.values(), *new]}


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


@contextmanager
def _kept_as_draft(
    *, tenant: UUID, task_id: UUID, token: int, actor: Actor, changes: Changes | None
) -> Iterator[None]:
    """Keep what was sent, if anything, as its author's draft when the lease proves lost."""
    try:
        yield
    except LeaseLost:
        assert actor.id is not None
        if changes is not None:
            content = {
                "tracks": changes.tracks,
                "deleted": [str(key) for key in changes.deleted],
                "events": changes.events,
            }
            keep_draft(
                tenant=tenant, task_id=task_id, token=token, author=actor.id, content=content
            )
        raise


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
    tracks, spans = all_tracks_of(task.id), spans_of(task.id)
    return Frozen(canonical_labels(tracks, spans), len(tracks), len(spans))


def submit(
    *,
    tenant: UUID,
    task_id: UUID,
    token: int,
    actor: Actor,
    vendor: UUID | None = None,
    changes: Changes | None = None,
) -> LabelSet:
    """Hand a task in: freeze its tracks into a label set and give the lease back.

    `changes` are saved first, as `save_tracks` does, in the same transaction: either all of it
    holds or nothing. Emits `labels.submitted` (task, label_set, person).
    Raises NotFound, LeaseLost and Conflict, and with changes what `save_tracks` raises.
    """

    def freeze(task: Task) -> Frozen:
        if changes is not None:
            _save(task, token=token, actor=actor, changes=changes)
        return _freeze(task)

    with _kept_as_draft(tenant=tenant, task_id=task_id, token=token, actor=actor, changes=changes):
        return hand_in(
            tenant=tenant, task_id=task_id, token=token, actor=actor, vendor=vendor, freeze=freeze
        )


_FREEZE = """
insert into labels_labelset (id, tenant_id, task_id, author_id, vendor_id, kind, round, content,
  sha256, track_count, event_count, submitted_at)
values (%(id)s, %(tenant)s, %(task)s, %(author)s, %(vendor)s, %(kind)s, %(round)s, %(content)s,
  %(sha256)s, %(tracks)s, %(events)s, %(at)s)
"""
_SUBMITTED = """
update tasks_task set state = 'submitted', rounds = %(round)s
where id = %(task)s and tenant_id = %(tenant)s
"""


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
        label_set = LabelSet(
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
        _store_set(label_set)
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


def _store_set(label_set: LabelSet) -> None:
    """Write a set, and that its task is handed in."""
    check_owner(label_set)
    frozen = {
        "id": label_set.id,
        "tenant": label_set.tenant_id,
        "task": label_set.task_id,
        "author": label_set.author_id,
        "vendor": label_set.vendor_id,
        "kind": str(label_set.kind),
        "round": label_set.round,
        "content": label_set.content,
        "sha256": label_set.sha256,
        "tracks": label_set.track_count,
        "events": label_set.event_count,
        "at": label_set.submitted_at,
    }
    run_together([(_FREEZE, frozen), (_SUBMITTED, frozen)])
