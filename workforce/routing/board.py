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


def paused_of(vendor: UUID) -> list[Worker]:
    """List the vendor's workers of whom a skill is paused by the quality gate, by name."""
    with scope(vendor):
        gated = Trust.objects.filter(gated=True).values("person_id")
        skilled = Worker.objects.select_related("user").filter(user_id__in=gated)
        return list(skilled.order_by("user__name", "created_at"))


def people_of(vendor: UUID, *, worker: UUID | None = None) -> list[Person]:
    """Read the vendor's workers, or the one, with their load; how many makes no query more."""
    with scope(vendor):
        rows = Worker.objects.select_related("user").prefetch_related(
            "skills", "qualifications", "shifts", "exceptions"
        )
        if worker is not None:
            rows = rows.filter(id=worker)
        workers = list(rows.order_by("user__name", "created_at"))
        known = Trust.objects.filter(person_id__in=[w.user_id for w in workers])
        trust = {(t.person_id, t.skill): t for t in known}
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
    for row in workers:
        load = loads.get(row.user_id, idle)
        skills = []
        for skill in row.skills.all():
            held = trust.get((row.user_id, skill.task_type))
            skills.append(
                {
                    "task_type": skill.task_type,
                    "level": skill.level,
                    "trust": held.alpha / (held.alpha + held.beta) if held else None,
                    "gold": held.gold_count if held else 0,
                    "gated": bool(held and held.gated),
                    "id": held.id if held else None,
                }
            )
        people.append(Person(row, skills, load["leased"], load["done"], load["done_today"]))
    return people
