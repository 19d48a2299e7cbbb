"""A vendor's people, read: skills, trust and load."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from core.clock import now
from core.tenancy.scope import scope
from workforce.people.models import Worker
from workforce.quality.models import Trust
from workforce.tasks.models import QueueEntry


@dataclass(frozen=True, slots=True)
class Person:
    """One worker of the vendor, with what they hold and have done."""

    worker: Worker
    skills: list[dict[str, Any]]
    leased: int
    done: int
    done_today: int


def people_of(vendor: UUID) -> list[Person]:
    """Read the vendor's workers with their load, in four queries."""
    with scope(vendor):
        workers = list(
            Worker.objects.select_related("user")
            .prefetch_related("skills", "qualifications", "shifts", "exceptions")
            .order_by("user__name", "created_at")
        )
        trust = {(t.person_id, t.skill): t for t in Trust.objects.all()}
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    done = Q(state=QueueEntry.State.DONE)
    loads = {
        row["lessee"]: row
        for row in QueueEntry.objects.filter(lessee__in=[w.user_id for w in workers])
        .exclude(work=QueueEntry.Work.QUIZ)
        .values("lessee")
        .annotate(
            leased=Count("id", filter=Q(state=QueueEntry.State.LEASED)),
            done=Count("id", filter=done),
            done_today=Count("id", filter=done & Q(leased_at__gte=midnight)),
        )
    }
    idle = {"leased": 0, "done": 0, "done_today": 0}
    people = []
    for worker in workers:
        load = loads.get(worker.user_id, idle)
        skills = []
        for skill in worker.skills.all():
            known = trust.get((worker.user_id, skill.task_type))
            skills.append(
                {
                    "task_type": skill.task_type,
                    "level": skill.level,
                    "trust": known.alpha / (known.alpha + known.beta) if known else None,
                    "gold": known.gold_count if known else 0,
                    "gated": bool(known and known.gated),
                    "id": known.id if known else None,
                }
            )
        people.append(Person(worker, skills, load["leased"], load["done"], load["done_today"]))
    return people
