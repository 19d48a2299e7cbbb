"""A task of links as it stands: its tracks, what was said of them, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from workforce.links.content import Laid
from workforce.links.identities import (
    Contradiction,
    Link,
    Verdict,
    contradictions,
    identities,
)
from workforce.links.laying import laid
from workforce.links.models import LinkDecision, LinkItem
from workforce.links.shared_views import shared_views

#: Numbers of two items, the smaller first.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Desk:
    """rows: by number. said: what holds about each pair; nothing for pairs nobody spoke of."""

    rows: list[LinkItem]
    items: list[Laid]
    said: Mapping[Pair, Verdict]
    problems: list[Contradiction]
    #: Whether there is a step to undo.
    undoable: bool

    @property
    def links(self) -> list[Link]:
        refs = [item.shown.ref for item in self.items]
        return [Link(refs[a], refs[b], verdict) for (a, b), verdict in self.said.items()]

    @property
    def groups(self) -> list[list[int]]:
        """Numbers of the items of each identity with more than one track."""
        numbers = {item.shown.ref: number for number, item in enumerate(self.items)}
        parts = identities(numbers, self.links)
        return sorted(sorted(numbers[ref] for ref in part) for part in parts if len(part) > 1)

    @property
    def unsettled(self) -> list[int]:
        """Subjects of which nobody said who they are: no `same`, and a candidate left to judge."""
        linked = {number for group in self.groups for number in group}
        return [
            number
            for number, item in enumerate(self.items)
            if item.subject and number not in linked and self._open(number, item.candidates)
        ]

    def _open(self, number: int, candidates: Iterable[int]) -> bool:
        return any(pair_of(number, other) not in self.said for other in candidates)


def pair_of(a: int, b: int) -> Pair:
    """The pair in the order in which it is kept."""
    return (a, b) if a < b else (b, a)


def open_desk(task_id: UUID) -> Desk:
    """Read a task's desk in the open scope."""
    rows = list(
        LinkItem.objects.filter(task_id=task_id)
        .select_related("clip__camera__site")
        .order_by("number")
    )
    items = [laid(row) for row in rows]
    decisions = list(LinkDecision.objects.filter(task_id=task_id).order_by("step", "id"))
    said = in_force(decisions, {row.id: row.number for row in rows})
    refs = [item.shown.ref for item in items]
    # By the clip's clock as it is known now, which may have been set right since.
    sightings = {
        ref: item.shown.sighting(camera=row.clip.camera_id, begins=row.clip.starts_at)
        for ref, item, row in zip(refs, items, rows, strict=True)
    }
    links = [Link(refs[a], refs[b], verdict) for (a, b), verdict in said.items()]
    problems = contradictions(sightings, links, shared_views())
    return Desk(rows, items, said, problems, last_step(decisions) is not None)


def in_force(decisions: Iterable[LinkDecision], numbers: Mapping[UUID, int]) -> dict[Pair, Verdict]:
    """What holds about each pair: the newest decision, in the order of their steps."""
    said: dict[Pair, Verdict] = {}
    for row in decisions:
        pair = pair_of(numbers[row.first_id], numbers[row.second_id])
        if row.verdict == LinkDecision.Verdict.WITHDRAWN:
            said.pop(pair, None)
        else:
            said[pair] = Verdict(row.verdict)
    return said


def last_step(decisions: Iterable[LinkDecision]) -> int | None:
    """The newest step that an undo takes back; None: there is none."""
    rows = list(decisions)
    undone = {row.undoes for row in rows if row.undoes is not None}
    steps = {row.step for row in rows if row.undoes is None}
    return max(steps - undone, default=None)
