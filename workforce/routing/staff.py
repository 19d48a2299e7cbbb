"""The board's people: how each fits the columns of its page, and the lines of a page of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from core.clock import now
from core.tenancy.scope import scope
from workforce.people.models import Worker
from workforce.people.week import next_shift, written_for
from workforce.quality.models import Trust
from workforce.quality.posterior import Posterior
from workforce.routing.planner import planned_greedily
from workforce.routing.value import POINTS, Hand, Known, asks, hands_of, known_here, open_to, table
from workforce.tasks.models import QueueEntry

#: People on a page, those who are here first.
PEOPLE = 25


@dataclass(slots=True)
class Column:
    """One project's work of one kind. free, held: up to one more than COUNTED."""

    client: str
    name: str
    work: str
    due: datetime | None
    free: int = 0
    held: int = 0
    #: Of these, those that the page can select.
    free_first: list[UUID] = field(default_factory=list)
    held_first: list[UUID] = field(default_factory=list)
    #: Tasks kept for or in the hands of each person.
    has: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def first(self) -> UUID | None:
        """The entry that stands for the others when people are fitted to them."""
        return next(iter(self.free_first or self.held_first), None)

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
        """How strongly it is coloured."""
        return "hi" if self.fit >= 60 else "mid" if self.fit >= 35 else "lo"


@dataclass(frozen=True, slots=True)
class Fitted:
    """One of the vendor's people, on the page or not, with their cells of the page's columns."""

    worker: Worker
    hand: Hand
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Line:
    """A person of the page."""

    worker: Worker
    hand: Hand
    #: (skill, level, 5 and 95 % quantile of trust; None before the first score) for each skill.
    skills: list[tuple[str, int, tuple[float, float] | None]]
    cells: list[Cell]
    #: Begin and end of the shift that goes on or comes next, in the person's own zone.
    shift: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Staff:
    """The vendor's people: all of them fitted, and a page of them in full."""

    everybody: list[Fitted]
    lines: Page[Line]
    #: Of whom a skill is paused by the quality gate, by name.
    paused: list[Worker]
    #: Whether what the planner keeps for people now was chosen greedily.
    greedy: bool

    @property
    def here(self) -> int:
        """Count who is here now."""
        return sum(one.hand.here for one in self.everybody)


def staff_of(vendor: UUID, columns: Sequence[Column], page: str | None) -> Staff:
    """Fit the vendor's people to columns, each of which one entry stands for.

    page: which page of the people.
    """
    samples = QueueEntry.objects.in_bulk([c.first for c in columns if c.first is not None])
    entries = list(samples.values())
    hands = {hand.person: hand for hand in hands_of(vendor)}
    allowed = open_to(vendor, entries, on_shift=False)
    with scope(vendor):
        workers = list(Worker.objects.select_related("user").order_by("user__name", "created_at"))
        trust = list(Trust.objects.all())
        known = known_here([worker.user_id for worker in workers], trust, entries)
        people = [(worker, hands[worker.user_id]) for worker in workers if worker.user_id in hands]
        people.sort(key=lambda pair: not pair[1].here)
        cells = [
            _cells(column, samples.get(column.first), [hand for _, hand in people], allowed, known)
            for column in columns
        ]
        everybody = [
            Fitted(worker, hand, [column[row] for column in cells])
            for row, (worker, hand) in enumerate(people)
        ]
        lines: Page[Any] = Paginator(everybody, PEOPLE).get_page(page)
        lines.object_list = _lines(list(lines), trust)
        greedy = planned_greedily()
    gated = {row.person_id for row in trust if row.gated}
    return Staff(everybody, lines, [one for one in workers if one.user_id in gated], greedy)


def _lines(people: Sequence[Fitted], trust: Iterable[Trust]) -> list[Line]:
    hours = written_for([one.worker for one in people])
    held = {(row.person_id, row.skill): row for row in trust}
    return [
        Line(
            one.worker,
            one.hand,
            [
                (skill, level, _interval(held.get((one.hand.person, skill))))
                for skill, level in sorted(one.hand.levels.items())
            ],
            one.cells,
            next_shift(one.worker, now(), hours[one.worker.id]),
        )
        for one in people
    ]


def _interval(row: Trust | None) -> tuple[float, float] | None:
    if row is None:
        return None
    known = Posterior(row.alpha, row.beta, row.gold_count)
    return known.quantile(0.05), known.quantile(0.95)


def _cells(
    column: Column,
    sample: QueueEntry | None,
    hands: Sequence[Hand],
    allowed: Mapping[tuple[Any, ...], frozenset[UUID]],
    known: Known,
) -> list[Cell]:
    """The cells of a column, one for each of the people."""
    has = [column.has.get(hand.person, 0) for hand in hands]
    if sample is None or not hands:
        return [Cell(open=True, fit=0, has=each) for each in has]
    may = allowed.get(asks(sample), frozenset())
    weight = known.weights.get(sample.tenant_id, 1.0)
    shares = table([sample], hands, known, now())[0] / weight / sum(POINTS.values())
    return [
        Cell(open=hand.person in may, fit=round(100 * share), has=each)
        for hand, share, each in zip(hands, shares.tolist(), has, strict=True)
    ]
