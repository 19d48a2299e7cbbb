"""The next version of gold: a reviewed revision of its frames, or its truth corrected."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.scope import scope
from workforce.labels.changes import Changes
from workforce.quality.gold import GoldRange, create_gold
from workforce.quality.gold_desk import find_gold, revisions_for
from workforce.quality.models import GoldTruth
from workforce.tasks.models import Task


def renew_from_revision(
    *, actor: Actor, tenant: UUID, gold_id: UUID, label_set_id: UUID
) -> GoldTruth:
    """Make labels that a reviewer accepted the truth of the next version; the old one is retired.

    Raises NotFound for gold or labels that are not of these frames, Conflict where they are its
    truth already or it is retired.
    """
    with scope(tenant):
        gold = find_gold(gold_id)
        chosen = [one for one in revisions_for(gold) if one.label_set.id == label_set_id]
        if not chosen:
            raise NotFound
        if chosen[0].current:
            raise Conflict("These labels are the truth of this version already.")
        content = json.loads(chosen[0].label_set.content)
        return _next(actor, gold, content)


def correct_gold(
    *,
    actor: Actor,
    tenant: UUID,
    gold_id: UUID,
    left_out: frozenset[UUID] = frozenset(),
    labels: Mapping[UUID, str] | None = None,
) -> GoldTruth:
    """Make the next version without some objects, or with others called by another label.

    What happens to an object that is left out is left out too. Raises NotFound, Invalid for a
    label that the ontology does not have, Conflict where nothing changes or it is retired.
    """
    labels = labels or {}
    with scope(tenant):
        gold = find_gold(gold_id)
        content = json.loads(gold.content)
        known = {UUID(track["id"]) for track in content["tracks"]}
        if not known >= {*left_out, *labels}:
            raise NotFound
        tracks = [track for track in content["tracks"] if UUID(track["id"]) not in left_out]
        changed = len(tracks) != len(content["tracks"])
        for track in tracks:
            called = labels.get(UUID(track["id"]), track["label"])
            changed |= called != track["label"]
            track["label"] = called
        if not changed:
            raise Conflict("Nothing would change: leave objects out, or choose other labels.")
        gone = {str(track) for track in left_out}
        events = [
            event
            for event in content.get("events", [])
            if not gone.intersection(event.get("participants", []))
        ]
        return _next(actor, gold, {"tracks": tracks, "events": events})


def redraw_gold(*, actor: Actor, tenant: UUID, gold_id: UUID, changes: Changes) -> GoldTruth:
    """Make the next version with tracks and events drawn anew, added or deleted.

    Raises NotFound, Invalid for labels that cannot be, Conflict where nothing changes or it is
    retired.
    """
    with scope(tenant):
        gold = find_gold(gold_id)
        if gold.task_type == Task.LINKS:
            raise Conflict("The truth of links is not drawn; make it of a task that is reviewed.")
        if not isinstance(changes.tracks, list):
            raise Invalid("Tracks are a list.", field="tracks")
        content = json.loads(gold.content)
        drawn = {
            kind: _with(content.get(kind, []), sent, changes.deleted)
            for kind, sent in (("tracks", changes.tracks), ("events", changes.events))
        }
        if all(drawn[kind] == content.get(kind, []) for kind in drawn):
            raise Conflict("Nothing would change: the truth is as it was.")
        return _next(actor, gold, drawn)


def _with(items: list[Any], sent: list[Any], deleted: Collection[UUID]) -> list[Any]:
    """Items with those that were sent in their places or behind, and without the deleted ones."""
    gone = {str(key) for key in deleted}
    known = {item["id"]: item for item in items if item["id"] not in gone}
    # What is sent may be anything: create_gold checks it, and names its place.
    for place, item in enumerate(sent):
        key = item.get("id") if isinstance(item, dict) else None
        known[key if isinstance(key, str) else f"unnamed {place}"] = item
    return list(known.values())


def _next(actor: Actor, gold: GoldTruth, content: Mapping[str, list[object]]) -> GoldTruth:
    if gold.state == GoldTruth.State.RETIRED:
        raise Conflict("This gold is retired; work on its newest version.")
    if not content["tracks"] and not content.get("events"):
        raise Invalid("Gold without a single object or event measures nobody.", field="tracks")
    return create_gold(
        actor=actor,
        tenant=gold.tenant_id,
        where=GoldRange(gold.clip_id, gold.start_frame, gold.end_frame, gold.task_type),
        tracks=list(content["tracks"]),
        events=list(content.get("events", [])),
        replaces=gold.id,
        quiz_level=gold.quiz_level,
    )
