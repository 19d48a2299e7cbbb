"""The board, read: people x work, with fit, load, trust and deadline. Ids, counts and dates."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from core.clock import now
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tenants.projects.models import Project
from workforce.people.models import Worker
from workforce.routing.eligibility import open_engagements
from workforce.routing.value import (
    POINTS,
    Hand,
    Known,
    asks,
    hands_of,
    known_to,
    open_to,
    points,
)
from workforce.tasks.models import QueueEntry

#: Free tasks of a column that the page can select.
SELECTABLE = 200


@dataclass(slots=True)
class Column:
    """One project's work of one kind."""

    client: str
    name: str
    work: str
    skill: str
    free: list[QueueEntry] = field(default_factory=list)
    held: list[QueueEntry] = field(default_factory=list)
    taken: int = 0
    due: datetime | None = None
    #: Tasks kept for or in the hands of each person.
    has: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def status(self) -> str:
        """How the nearest date stands: bad when it is over, warn within a day."""
        if self.due is None:
            return "neutral"
        left = (self.due - now()).total_seconds()
        return "bad" if left < 0 else "warn" if left < 86_400 else "ok"


@dataclass(frozen=True, slots=True)
class Cell:
    """A person and a column: whether they may, how well it fits (of 100), what they have."""

    open: bool
    fit: int
    has: int

    @property
    def heat(self) -> str:
        return "hi" if self.fit >= 60 else "mid" if self.fit >= 35 else "lo"


@dataclass(frozen=True, slots=True)
class Line:
    """A person of the board."""

    worker: Worker
    hand: Hand
    #: (skill, level, 5 % quantile of trust; None before the first score) for each skill.
    skills: list[tuple[str, int, float | None]]
    cells: list[Cell]


def board_of(vendor: UUID) -> tuple[list[Column], list[Line]]:
    """Read the vendor's board; opens one client's scope after the other for projects' names."""
    columns = _columns(vendor)
    hands = {hand.person: hand for hand in hands_of(vendor)}
    known = known_to(vendor)
    samples = [next(iter(column.free or column.held), None) for column in columns]
    allowed = open_to(vendor, [s for s in samples if s is not None], on_shift=False)
    with scope(vendor):
        workers = list(Worker.objects.select_related("user").order_by("user__name", "created_at"))
    lines = [
        Line(
            worker,
            hand,
            [
                (skill, level, known.trust.get((hand.person, skill)))
                for skill, level in sorted(hand.levels.items())
            ],
            [
                _cell(column, sample, hand, allowed, known)
                for column, sample in zip(columns, samples, strict=True)
            ],
        )
        for worker in workers
        if (hand := hands.get(worker.user_id)) is not None
    ]
    lines.sort(key=lambda line: not line.hand.here)
    return columns, lines


def _cell(
    column: Column,
    sample: QueueEntry | None,
    hand: Hand,
    allowed: dict[tuple[Any, ...], frozenset[UUID]],
    known: Known,
) -> Cell:
    has = column.has.get(hand.person, 0)
    if sample is None:
        return Cell(open=True, fit=0, has=has)
    may = hand.person in allowed.get(asks(sample), ())
    weight = known.weights.get(sample.tenant_id, 1.0)
    total = sum(points(sample, hand, known, now()).values()) / weight
    return Cell(open=may, fit=round(100 * total / sum(POINTS.values())), has=has)


def _columns(vendor: UUID) -> list[Column]:
    rows = QueueEntry.objects.filter(
        Q(vendor_id__isnull=True) | Q(vendor_id=vendor),
        tenant_id__in=open_engagements(vendor),
        state__in=["waiting", "held", "leased"],
        # A quiz is nobody's to hand out.
        work__in=[QueueEntry.Work.ANNOTATE, QueueEntry.Work.REVIEW],
    ).order_by("priority", "due_at", "id")
    columns: dict[tuple[UUID, UUID | None, str], Column] = {}
    names = _names(vendor, rows.values_list("tenant_id", "project_id").order_by().distinct())
    for entry in rows.iterator(chunk_size=2000):
        client, name = names[entry.tenant_id, entry.project_id]
        key = (entry.tenant_id, entry.project_id, entry.work)
        column = columns.setdefault(key, Column(client, name, entry.work, entry.skill))
        _count(column, entry)
    return sorted(columns.values(), key=lambda c: (c.due is None, c.due or now(), c.client, c.name))


def _count(column: Column, entry: QueueEntry) -> None:
    if entry.state == QueueEntry.State.LEASED:
        column.taken += 1
        if entry.lessee is not None:
            column.has[entry.lessee] += 1
        return
    if entry.due_at is not None:
        column.due = min(column.due or entry.due_at, entry.due_at)
    if entry.state == QueueEntry.State.HELD:
        column.held.append(entry)
    elif entry.reserved_for is not None and entry.reserved_until is None:
        column.has[entry.reserved_for] += 1
    else:
        column.free.append(entry)


def _names(vendor: UUID, pairs: Any) -> dict[tuple[UUID, UUID | None], tuple[str, str]]:
    by_client: dict[UUID, list[UUID | None]] = defaultdict(list)
    for client, project in pairs:
        by_client[client].append(project)
    slugs = dict(Organization.objects.filter(id__in=by_client).values_list("id", "slug"))
    names: dict[tuple[UUID, UUID | None], tuple[str, str]] = {}
    for client, projects in by_client.items():
        with scope(client):
            known = dict(
                Project.objects.filter(id__in=[p for p in projects if p]).values_list("id", "name")
            )
        for project in projects:
            named = known.get(project, "Other work") if project else "Other work"
            names[client, project] = (slugs[client], named)
    return names
