"""The board, read: people x work, with fit, load, trust and deadline. Ids, counts and dates."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from core.clock import now
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.scope import scope
from tenants.projects.models import Camera, Project
from workforce.people.services import TASK_TYPES
from workforce.routing.eligibility import open_engagements
from workforce.routing.live_queue import (
    COUNTED,
    Key,
    Narrowed,
    cameras_of,
    free_of,
    groups_of,
    shown_of,
    taken_of,
)
from workforce.routing.staff import Column, Staff, staff_of
from workforce.tasks.models import QueueEntry

#: The nearest date of each column; the client's and the project's name by their ids.
Groups = Mapping[Key, datetime | None]
Names = dict[tuple[UUID, UUID | None], tuple[str, str]]

#: Free tasks of a column that the page can select, and columns on a page, the most pressing first.
SELECTABLE, COLUMNS = 100, 12


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

    def of_queue(self, vendor: UUID, clients: Sequence[UUID]) -> Narrowed:
        """Give it as what is asked of a vendor's queue."""
        return Narrowed(
            vendor=vendor,
            clients=clients,
            project=UUID(self.project) if self.project else None,
            camera=UUID(self.camera) if self.camera else None,
            skill=self.skill or None,
            state=self.state or None,
            before=now() + DUE[self.due] if self.due else None,
        )

    def q(self) -> Q:
        """Give it as a condition on the queue."""
        named = {"project_id": self.project, "camera_id": self.camera, "skill": self.skill}
        wanted = Q(**{name: value for name, value in named.items() if value})
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
    """What the board can be narrowed to: (id, name) of what is in the queue.

    cameras: None where the queue is so long that a project is chosen first.
    """

    projects: list[tuple[str, str]]
    cameras: list[tuple[str, str]] | None
    skills: Sequence[str]


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board: its columns, and the sums over all of them.

    free: up to one more than COUNTED.
    """

    columns: Page[Column]
    staff: Staff
    choices: Choices
    free: int
    taken: int


def board_of(
    vendor: UUID,
    wanted: Wanted | None = None,
    page: str | None = None,
    people: str | None = None,
) -> Board:
    """Read the vendor's board; opens one client's scope after the other for projects' names.

    page, people: which page of the columns, and of the people. Counts end at COUNTED, and entries
    are read of the columns of the page alone, so that a long queue is no long page.
    """
    wanted = wanted or Wanted()
    clients = list(open_engagements(vendor).values_list("client_id", flat=True))
    asked = wanted.of_queue(vendor, clients)
    every = groups_of(Wanted().of_queue(vendor, clients))
    groups = groups_of(asked) if wanted.any else every
    names = project_names(key[:2] for key in {*every, *groups})
    keys = sorted(groups, key=lambda key: _pressing(groups[key], *names[key[:2]]))
    shown = Paginator(keys, COLUMNS).get_page(page)
    columns = _columns(asked, list(shown), groups, names)
    taken, has = 0, defaultdict[Key, Counter[UUID]](Counter)
    for key, person, count, in_hand in taken_of(asked):
        taken += count if in_hand else 0
        has[key][person] += count
    for key, column in zip(shown, columns, strict=True):
        column.has = has[key]
    counted: Page[Any] = Page(columns, shown.number, shown.paginator)
    staff = staff_of(vendor, columns, people)
    return Board(counted, staff, _choices(asked, names), free_of(asked), taken)


def _pressing(due: datetime | None, client: str, name: str) -> tuple[bool, datetime, str, str]:
    """Order by the nearest date; what has none comes last."""
    return due is None, due or now(), client, name


def _choices(asked: Narrowed, names: Names) -> Choices:
    projects = [
        (str(key[1]), f"{client} · {name}") for key, (client, name) in names.items() if key[1]
    ]
    # Of all cameras of a long queue nobody finds one: they are offered within a project.
    within = replace(asked, camera=None, skill=None, state=None, before=None)
    named = within.project is not None or len(projects) <= 1 or free_of(within) <= COUNTED
    cameras = _camera_names(cameras_of(within)) if named else None
    if cameras is None and asked.camera is not None:
        cameras = _camera_names([(client, asked.camera) for client in asked.clients])
    return Choices(sorted(projects, key=_second), cameras, TASK_TYPES)


def _camera_names(pairs: Iterable[tuple[UUID, UUID]]) -> list[tuple[str, str]]:
    by_client: dict[UUID, list[UUID]] = defaultdict(list)
    for client, camera in pairs:
        by_client[client].append(camera)
    cameras: list[tuple[str, str]] = []
    for client, ids in by_client.items():
        with scope(client):
            rows = Camera.objects.filter(id__in=ids).values_list("id", "name")
            cameras += [(str(key), name) for key, name in rows]
    return sorted(cameras, key=_second)


def _second(pair: tuple[str, str]) -> str:
    return pair[1]


def queue_of(vendor: UUID) -> QuerySet[QueueEntry]:
    """What waits, is held or in hand and open to the vendor's people, the most pressing first."""
    return QueueEntry.objects.filter(
        Q(vendor_id__isnull=True) | Q(vendor_id=vendor),
        tenant_id__in=open_engagements(vendor),
        state__in=["waiting", "held", "leased"],
        # A quiz is nobody's to hand out.
        work__in=[QueueEntry.Work.ANNOTATE, QueueEntry.Work.REVIEW],
    ).order_by("priority", "due_at", "id")


def _columns(asked: Narrowed, keys: Sequence[Key], groups: Groups, names: Names) -> list[Column]:
    """Count and pick in the columns of a page."""
    found = shown_of(asked, keys, SELECTABLE)
    columns = []
    for key in keys:
        client, name = names[key[:2]]
        group = found[key]
        columns.append(
            Column(
                client,
                name,
                key[2],
                groups[key],
                group.free,
                group.held,
                group.free_first,
                group.held_first,
            )
        )
    return columns


def project_names(pairs: Iterable[tuple[UUID, UUID | None]]) -> Names:
    """Give (client's name, project's name) of pairs of a client and a project.

    Opens one client's scope after the other.
    """
    by_client: dict[UUID, set[UUID | None]] = defaultdict(set)
    for client, project in pairs:
        by_client[client].add(project)
    called = {
        client.id: name_of(client) for client in Organization.objects.filter(id__in=by_client)
    }
    names: Names = {}
    for client, projects in by_client.items():
        with scope(client):
            known = dict(
                Project.objects.filter(id__any_of=[p for p in projects if p]).values_list(
                    "id", "name"
                )
            )
        for project in projects:
            named = known.get(project, "Other work") if project else "Other work"
            names[client, project] = (called[client], named)
    return names
