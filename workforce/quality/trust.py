"""Trust per person and skill, in the vendor's scope: from evidence, gated, reinstated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from statistics import fmean
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import require_tenant, scope
from workforce.people.standing import set_gate
from workforce.quality.gates import Gate
from workforce.quality.models import Evidence, Score, Trust
from workforce.quality.posterior import Posterior, posterior

# A person's own standing moves on only after so many gold tasks: if it moved after each, the moment
# would tell which task was gold.
TOLD_IN_BATCHES_OF = 3


def standings(*, vendor: UUID, person: UUID) -> list[dict[str, Any]]:
    """What a person is told of their own measurements: counts and means for each skill."""
    told: list[dict[str, Any]] = []
    with scope(vendor):
        for trust in Trust.objects.filter(person_id=person).order_by("skill"):
            rows = Evidence.objects.filter(person_id=person, skill=trust.skill)
            count = rows.count() // TOLD_IN_BATCHES_OF * TOLD_IN_BATCHES_OF
            batch = list(rows.order_by("scored_at", "id")[:count])
            standing = {"skill": trust.skill, "gated": trust.gated, "measured": count}
            if batch:
                standing |= {
                    "passed": sum(row.passed for row in batch),
                    "missed": missed_marks(batch),
                    **_means(batch),
                }
            told.append(standing)
    return told


def _means(rows: list[Evidence]) -> dict[str, float]:
    """Means of what was measured in each: boxes by HOTA, LocA and IDF1, links by B-cubed F1."""
    linked = str(Gate.BCUBED_F1)
    values = {
        "hota": [row.hota for row in rows],
        "loc_a": [row.loc_a for row in rows],
        "idf1": [row.idf1 for row in rows],
        "bcubed_f1": [row.gates.get(linked, {}).get("value") for row in rows],
    }
    known = {name: [one for one in some if one is not None] for name, some in values.items()}
    return {name: round(fmean(some), 3) for name, some in known.items() if some}


def missed_marks(rows: Iterable[Evidence]) -> dict[str, int]:
    """How often each part fell short of its mark: why gold was not passed."""
    missed = Counter(
        name for row in rows for name, verdict in row.gates.items() if not verdict["passed"]
    )
    return dict(missed.most_common())


def gated_skills(person: UUID) -> frozenset[str]:
    """Skills that the gate has closed to a person of the vendor whose scope is open."""
    return frozenset(
        Trust.objects.filter(person_id=person, gated=True).values_list("skill", flat=True)
    )


def posterior_of(
    person: UUID, skill: str, *, since: datetime | None = None, at: datetime | None = None
) -> Posterior:
    """Posterior at an instant (now), from the evidence up to it in the vendor's open scope."""
    instant = at or now()
    rows = Evidence.objects.filter(person_id=person, skill=skill, scored_at__lte=instant)
    if since is not None:
        rows = rows.filter(scored_at__gt=since)
    return posterior(rows.values_list("scored_at", "passed"), instant)


def add_evidence(*, vendor: UUID, score: Score) -> Trust:
    """Take a score into the person's trust; a second time changes nothing.

    Records `trust.gated` and emits it when the gate closes.
    """
    with scope(vendor):
        Evidence.objects.get_or_create(
            tenant_id=vendor,
            score_id=score.id,
            defaults={
                "person_id": score.person_id,
                "skill": score.skill,
                "passed": score.passed,
                "hota": score.hota,
                "loc_a": score.loc_a,
                "idf1": score.idf1,
                "gates": score.gates,
                "scored_at": score.scored_at,
            },
        )
        return recompute(person=score.person_id, skill=score.skill)


def recompute(*, person: UUID, skill: str) -> Trust:
    """Bring the stored trust up to date with the evidence, in the vendor's open scope."""
    vendor = require_tenant()
    trust: Trust
    trust, _ = Trust.objects.select_for_update().get_or_create(
        tenant_id=vendor,
        person_id=person,
        skill=skill,
        defaults={"alpha": 1.0, "beta": 1.0, "gold_count": 0},
    )
    known = posterior_of(person, skill, since=trust.since)
    closes = known.gated and not trust.gated
    trust.alpha, trust.beta, trust.gold_count = known.alpha, known.beta, known.gold_count
    trust.gated = known.gated
    trust.updated_at = now()
    trust.save()
    set_gate(vendor=vendor, person=person, skill=skill, closed=trust.gated)
    if closes:
        record(
            action="trust.gated",
            actor=Actor.system("quality"),
            tenant=vendor,
            subject=("person", person),
            details={"skill": skill, "gold": known.gold_count},
        )
        emit(
            "trust.gated",
            tenant=vendor,
            data={"person": str(person), "skill": skill, "trust": str(trust.id)},
        )
    return trust


def reinstate(*, actor: Actor, vendor: UUID, trust_id: UUID, reason: str) -> Trust:
    """Open a closed skill again: earlier evidence no longer counts.

    Raises NotFound, Invalid without a reason of at most 500 characters.
    """
    if not reason.strip() or len(reason) > 500 or "\x00" in reason:
        raise Invalid("Say in a sentence why the skill opens again.", field="reason")
    with scope(vendor):
        trust: Trust | None = Trust.objects.select_for_update().filter(id=trust_id).first()
        if trust is None:
            raise NotFound
        trust.since = now()
        trust.save(update_fields=["since"])
        record(
            action="trust.reinstated",
            actor=actor,
            tenant=vendor,
            subject=("person", trust.person_id),
            details={"skill": trust.skill},
            personal={"reason": reason},
        )
        emit(
            "trust.reinstated",
            tenant=vendor,
            data={
                "trust": str(trust.id),
                "person": str(trust.person_id),
                "skill": trust.skill,
                "since": trust.since.isoformat(),
            },
        )
        return recompute(person=trust.person_id, skill=trust.skill)
