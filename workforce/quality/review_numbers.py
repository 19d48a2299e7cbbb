"""A reviewer's own day: what was decided, and how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from core.tenancy.scope import scope
from workforce.quality.models import ReviewDecision, ReviewDispute
from workforce.tasks.models import QueueEntry

#: A review that was taken longer ago is not timed.
LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ReviewNumbers:
    """Counts since an instant; the middle time of a review in minutes, None without any."""

    accepted: int
    sent_back: int
    corrected: int
    disputes: int
    minutes: float | None

    @property
    def decided(self) -> int:
        """All decisions together."""
        return self.accepted + self.sent_back + self.corrected + self.disputes


def numbers_since(*, clients: Iterable[UUID], person: UUID, since: datetime) -> ReviewNumbers:
    """Count what the person decided for these clients, a client's scope after another."""
    outcomes: Counter[str] = Counter()
    disputes = 0
    for client in clients:
        with scope(client):
            mine = ReviewDecision.objects.filter(reviewer_id=person, decided_at__gte=since)
            outcomes.update(mine.values_list("outcome", flat=True))
            disputes += ReviewDispute.objects.filter(
                decider_id=person, decided_at__gte=since
            ).count()
    taken = QueueEntry.objects.filter(
        lessee=person,
        work=QueueEntry.Work.REVIEW,
        state=QueueEntry.State.DONE,
        finished_at__gte=since,
        # An index leads to what was taken lately; nobody holds a review for longer.
        leased_at__gte=since - LONGEST,
    ).values_list("leased_at", "finished_at")
    spent = [(end - start).total_seconds() / 60 for start, end in taken if start and end]
    kinds = ReviewDecision.Outcome
    return ReviewNumbers(
        outcomes[kinds.ACCEPT],
        outcomes[kinds.SEND_BACK],
        outcomes[kinds.CORRECT],
        disputes,
        median(spent) if spent else None,
    )
