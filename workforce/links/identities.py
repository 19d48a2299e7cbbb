"""Which tracks are one object, by what people said of pairs; and where that cannot be.

Identities are the connected parts of the graph of `same` decisions. All functions here are pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from uuid import UUID

#: A track by its clip and its own id: a track's id is unique within its clip only.
Ref = tuple[UUID, UUID]
#: Clocks of cameras differ by this much before two sightings count as one too many.
TOLERANCE = timedelta(seconds=2)


class Verdict(StrEnum):
    """What somebody said of two tracks."""

    DIFFERENT = "different"
    SAME = "same"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Link:
    """A decision about two tracks; which is first means nothing."""

    first: Ref
    second: Ref
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Sighting:
    """When and where a track is visible.

    runs: first and last frame, both included, of each stretch in the clip. times: the same
    stretches by the clock; empty where it is not known when the clip begins.
    """

    camera: UUID | None
    runs: Sequence[tuple[int, int]]
    times: Sequence[tuple[datetime, datetime]] = ()


class Kind(StrEnum):
    """What cannot be about an identity."""

    #: One object is seen in two places at the same time.
    TWO_PLACES = "two_places"
    #: A chain of `same` leads to what somebody called different.
    INTRANSITIVE = "intransitive"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two tracks of one identity that cannot be one object.

    chain: from the first to the second by the fewest `same` decisions, both ends included.
    """

    kind: Kind
    chain: tuple[Ref, ...]

    @property
    def ends(self) -> tuple[Ref, Ref]:
        return self.chain[0], self.chain[-1]


#: Pairs of cameras that see one place.
SharedViews = frozenset[frozenset[UUID]]


def identities(refs: Iterable[Ref], links: Iterable[Link]) -> list[tuple[Ref, ...]]:
    """Parts that `same` decisions join, each sorted, in order; every ref is in one of them.

    What links name and refs do not is left out, and joins nothing.
    """
    parent = {ref: ref for ref in refs}

    def root(ref: Ref) -> Ref:
        while parent[ref] != ref:
            parent[ref] = parent[parent[ref]]
            ref = parent[ref]
        return ref

    for link in links:
        if link.verdict == Verdict.SAME and link.first in parent and link.second in parent:
            parent[root(link.first)] = root(link.second)
    parts: dict[Ref, list[Ref]] = {}
    for ref in sorted(parent):
        parts.setdefault(root(ref), []).append(ref)
    return sorted(tuple(part) for part in parts.values())


def contradictions(
    sightings: Mapping[Ref, Sighting],
    links: Sequence[Link],
    shared: SharedViews = frozenset(),
) -> list[Contradiction]:
    """List what cannot be in the identities that the links make, in the order of the refs."""
    neighbours = _neighbours(sightings, links)
    apart = {
        frozenset((link.first, link.second)) for link in links if link.verdict == Verdict.DIFFERENT
    }
    found = []
    for part in identities(sightings, links):
        for first, second in combinations(part, 2):
            if frozenset((first, second)) in apart:
                chain = _chain(first, second, neighbours)
                found.append(Contradiction(Kind.INTRANSITIVE, chain))
            if in_two_places(first, second, sightings, shared):
                found.append(Contradiction(Kind.TWO_PLACES, _chain(first, second, neighbours)))
    return found


def in_two_places(
    first: Ref, second: Ref, sightings: Mapping[Ref, Sighting], shared: SharedViews = frozenset()
) -> bool:
    """Whether both are seen at one time where one object cannot be.

    That is twice in one picture, or by two cameras whose views are not said to overlap for longer
    than their clocks may differ. One camera's clips of the same time show the same place.
    """
    a, b = sightings[first], sightings[second]
    if first[0] == second[0]:
        return any(x[0] <= y[1] and y[0] <= x[1] for x in a.runs for y in b.runs)
    if (
        a.camera is not None
        and b.camera is not None
        and (a.camera == b.camera or frozenset((a.camera, b.camera)) in shared)
    ):
        return False
    return any(min(x[1], y[1]) - max(x[0], y[0]) > TOLERANCE for x in a.times for y in b.times)


def _neighbours(refs: Iterable[Ref], links: Iterable[Link]) -> dict[Ref, list[Ref]]:
    near: dict[Ref, list[Ref]] = {ref: [] for ref in refs}
    for link in links:
        if link.verdict == Verdict.SAME and link.first in near and link.second in near:
            near[link.first].append(link.second)
            near[link.second].append(link.first)
    return {ref: sorted(others) for ref, others in near.items()}


def _chain(start: Ref, end: Ref, neighbours: Mapping[Ref, Sequence[Ref]]) -> tuple[Ref, ...]:
    """The shortest way from start to end, which are connected."""
    came_from: dict[Ref, Ref] = {start: start}
    queue = deque([start])
    while end not in came_from:
        here = queue.popleft()
        for other in neighbours[here]:
            if other not in came_from:
                came_from[other] = here
                queue.append(other)
    chain = [end]
    while chain[-1] != start:
        chain.append(came_from[chain[-1]])
    return tuple(reversed(chain))
