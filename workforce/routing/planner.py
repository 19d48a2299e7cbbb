"""The planner: every few minutes it keeps the next work for those with whom it is worth most.

Its reservations are soft: they lapse, and whoever pulls gets what is kept for them first. With no
planner at all the pull lease still gives everybody the next piece that fits.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from core.access.models import Engagement
from core.clock import now
from core.outbox.jobs import enqueue
from core.outbox.models import Job
from core.outbox.periodic import every
from core.tenancy.scope import scope
from core.tenancy.statements import run_prepared
from workforce.routing.eligibility import open_engagements
from workforce.routing.flow import Ints, NotSettled, assign, greedy
from workforce.routing.models import Reservation
from workforce.routing.value import Hand, Known, asks, hands_of, known_to, open_to, points, table
from workforce.tasks.models import QueueEntry

#: Seconds between two plans, and how long a reservation holds: longer, or gaps would open.
PLAN_EVERY = 180.0
HOLDS = timedelta(minutes=10)
#: Entries looked at, in the lease's order, and people weighed for each.
HORIZON = 10_000
CANDIDATES = 20

logger = logging.getLogger(__name__)

Solver = Callable[..., Ints]

_RESERVE = """
update tasks_queueentry q set reserved_for = p.person, reserved_until = %(until)s
from unnest(%(entries)s::uuid[], %(people)s::uuid[]) as p(entry, person)
where q.id = p.entry and q.state = 'waiting'
  and (q.reserved_for is null or q.reserved_until is not null)
returning q.id"""


def plan(vendor: UUID) -> int:
    """Make the vendor's reservations anew; gives how many. What a manager assigned stays."""
    entries = list(waiting_for(vendor)[:HORIZON])
    hands = [hand for hand in hands_of(vendor) if hand.capacity]
    if not entries or not hands:
        return 0
    known, at = known_to(vendor), now()
    pairs, used = planned_pairs(vendor, entries, hands, known, at)
    return _reserve(vendor, pairs, known, at, used)


def planned_pairs(
    vendor: UUID, entries: Sequence[QueueEntry], hands: Sequence[Hand], known: Known, at: datetime
) -> tuple[list[tuple[QueueEntry, Hand]], str]:
    """Give who should get what, and how it was chosen: by auction, or greedily.

    Greedily where the setting says so, and where an auction does not settle: some plan is better
    than none.
    """
    if settings.ROUTING_PLANNER == "auction":
        try:
            return best_pairs(vendor, entries, hands, known, at), "auction"
        except NotSettled:
            logger.warning("The auction did not settle; this plan is greedy.")
    return best_pairs(vendor, entries, hands, known, at, solver=greedy), "greedy"


def planned_greedily() -> bool:
    """Whether what the planner keeps for people of the open scope now was chosen greedily."""
    kept = Reservation.objects.filter(by=Reservation.By.PLANNER, solver="greedy")
    return bool(kept.exists())


def waiting_for(vendor: UUID) -> "QuerySet[QueueEntry]":
    """Select what the vendor's people could take and no manager has assigned, in its order."""
    return QueueEntry.objects.filter(
        Q(vendor_id__isnull=True) | Q(vendor_id=vendor),
        Q(reserved_for__isnull=True) | Q(reserved_until__isnull=False),
        state=QueueEntry.State.WAITING,
        tenant_id__in=open_engagements(vendor),
    ).order_by("priority", "due_at", "id")


def best_pairs(
    vendor: UUID,
    entries: Sequence[QueueEntry],
    hands: Sequence[Hand],
    known: Known,
    at: datetime,
    *,
    solver: Solver = assign,
) -> list[tuple[QueueEntry, Hand]]:
    """Give who should get what, by the greatest sum of points within people's capacity."""
    allowed = open_to(vendor, entries)
    alike = defaultdict(list)
    for number, entry in enumerate(entries):
        alike[asks(entry)].append(number)
    rows, columns, values = [], [], []
    for key, numbers in alike.items():
        places = np.array(
            [n for n, hand in enumerate(hands) if hand.person in allowed.get(key, ())],
            dtype=np.int64,
        )
        if not len(places):
            continue
        worth = table([entries[n] for n in numbers], [hands[n] for n in places], known, at)
        best = np.argsort(-worth, axis=1, kind="stable")[:, :CANDIDATES]
        rows.append(np.repeat(np.array(numbers, dtype=np.int64), best.shape[1]))
        columns.append(places[best].ravel())
        values.append(np.take_along_axis(worth, best, axis=1).ravel())
    if not rows:
        return []
    order = np.argsort(np.concatenate(rows), kind="stable")
    task, person = np.concatenate(rows)[order], np.concatenate(columns)[order]
    value = np.maximum(np.concatenate(values)[order], 1e-3)
    capacity = np.array([hand.capacity for hand in hands], dtype=np.int64)
    chosen = solver(task, person, value, capacity, len(entries))
    return [(entries[task[e]], hands[person[e]]) for e in chosen[chosen >= 0]]


def _reserve(
    vendor: UUID,
    pairs: Sequence[tuple[QueueEntry, Hand]],
    known: Known,
    at: datetime,
    solver: str,
) -> int:
    until = at + HOLDS
    with scope(vendor):
        kept = {
            row[0]
            for row in run_prepared(
                _RESERVE,
                {
                    "entries": [entry.id for entry, _ in pairs],
                    "people": [hand.person for _, hand in pairs],
                    "until": until,
                },
            )
        }
        Reservation.objects.filter(by=Reservation.By.PLANNER).delete()
        Reservation.objects.filter(entry_id__in=kept).delete()
        reasons = {entry.id: points(entry, hand, known, at) for entry, hand in pairs}
        Reservation.objects.bulk_create(
            Reservation(
                tenant_id=vendor,
                entry_id=entry.id,
                person=hand.person,
                by=Reservation.By.PLANNER,
                reasons=reasons[entry.id],
                value=round(sum(reasons[entry.id].values()), 3),
                until=until,
                solver=solver,
                decided_at=at,
            )
            for entry, hand in pairs
            if entry.id in kept
        )
    return len(kept)


@every(PLAN_EVERY)
def plan_all() -> int:
    """Enqueue a plan for each vendor that is engaged now. Gives how many."""
    instant = now()
    vendors = set(
        Engagement.objects.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=instant), starts_at__lte=instant
        ).values_list("vendor_id", flat=True)
    )
    with transaction.atomic():
        waiting = Job.objects.filter(kind="routing.plan", state__in=["open", "running"])
        vendors -= set(waiting.values_list("tenant_id", flat=True))
        for vendor in vendors:
            enqueue("routing.plan", tenant=vendor)
    return len(vendors)
