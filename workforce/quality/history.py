"""Trust over time, computed again from the evidence, and what moved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workforce.quality.models import Evidence, Trust
from workforce.quality.posterior import GATE_THRESHOLD, posterior
from workforce.quality.trust import TOLD_IN_BATCHES_OF

#: Evidence behind a drawing; the posterior of each point is computed from all before it.
MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Point:
    """Trust right after a piece of evidence: 5 % quantile, mean and 95 % quantile."""

    at: datetime
    low: float
    mean: float
    high: float
    passed: bool
    #: Parts that fell short of their marks.
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One skill of one person. `since`: when earlier evidence stopped to count, if it did."""

    skill: str
    gated: bool
    since: datetime | None
    points: list[Point]
    gate: float = GATE_THRESHOLD

    @property
    def missed(self) -> list[tuple[str, int]]:
        """Parts that were missed, with how often, the most frequent first."""
        names = [name for point in self.points for name in point.missed]
        counted = {name: names.count(name) for name in names}
        return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def histories(person: UUID, *, in_batches: bool = False) -> list[History]:
    """Trust of a person over time by skill, in the vendor's open scope.

    `in_batches` leaves out what the person themselves is not told yet.
    """
    return [_history(trust, in_batches=in_batches) for trust in _trusts(person)]


def _trusts(person: UUID) -> Sequence[Trust]:
    return list(Trust.objects.filter(person_id=person).order_by("skill"))


def _history(trust: Trust, *, in_batches: bool) -> History:
    rows = list(
        Evidence.objects.filter(person_id=trust.person_id, skill=trust.skill).order_by(
            "scored_at", "id"
        )
    )
    if in_batches:
        rows = rows[: len(rows) // TOLD_IN_BATCHES_OF * TOLD_IN_BATCHES_OF]
    rows = rows[-MOST_POINTS:]
    points = [_point(rows[: number + 1], trust.since) for number in range(len(rows))]
    return History(trust.skill, trust.gated, trust.since, points)


def _point(rows: Sequence[Evidence], since: datetime | None) -> Point:
    newest = rows[-1]
    counts = [
        (row.scored_at, row.passed)
        for row in rows
        # After a reinstatement what came before it no longer counts.
        if since is None or newest.scored_at <= since or row.scored_at > since
    ]
    known = posterior(counts, newest.scored_at)
    return Point(
        at=newest.scored_at,
        low=known.quantile(0.05),
        mean=known.mean,
        high=known.quantile(0.95),
        passed=newest.passed,
        missed=tuple(name for name, verdict in newest.gates.items() if not verdict["passed"]),
    )
