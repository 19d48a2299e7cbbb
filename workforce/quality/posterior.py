"""Trust as a Beta posterior over "passes gold", with ageing, and what follows from its width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.late import late

betaincinv = late("scipy.special.betaincinv")

# Nothing is known of a newcomer: the uniform prior.
PRIOR = (1.0, 1.0)
# What somebody did half a year ago counts half.
HALF_LIFE = timedelta(days=180)
# The gate looks at what is almost surely reached, not at the mean, and not before it has seen
# enough: three failures in a row put the quantile at 0.01, three passes at 0.47, two of three
# passed at 0.25.
GATE_QUANTILE = 0.05
GATE_THRESHOLD = 0.2
GATE_AFTER = 3


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beta(alpha, beta) and the number of gold tasks behind it (not aged)."""

    alpha: float
    beta: float
    gold_count: int

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    def quantile(self, share: float) -> float:
        """The pass rate that is undercut with this probability."""
        if self.alpha == self.beta == 1.0:
            return share  # uniform, as for every newcomer
        return float(betaincinv(self.alpha, self.beta, share))

    def after(self, since: timedelta, *, passed: bool) -> Posterior:
        """What is known `since` later, when one more gold task was passed or not."""
        weight = 0.5 ** (since / HALF_LIFE)
        alpha, beta = (
            prior + weight * (held - prior)
            for held, prior in zip((self.alpha, self.beta), PRIOR, strict=True)
        )
        return Posterior(alpha + passed, beta + (not passed), self.gold_count + 1)

    @property
    def width(self) -> float:
        """Width of the central 90 % interval: 0.9 for a newcomer, towards 0 with evidence."""
        return self.quantile(0.95) - self.quantile(0.05)

    @property
    def gated(self) -> bool:
        """Whether the person gets no more work of this skill."""
        return self.gold_count >= GATE_AFTER and self.quantile(GATE_QUANTILE) < GATE_THRESHOLD


def posterior(outcomes: Iterable[tuple[datetime, bool]], at: datetime) -> Posterior:
    """Posterior at an instant from (scored at, passed) of each gold task."""
    alpha, beta = PRIOR
    count = 0
    for scored_at, passed in outcomes:
        weight = 0.5 ** (max(timedelta(), at - scored_at) / HALF_LIFE)
        alpha, beta = (alpha + weight, beta) if passed else (alpha, beta + weight)
        count += 1
    return Posterior(alpha, beta, count)


def gold_rate(known: Posterior, *, least: float, most: float) -> float:
    """Share of leases that become gold: the wider the posterior, the more."""
    newcomer = Posterior(*PRIOR, 0).width
    return least + (most - least) * min(1.0, known.width / newcomer)
