"""Writes of the label store: autosave under a lease, and handing in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import recording
from core.clock import now
from core.errors import Conflict, Invalid, LeaseLost, NotFound
from core.outbox.events import emitting
from core.tenancy.managers import check_owner
from core.tenancy.prepared import Asking, scope_asking
from core.tenancy.scope import scope
from core.tenancy.statements import Statement, run_together
from workforce.labels import rows
from workforce.labels.canonical import canonical_content, canonical_json, content_hash
from workforce.labels.changes import Changes
from workforce.labels.models import Draft, LabelSet, SpanRow, TrackRow
from workforce.labels.revisions import bump, take
from workforce.labels.span_store import span_rows, store_spans
from workforce.labels.spans import Span
from workforce.labels.store import (
    asking_spans,
    asking_task,
    get_task,
    ontology_of,
    picture_of,
    span_of,
    spans_of,
    track_of,
)
from workforce.labels.tracks import check_tracks
from workforce.tasks.leases import asking_leases, finishing, the_lease
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
    with (
        kept_as_draft(tenant=tenant, task_id=task_id, token=token, actor=actor, changes=changes),
        _desk(tenant, task_id, token, actor, rows.asking_named(task_id, _named_in(changes))) as (
            desk,
            held,
        ),
    ):
        desk.hold(held)
        revisions = _save(desk, actor=actor, changes=changes)
        desk.write(last=True)
    return revisions


@dataclass(slots=True)
class _Desk:
    """A task under a lease that was checked in this transaction, and what is to be written.

    Writes leave together at the end: each trip to the database costs more than most of them.
    """

    task: Task
    lease: QueueEntry
    tracks: dict[UUID, TrackRow] = field(default_factory=dict)
    #: Whether `tracks` are all that the task has.
    whole: bool = False
    #: What is new, in the wire form, sorted by id.
    new: list[dict[str, Any]] = field(default_factory=list)
    new_json: bytes = b"[]"
    writes: list[Statement] = field(default_factory=list)

    def hold(self, found: Sequence[TrackRow]) -> None:
        self.tracks = {row.track_id: row for row in found}

    def write(self, *, last: bool = False) -> None:
        """Send what is to be written; `last` as in `run_together`."""
        if self.writes:
            run_together(self.writes, last=last)
        self.writes.clear()

    def count(self) -> int:
        """Give how many tracks the task had, deleted ones left out."""
        if self.whole:
            return sum(not row.deleted for row in self.tracks.values())
        return rows.count(self.task.tenant_id, self.task.id)


@contextmanager
def _desk(
    tenant: UUID, task_id: UUID, token: int, actor: Actor, *asked: Asking[Any]
) -> Iterator[Any]:
    """Open the task's scope, lock the lease, and give a desk and what was asked for, in one trip.

    Raises NotFound and LeaseLost.
    """
    assert actor.id is not None
    leases = asking_leases(task_id, actor.id)
    with scope_asking(tenant, asking_task(task_id), leases, *asked) as (tasks, held, *found):
        if not tasks:
            raise NotFound
        lease = the_lease(held, token, work=QueueEntry.LABELLING)
        yield _Desk(tasks[0], lease), *found


def _named_in(changes: Changes) -> list[UUID]:
    """Ids of the tracks that a change names, as far as they are ids."""
    sent = changes.tracks if isinstance(changes.tracks, list) else []
    return [*filter(None, map(_id_in, sent)), *changes.deleted]


def _id_in(track: object) -> UUID | None:
    try:
        return UUID(track["id"]) if isinstance(track, dict) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _save(desk: _Desk, *, actor: Actor, changes: Changes) -> dict[UUID, int]:
    """Store a change and log it; tracks are written with all else that the desk writes."""
    task = desk.task
    _require_drawing(task)
    tracks = check_tracks(changes.tracks, ontology=ontology_of(task), picture=picture_of(task))
    revisions = _store(desk, tracks, changes)
    if changes.events or changes.deleted:
        desk.write()
        revisions |= store_spans(task, changes)
    desk.writes.append(
        recording(
            action="labels.saved",
            actor=actor,
            tenant=task.tenant_id,
            subject=("task", task.id),
            details={
                "tracks": len(tracks),
                "events": len(changes.events),
                "deleted": len(changes.deleted),
                "token": desk.lease.token,
            },
        )
    )
    return revisions


def _require_drawing(task: Task) -> None:
    if task.task_type == Task.LINKS:
        raise Conflict(DRAWS_NOTHING)


def _store(desk: _Desk, tracks: Mapping[UUID, dict[str, Any]], changes: Changes) -> dict[UUID, int]:
    named = [key for key in (*tracks, *changes.deleted) if key in desk.tracks]
    held = {key: desk.tracks[key] for key in named}
    spans = span_rows(desk.task, changes)
    for item, base in changes.revisions.items():
        _check_revision(item, base, spans.get(item) or held.get(item))
    changed = [
        held[key]
        for key, track in tracks.items()
        if key in held and take(held[key], _content(track))
    ]
    removed = [held[key] for key in changes.deleted if key in held and not held[key].deleted]
    for row in removed:
        row.deleted = True
        bump(row)
    desk.new = sorted(
        (track for key, track in tracks.items() if key not in held), key=itemgetter("id")
    )
    if desk.new and desk.count() + len(desk.new) > MAX_TRACKS_PER_TASK:
        raise Invalid(
            f"A task holds at most {MAX_TRACKS_PER_TASK} tracks; delete some first.",
            field="tracks",
        )
    if desk.new:
        desk.new_json = canonical_json(desk.new)
        desk.writes.append(rows.inserting(desk.task.tenant_id, desk.task.id, desk.new_json))
    if changed or removed:
        desk.writes.append(rows.updating([*changed, *removed]))
    first = dict.fromkeys((key for key in tracks if key not in held), 1)
    return {key: row.revision for key, row in held.items()} | first


def _check_revision(item: UUID, base: int, row: TrackRow | SpanRow | None) -> None:
    current = row.revision if row else 0
    if base != current:
        what = "Event" if isinstance(row, SpanRow) else "Track"
        raise Conflict(
            f"{what} {item} was changed elsewhere since (it is at revision {current}, you "
            f"started from {base}). Load the task again and repeat the change.",
            field=f"revisions.{item}",
        )


def _content(track: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in track.items() if name != "id"}


@contextmanager
def kept_as_draft(
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


def _freeze(desk: _Desk, spans: Sequence[Span]) -> Frozen:
    """Freeze what the desk holds of the whole task, what it has yet to write included."""
    _require_drawing(desk.task)
    kept = [track_of(row).to_wire() for row in desk.tracks.values() if not row.deleted]
    wires = sorted([*kept, *desk.new], key=itemgetter("id"))
    content = canonical_content(canonical_json(wires) if kept else desk.new_json, spans)
    return Frozen(content, len(wires), len(spans))


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

    with (
        kept_as_draft(tenant=tenant, task_id=task_id, token=token, actor=actor, changes=changes),
        _desk(tenant, task_id, token, actor, rows.asking_all(task_id), asking_spans(task_id)) as (
            desk,
            held,
            happened,
        ),
    ):
        desk.hold(held)
        desk.whole = True
        spans = [span_of(row) for row in happened]
        if changes is not None:
            _save(desk, actor=actor, changes=changes)
            if changes.events or changes.deleted:
                spans = spans_of(task_id)
        return _close(desk, _freeze(desk, spans), actor=actor, vendor=vendor)


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
    with _desk(tenant, task_id, token, actor) as (desk,):
        return _close(desk, freeze(desk.task), actor=actor, vendor=vendor)


def _close(desk: _Desk, frozen: Frozen, *, actor: Actor, vendor: UUID | None) -> LabelSet:
    """Hand in, with all that the desk has yet to write."""
    assert actor.id is not None
    task = desk.task
    label_set = LabelSet(
        tenant_id=task.tenant_id,
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
    logged = recording(
        action="labels.submitted",
        actor=actor,
        tenant=task.tenant_id,
        subject=("task", task.id),
        details={
            "label_set": str(label_set.id),
            "sha256": label_set.sha256,
            "tracks": frozen.tracks,
            "events": frozen.events,
            "round": label_set.round,
        },
    )
    _, told = emitting(
        "labels.submitted",
        tenant=task.tenant_id,
        data={
            "task": str(task.id),
            "label_set": str(label_set.id),
            "person": str(actor.id),
        },
    )
    desk.writes += [*_storing_set(label_set), finishing(desk.lease), logged, *told]
    desk.write(last=True)
    return label_set


def correct(
    *, task: Task, handed_in: LabelSet, lease: QueueEntry, actor: Actor, changes: Changes
) -> LabelSet:
    """Save a reviewer's changes and freeze them as the task's next round.

    In the caller's scope and transaction, under a review lease that was checked there. The work
    stays that of the vendor which did it. Raises Invalid and Conflict as `save_tracks` does, and
    Invalid where the labels come out as they were.
    """
    assert actor.id is not None
    desk = _Desk(task, lease, whole=True)
    desk.hold(list(TrackRow.objects.filter(task=task).order_by("track_id")))
    _save(desk, actor=actor, changes=changes)
    frozen = _freeze(desk, spans_of(task.id))
    sha256 = content_hash(frozen.content)
    if sha256 == handed_in.sha256:
        raise Invalid("The labels are as they were handed in: nothing is corrected.")
    label_set = LabelSet(
        tenant_id=task.tenant_id,
        task=task,
        author_id=actor.id,
        vendor_id=handed_in.vendor_id,
        kind=LabelSet.Kind.REVIEW,
        round=handed_in.round + 1,
        content=frozen.content.decode(),
        sha256=sha256,
        track_count=frozen.tracks,
        event_count=frozen.events,
    )
    logged = recording(
        action="labels.corrected",
        actor=actor,
        tenant=task.tenant_id,
        subject=("task", task.id),
        details={
            "label_set": str(label_set.id),
            "sha256": sha256,
            "tracks": frozen.tracks,
            "events": frozen.events,
            "round": label_set.round,
        },
    )
    desk.writes += [*_storing_set(label_set), logged]
    desk.write()
    task.rounds = label_set.round
    return label_set


def _storing_set(label_set: LabelSet) -> list[Statement]:
    """Give the statements that write a set, and that its task is handed in."""
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
    return [(_FREEZE, frozen), (_SUBMITTED, frozen)]
