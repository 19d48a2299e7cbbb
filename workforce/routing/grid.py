"""The board, read: people x work, with fit, load, trust and deadline. Ids, counts and dates."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Min, Q, QuerySet

from core.clock import now
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tenants.projects.models import Camera, Project
from workforce.people.models import Worker
from workforce.people.week import next_shift
from workforce.quality.models import Trust
from workforce.quality.posterior import Posterior
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

#: Free tasks of a column that the page can select, and columns on a page, the most pressing first.
SELECTABLE, COLUMNS = 200, 16


#: Client, project and kind of work.
ColumnKey = tuple[UUID, UUID | None, str]


@dataclass(slots=True)
class Column:
    """One project's work of one kind."""

    client: str
    name: str
    work: str
    skill: str
    #: How much is free, held and in hand; of the first two, those that the page can select.
    free: int = 0
    held: int = 0
    taken: int = 0
    free_first: list[QueueEntry] = field(default_factory=list)
    held_first: list[QueueEntry] = field(default_factory=list)
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
    #: (skill, level, 5 and 95 % quantile of trust; None before the first score) for each skill.
    skills: list[tuple[str, int, tuple[float, float] | None]]
    cells: list[Cell]
    #: Begin and end of the shift that goes on or comes next, in the person's own zone.
    shift: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the queue the board shows; empty text: all of it."""

    project: str = ""
    camera: str = ""
    skill: str = ""
    due: str = ""
    state: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read a query; what it does not name, or names wrongly, filters nothing."""
        given = {name: query.get(name, "") for name in ("project", "camera", "skill")}
        ids = {name: given[name] for name in ("project", "camera") if _is_id(given[name])}
        due, state = query.get("due", ""), query.get("state", "")
        return cls(
            **ids,
            skill=given["skill"][:32],
            due=due if due in DUE else "",
            state=state if state in STATES else "",
        )

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return any((self.project, self.camera, self.skill, self.due, self.state))

    def q(self) -> Q:
        """Give it as a condition on the queue."""
        wanted = Q()
        if self.project:
            wanted &= Q(project_id=self.project)
        if self.camera:
            wanted &= Q(camera_id=self.camera)
        if self.skill:
            wanted &= Q(skill=self.skill)
        if self.due:
            wanted &= Q(due_at__lt=now() + DUE[self.due])
        if self.state:
            wanted &= Q(state=self.state)
        return wanted


DUE = {"late": timedelta(), "day": timedelta(days=1), "week": timedelta(days=7)}
STATES = {"waiting": "Free or kept", "held": "Held", "leased": "In hand"}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Choices:
    """What the board can be narrowed to: (id, name) of what is in the queue."""

    projects: list[tuple[str, str]]
    cameras: list[tuple[str, str]]
    skills: list[str]


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board: its columns, of `more` in all, and the sums over all of them."""

    columns: Page[Column]
    lines: list[Line]
    choices: Choices
    free: int
    taken: int


def board_of(vendor: UUID, wanted: Wanted | None = None, page: str | None = None) -> Board:
    """Read the vendor's board; opens one client's scope after the other for projects' names.

    Counts are the database's, and rows are read of the columns of the page alone, so that a long
    queue is no long page.
    """
    queue = queue_of(vendor)
    names = project_names(queue.values_list("tenant_id", "project_id").order_by().distinct())
    wanted_rows = queue.filter((wanted or Wanted()).q())
    every = _columns(wanted_rows, names)
    shown = Paginator(list(every.values()), COLUMNS).get_page(page)
    columns = list(shown)
    _select(wanted_rows, {key: column for key, column in every.items() if column in columns})
    hands = {hand.person: hand for hand in hands_of(vendor)}
    known = known_to(vendor)
    samples = [next(iter(column.free_first or column.held_first), None) for column in columns]
    allowed = open_to(vendor, [s for s in samples if s is not None], on_shift=False)
    with scope(vendor):
        rows = Worker.objects.select_related("user").prefetch_related("shifts", "exceptions")
        workers = list(rows.order_by("user__name", "created_at"))
        trust = {
            (row.person_id, row.skill): Posterior(row.alpha, row.beta, row.gold_count)
            for row in Trust.objects.all()
        }
    lines = [
        Line(
            worker,
            hand,
            [
                (skill, level, _interval(trust.get((hand.person, skill))))
                for skill, level in sorted(hand.levels.items())
            ],
            [
                _cell(column, sample, hand, allowed, known)
                for column, sample in zip(columns, samples, strict=True)
            ],
            next_shift(worker, now()),
        )
        for worker in workers
        if (hand := hands.get(worker.user_id)) is not None
    ]
    lines.sort(key=lambda line: not line.hand.here)
    sums = {name: sum(getattr(c, name) for c in every.values()) for name in ("free", "taken")}
    return Board(shown, lines, _choices(queue, names), **sums)


def _interval(known: Posterior | None) -> tuple[float, float] | None:
    return (known.quantile(0.05), known.quantile(0.95)) if known else None


def _choices(
    queue: QuerySet[QueueEntry], names: dict[tuple[UUID, UUID | None], tuple[str, str]]
) -> Choices:
    pairs = queue.filter(camera_id__isnull=False).values_list("tenant_id", "camera_id")
    by_client: dict[UUID, list[UUID]] = defaultdict(list)
    for client, camera in pairs.order_by().distinct():
        if camera is not None:
            by_client[client].append(camera)
    cameras: list[tuple[str, str]] = []
    for client, ids in by_client.items():
        with scope(client):
            rows = Camera.objects.filter(id__in=ids).values_list("id", "name")
            cameras += [(str(key), name) for key, name in rows]
    projects = [
        (str(key[1]), f"{client} · {name}") for key, (client, name) in names.items() if key[1]
    ]
    skills = queue.order_by().values_list("skill", flat=True).distinct()
    return Choices(sorted(projects, key=_second), sorted(cameras, key=_second), sorted(skills))


def _second(pair: tuple[str, str]) -> str:
    return pair[1]


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


def queue_of(vendor: UUID) -> QuerySet[QueueEntry]:
    """What waits, is held or in hand and open to the vendor's people, the most pressing first."""
    return QueueEntry.objects.filter(
        Q(vendor_id__isnull=True) | Q(vendor_id=vendor),
        tenant_id__in=open_engagements(vendor),
        state__in=["waiting", "held", "leased"],
        # A quiz is nobody's to hand out.
        work__in=[QueueEntry.Work.ANNOTATE, QueueEntry.Work.REVIEW],
    ).order_by("priority", "due_at", "id")


_IN_HAND = Q(state=QueueEntry.State.LEASED)
_HELD = Q(state=QueueEntry.State.HELD)
#: A manager's assignment holds until it is lifted; a planner's lapses, and what it keeps is free.
_KEPT = Q(state=QueueEntry.State.WAITING, reserved_for__isnull=False, reserved_until__isnull=True)
_FREE = Q(state=QueueEntry.State.WAITING) & ~_KEPT
_KEY = ("tenant_id", "project_id", "work")


def _columns(
    rows: QuerySet[QueueEntry], names: dict[tuple[UUID, UUID | None], tuple[str, str]]
) -> dict[ColumnKey, Column]:
    """Count each project's work of a kind; the nearest date first."""
    columns: dict[ColumnKey, Column] = {}
    counted = (
        rows.order_by()
        .values(*_KEY)
        .annotate(
            skill=Min("skill"),
            due=Min("due_at"),
            taken=Count("id", filter=_IN_HAND),
            held=Count("id", filter=_HELD),
            free=Count("id", filter=_FREE),
        )
    )
    for row in counted:
        key: ColumnKey = (row["tenant_id"], row["project_id"], row["work"])
        client, name = names[key[0], key[1]]
        counts = {name: row[name] for name in ("free", "held", "taken", "due")}
        columns[key] = Column(client, name, key[2], row["skill"], **counts)
    for condition, whose in ((_IN_HAND, "lessee"), (_KEPT, "reserved_for")):
        by_person = rows.order_by().filter(condition).values_list(*_KEY, whose)
        for tenant, project, work, person, count in by_person.annotate(count=Count("id")):
            if person is not None:
                columns[tenant, project, work].has[person] += count
    return dict(
        sorted(
            columns.items(),
            key=lambda item: (
                item[1].due is None, item[1].due or now(), item[1].client, item[1].name,
            ),
        )
    )  # fmt: skip


def _select(rows: QuerySet[QueueEntry], columns: Mapping[ColumnKey, Column]) -> None:
    """Read what can be selected in each of the columns, in one query."""
    parts = []
    for (tenant, project, work), column in columns.items():
        mine = rows.filter(tenant_id=tenant, project_id=project, work=work)
        if column.free:
            parts.append(mine.filter(_FREE)[:SELECTABLE])
        if column.held:
            parts.append(mine.filter(_HELD)[:SELECTABLE])
    if not parts:
        return
    first, *others = parts
    for entry in first.union(*others, all=True) if others else first:
        column = columns[entry.tenant_id, entry.project_id, entry.work]
        held = entry.state == QueueEntry.State.HELD
        (column.held_first if held else column.free_first).append(entry)


def project_names(pairs: Any) -> dict[tuple[UUID, UUID | None], tuple[str, str]]:
    """Give (client's slug, project's name) of pairs of a client and a project.

    Opens one client's scope after the other.
    """
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
