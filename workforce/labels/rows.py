"""Rows of tracks, read and written many at a time: every autosave passes here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from core.clock import now
from core.tenancy.managers import check_owner, check_tenant
from core.tenancy.prepared import Asking, Prepared
from core.tenancy.statements import Statement, run_prepared
from workforce.labels.models import TrackRow

_NAMED = Prepared(
    lambda task, tracks: TrackRow.objects.filter(task=task, track_id__any_of=tracks),
    task=UUID,
    tracks=list,
)
_ALL = Prepared(lambda task: TrackRow.objects.filter(task=task).order_by("track_id"), task=UUID)
_COUNT = """
select count(*) from labels_track
where tenant_id = %(tenant)s and task_id = %(task)s and not deleted
"""
_INSERT = """
insert into labels_track (id, tenant_id, task_id, track_id, label, kind, attributes, keyframes,
  revision, deleted, updated_at)
select gen_random_uuid(), %(tenant)s, %(task)s, r.id, r.label, r.kind, r.attributes, r.keyframes,
  1, false, %(at)s
from json_to_recordset(%(tracks)s::json)
  as r(id uuid, label text, kind text, attributes jsonb, keyframes jsonb)
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


def count(tenant: UUID, task_id: UUID) -> int:
    """Give how many tracks the task has, deleted ones left out."""
    [(found,)] = run_prepared(_COUNT, {"tenant": tenant, "task": task_id})
    return int(found)


def asking_all(task_id: UUID) -> Asking[list[TrackRow]]:
    """Ask for all rows of a task, deleted ones included."""
    return _ALL.asking(task=task_id)


def asking_named(task_id: UUID, tracks: Sequence[UUID]) -> Asking[list[TrackRow]]:
    """Ask for the rows of these tracks of a task, deleted ones included."""
    return _NAMED.asking(task=task_id, tracks=list(tracks))


def inserting(tenant: UUID, task_id: UUID, tracks: bytes) -> Statement:
    """Give the statement that adds tracks of one task: JSON, a list of them in the wire form.

    It raises IntegrityError for a track that is there already.
    """
    check_tenant(tenant)
    values = {"tenant": tenant, "task": task_id, "tracks": tracks.decode(), "at": now()}
    return _INSERT, values


def updating(rows: Sequence[TrackRow]) -> Statement:
    """Give the statement that stores what was changed in rows of one task, at least one."""
    return _UPDATE, {"tenant": rows[0].tenant_id, **_columns(rows)}


def _columns(rows: Sequence[TrackRow]) -> dict[str, list[Any]]:
    for row in rows:
        check_owner(row)
    columns: dict[str, list[Any]] = {}
    for name in _COLUMNS:
        values = [getattr(row, name) for row in rows]
        columns[name] = [_WRITTEN[name](value) for value in values] if name in _WRITTEN else values
    return columns
