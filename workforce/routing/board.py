"""A vendor's people, read: skills, trust and load."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from core.tenancy.scope import scope
from workforce.people.models import Skill, Worker
from workforce.quality.models import Trust
from workforce.tasks.handed_in import handed_in
from workforce.tasks.models import QueueEntry


@dataclass(frozen=True, slots=True)
class Person:
    """One worker of the vendor, with what they hold and have done."""

    worker: Worker
    skills: list[dict[str, Any]]
    leased: int
    done: int
    done_today: int


def people_of(vendor: UUID, *, worker: UUID | None = None) -> list[Person]:
    """Read the vendor's workers, or the one, with their load; how many makes no query more."""
    with scope(vendor):
        rows = Worker.objects.select_related("user")
        if worker is not None:
            related = ("qualifications", "shifts", "exceptions")
            rows = rows.filter(id=worker).prefetch_related(*related)
        workers = list(rows.order_by("user__name", "created_at"))
        held: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
        for owner, task_type, level in Skill.objects.filter(
            worker_id__in=[w.id for w in workers]
        ).values_list("worker_id", "task_type", "level"):
            held[owner].append((task_type, level))
        trusts = Trust.objects.filter(person_id__in=[w.user_id for w in workers])
        trust = {(t.person_id, t.skill): t for t in trusts}
    ids = [w.user_id for w in workers]
    done = handed_in(ids)
    leased = dict(
        QueueEntry.objects.filter(lessee__in=ids, state=QueueEntry.State.LEASED)
        .exclude(work=QueueEntry.Work.QUIZ)
        .values_list("lessee")
        .annotate(number=Count("id"))
    )
    people = []
    for row in workers:
        skills = []
        for task_type, level in held[row.id]:
            known = trust.get((row.user_id, task_type))
            skills.append(
                {
                    "task_type": task_type,
                    "level": level,
                    "trust": known.alpha / (known.alpha + known.beta) if known else None,
                    "gold": known.gold_count if known else 0,
                    "gated": bool(known and known.gated),
                    "id": known.id if known else None,
                }
            )
        handed = done[row.user_id]
        people.append(Person(row, skills, leased.get(row.user_id, 0), handed.in_all, handed.today))
    return people
