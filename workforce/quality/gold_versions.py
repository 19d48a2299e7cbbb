"""The next version of gold: a reviewed revision of its frames, or its truth corrected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from core.access.actors import Actor
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.scope import scope
from workforce.quality.gold import GoldRange, create_gold
from workforce.quality.gold_desk import find_gold, revisions_for
from workforce.quality.models import GoldTruth


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
