"""Rows of tracks, read and written many at a time: every autosave passes here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from core.tenancy.managers import check_owner
from core.tenancy.prepared import Prepared
from core.tenancy.statements import run_prepared
from workforce.labels.models import TrackRow

_NAMED = Prepared(
    lambda task, tracks: TrackRow.objects.filter(task=task, track_id__any_of=tracks),
    task=UUID,
    tracks=list,
)
_COUNT = """
select count(*) from labels_track
where tenant_id = %(tenant)s and task_id = %(task)s and not deleted
"""
_INSERT = """
insert into labels_track (id, tenant_id, task_id, track_id, label, kind, attributes, keyframes,
  revision, deleted, updated_at)
select r.id, %(tenant)s, %(task)s, r.track_id, r.label, r.kind, r.attributes::jsonb,
  r.keyframes::jsonb, r.revision, r.deleted, r.updated_at
from unnest(%(id)s::uuid[], %(track_id)s::uuid[], %(label)s::text[], %(kind)s::text[],
    %(attributes)s::text[], %(keyframes)s::text[], %(revision)s::int[], %(deleted)s::bool[],
    %(updated_at)s::timestamptz[])
  as r(id, track_id, label, kind, attributes, keyframes, revision, deleted, updated_at)
"""
_UPDATE = """
update labels_track t set label = r.label, kind = r.kind, attributes = r.attributes::jsonb,
  keyframes = r.keyframes::jsonb, revision = r.revision, deleted = r.deleted,
  updated_at = r.updated_at
from unnest(%(id)s::uuid[], %(label)s::text[], %(kind)s::text[], %(attributes)s::text[],
    %(keyframes)s::text[], %(revision)s::int[], %(deleted)s::bool[], %(updated_at)s::timestamptz[])
  as r(id, label, kind, attributes, keyframes, revision, deleted, updated_at)
where t.id = r.id and t.tenant_id = %(tenant)s
"""
#: How the values of a column go to the database, where not as they are.
_WRITTEN: dict[str, Callable[[Any], str]] = {"attributes": json.dumps, "keyframes": json.dumps}
_COLUMNS = ("id", "label", "kind", "attributes", "keyframes", "revision", "deleted", "updated_at")


def named(task_id: UUID, tracks: Sequence[UUID]) -> dict[UUID, TrackRow]:
    """Rows of these tracks of a task, deleted ones included, by the track's id."""
    return {row.track_id: row for row in _NAMED(task=task_id, tracks=list(tracks))}


def count(tenant: UUID, task_id: UUID) -> int:
    """Give how many tracks the task has, deleted ones left out."""
    [(found,)] = run_prepared(_COUNT, {"tenant": tenant, "task": task_id})
    return int(found)


def insert(rows: Sequence[TrackRow]) -> None:
    """Add rows of one task. Raises IntegrityError for a track that is there already."""
    if rows:
        values = {**_columns(rows), "track_id": [row.track_id for row in rows]}
        run_prepared(_INSERT, {"tenant": rows[0].tenant_id, "task": rows[0].task_id, **values})


def update(rows: Sequence[TrackRow]) -> None:
    """Store what was changed in rows of one task."""
    if rows:
        run_prepared(_UPDATE, {"tenant": rows[0].tenant_id, **_columns(rows)})


def _columns(rows: Sequence[TrackRow]) -> dict[str, list[Any]]:
    for row in rows:
        check_owner(row)
    columns: dict[str, list[Any]] = {}
    for name in _COLUMNS:
        values = [getattr(row, name) for row in rows]
        columns[name] = [_WRITTEN[name](value) for value in values] if name in _WRITTEN else values
    return columns
