"""How much each person handed in, in all and today.

Of whoever handed in much, what was handed in before today is counted once a day and kept; the rest
is counted whenever it is asked for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from core.clock import now
from workforce.tasks.models import QueueEntry

#: From so many on, what was handed in before today is kept.
MANY = 200


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Pieces of work that a person handed in, quizzes aside; today: taken since midnight, UTC."""

    in_all: int
    today: int


def handed_in(people: Collection[UUID]) -> dict[UUID, HandedIn]:
    """Count what these people handed in, of all clients."""
    instant = now()
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    keys = {_key(person, midnight): person for person in people}
    before: dict[UUID, int] = {keys[key]: number for key, number in cache.get_many(keys).items()}
    unknown = [person for person in people if person not in before]
    if unknown:
        counted = dict(_counted(_done(unknown).filter(leased_at__lt=midnight)))
        before |= {person: counted.get(person, 0) for person in unknown}
        many = {_key(who, midnight): n for who, n in counted.items() if n >= MANY}
        if many:
            over = midnight + timedelta(days=1) - instant
            cache.set_many(many, max(1, int(over.total_seconds())))
    # What came back and stands by a dispute's decision was given up by its lessee in between.
    recent = _done(people).filter(Q(leased_at__gte=midnight) | Q(leased_at__isnull=True))
    today = Count("id", filter=Q(leased_at__gte=midnight))
    since = {
        person: (number, fresh) for person, number, fresh in _counted(recent).annotate(today=today)
    }
    return {
        person: HandedIn(before[person] + number, fresh)
        for person in people
        for number, fresh in [since.get(person, (0, 0))]
    }


def _done(people: Collection[UUID]) -> QuerySet[QueueEntry]:
    done = QueueEntry.objects.filter(lessee__in=people, state=QueueEntry.State.DONE)
    return done.exclude(work=QueueEntry.Work.QUIZ)


def _counted(rows: QuerySet[QueueEntry]) -> QuerySet[QueueEntry, tuple[UUID, int]]:
    return rows.order_by().values_list("lessee").annotate(number=Count("id"))


def _key(person: UUID, midnight: datetime) -> str:
    return f"handed-in:{person}:{midnight:%Y-%m-%d}"
