"""Trust per person and skill, in the vendor's scope: from evidence, gated, reinstated."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import require_tenant, scope
from core.tenancy.statements import run_prepared
from workforce.people.standing import set_gate
from workforce.quality.gates import Gate
from workforce.quality.models import Evidence, Score, Trust
from workforce.quality.posterior import Posterior, posterior

# A person's own standing moves on only after so many gold tasks: if it moved after each, the moment
# would tell which task was gold.
TOLD_IN_BATCHES_OF = 3
#: Means that are told: of boxes HOTA, LocA and IDF1, of links B-cubed F1.
MEANS = ("hota", "loc_a", "idf1", "bcubed_f1")


#: What a person is told of: all evidence of a skill but the newest, where it fills no batch.
_TOLD = """
with told as (
  select e.* from (
    select skill, passed, hota, loc_a, idf1, gates,
      row_number() over (partition by skill order by scored_at, id) as number,
      count(*) over (partition by skill) as many
    from quality_evidence where person_id = %(person)s) e
  where e.number <= e.many - e.many %% %(batch)s)"""
_COUNTED = f"""{_TOLD}
select skill, count(*), count(*) filter (where passed), avg(hota), avg(loc_a), avg(idf1),
  avg((gates -> %(linked)s ->> 'value')::float)
from told group by skill"""  # noqa: S608 - made of constants
#: How often each part fell short of its mark: why gold was not passed.
_MISSED = f"""{_TOLD}
select skill, gate.key, count(*) from told, jsonb_each(gates) gate
where not (gate.value ->> 'passed')::boolean group by skill, gate.key
order by count(*) desc, gate.key"""  # noqa: S608 - made of constants


def standings(*, vendor: UUID, person: UUID) -> list[dict[str, Any]]:
    """What a person is told of their own measurements: counts and means for each skill.

    Two queries however much was measured.
    """
    values = {"person": person, "batch": TOLD_IN_BATCHES_OF, "linked": str(Gate.BCUBED_F1)}
    with scope(vendor):
        trusts = list(Trust.objects.filter(person_id=person).order_by("skill"))
        counted = {row[0]: row[1:] for row in run_prepared(_COUNTED, values)}
        missed: dict[str, dict[str, int]] = defaultdict(dict)
        for skill, name, times in run_prepared(_MISSED, values):
            missed[skill][name] = times
    told: list[dict[str, Any]] = []
    for trust in trusts:
        measured, passed, *means = counted.get(trust.skill, (0, 0))
        standing = {"skill": trust.skill, "gated": trust.gated, "measured": measured}
        if measured:
            standing |= {
                "passed": passed,
                "missed": missed[trust.skill],
                **{
                    name: round(mean, 3)
                    for name, mean in zip(MEANS, means, strict=True)
                    if mean is not None
                },
            }
        told.append(standing)
    return told


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
