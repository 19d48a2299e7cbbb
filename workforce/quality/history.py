"""Trust over time, computed again from the evidence, and what moved it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from workforce.quality.models import Evidence, Trust
from workforce.quality.posterior import GATE_THRESHOLD, PRIOR, Posterior, betaincinv
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
    rows = Evidence.objects.filter(person_id=trust.person_id, skill=trust.skill)
    untold = rows.count() % TOLD_IN_BATCHES_OF if in_batches else 0
    newest = rows.only("scored_at", "passed", "gates").order_by("-scored_at", "-id")
    drawn = list(newest[untold : untold + MOST_POINTS])[::-1]
    return History(trust.skill, trust.gated, trust.since, _points(drawn, trust.since))


def _points(rows: Sequence[Evidence], since: datetime | None) -> list[Point]:
    """Give the posterior after each row, from those before it that still count then."""
    after = list(_posteriors(rows, since))
    alphas, betas = [known.alpha for known in after], [known.beta for known in after]
    low, high = betaincinv(alphas, betas, 0.05), betaincinv(alphas, betas, 0.95)
    return [
        Point(
            at=row.scored_at,
            low=float(low[number]),
            mean=known.mean,
            high=float(high[number]),
            passed=row.passed,
            missed=tuple(name for name, verdict in row.gates.items() if not verdict["passed"]),
        )
        for number, (row, known) in enumerate(zip(rows, after, strict=True))
    ]


def _posteriors(rows: Iterable[Evidence], since: datetime | None) -> Iterator[Posterior]:
    """Age what is known from each row to the next: the same as counting all anew at each."""
    known = Posterior(*PRIOR, 0)
    at: datetime | None = None
    for row in rows:
        # After a reinstatement what came before it no longer counts.
        if since is not None and row.scored_at > since and (at is None or at <= since):
            known = Posterior(*PRIOR, 0)
        known = known.after(row.scored_at - at if at else timedelta(), passed=row.passed)
        at = row.scored_at
        yield known
