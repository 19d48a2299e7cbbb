"""The pull lease: the next piece of work for one person, taken with SKIP LOCKED.

Of any number of people who pull at once, none gets what another got, and none waits for another.
Gold is drawn here, inside the lease, so that it comes at the moment and in the form of work.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from workforce.people.services import live_skills
from workforce.quality.gold import draw_gold, expose_gold
from workforce.quality.trust import gated_skills
from workforce.routing.eligibility import Candidate, eligible, waiting
from workforce.routing.models import Decision
from workforce.tasks.leases import LEASE
from workforce.tasks.models import QueueEntry, Task


@dataclass(frozen=True, slots=True)
class Leased:
    """A lease and the task that it is on."""

    entry: QueueEntry
    task: Task
    tenant: Organization


def candidate_of(person: UUID, vendor: UUID) -> Candidate:
    """Read a person's live skills, less those that a gate has closed."""
    with scope(vendor):
        skills = live_skills(person)
        gated = gated_skills(person)
    return Candidate(person, vendor, tuple(s for s in skills if s not in gated))


def lease_next(*, actor: Actor, vendor: UUID, work: str) -> Leased | None:
    """Give the person their current lease of this kind of work, or the next one; None: no work.

    Raises Conflict when the person holds no skill that a gate leaves open.
    """
    assert actor.id is not None
    candidate = candidate_of(actor.id, vendor)
    with transaction.atomic():
        entry = _current(actor.id, work) or _take(actor, candidate, work)
        if entry is None:
            if not candidate.skills:
                raise Conflict(
                    "There is no work that you may do now: you hold no open skill. "
                    "Your vendor manager sees why and can reinstate one."
                )
            return None
        with scope(entry.tenant_id):
            task = Task.objects.select_related("ontology").get(id=entry.task_id)
    return Leased(entry, task, Organization.objects.get(id=entry.tenant_id))


def _current(person: UUID, work: str) -> QueueEntry | None:
    return QueueEntry.objects.filter(
        lessee=person, work=work, state=QueueEntry.State.LEASED, lease_until__gt=now()
    ).first()


def _take(actor: Actor, candidate: Candidate, work: str) -> QueueEntry | None:
    entry: QueueEntry | None = (
        waiting(work).select_for_update(skip_locked=True).filter(eligible(candidate)).first()
    )
    if entry is None:
        return None
    with scope(entry.tenant_id):
        if work == QueueEntry.Work.ANNOTATE:
            entry = _gold_instead(candidate, entry) or entry
        entry.state = QueueEntry.State.LEASED
        entry.lessee = candidate.person
        entry.leased_at = now()
        entry.lease_until = entry.leased_at + LEASE
        entry.token += 1
        entry.save()
        reasons = {
            "skill": entry.skill,
            "priority": entry.priority,
            "due": entry.due_at.isoformat() if entry.due_at else None,
            "reserved": entry.reserved_for is not None,
        }
        Decision.objects.create(
            tenant_id=entry.tenant_id,
            task_id=entry.task_id,
            person=candidate.person,
            reasons=reasons,
        )
        record(
            action="lease.taken",
            actor=actor,
            tenant=entry.tenant_id,
            subject=("task", entry.task_id),
            details={"token": entry.token, "work": work, "vendor": str(candidate.vendor)},
        )
    return entry


def _gold_instead(candidate: Candidate, entry: QueueEntry) -> QueueEntry | None:
    """Draw gold of the same project in place of `entry`, which stays in the queue."""
    task = Task.objects.select_related("project").get(id=entry.task_id)
    gold = draw_gold(person=candidate.person, project_id=task.project_id, task_type=task.task_type)
    if gold is None:
        return None
    copy = Task.objects.create(
        tenant_id=entry.tenant_id,
        project_id=task.project_id,
        clip_id=gold.clip_id,
        ontology_id=task.ontology_id,
        task_type=task.task_type,
        start_frame=gold.start_frame,
        end_frame=gold.end_frame,
        for_gold=True,
    )
    expose_gold(gold=gold, task=copy, person=candidate.person)
    return QueueEntry(
        task_id=copy.id,
        tenant_id=entry.tenant_id,
        vendor_id=entry.vendor_id,
        work=entry.work,
        skill=entry.skill,
        priority=entry.priority,
        due_at=entry.due_at,
        # A lease that runs out must not hand this person's gold to somebody else.
        reserved_for=candidate.person,
    )
