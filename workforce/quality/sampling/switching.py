"""Switching rules of ISO 2859-1, clause 9: normal, tightened, discontinued."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workforce.quality.sampling.tables import Severity

#: Two lots of so many that are not accepted tighten the inspection.
LOOKED_BACK, TOO_MANY = 5, 2
#: So many accepted one after the other relax it again.
RECOVERED = 5
#: So many not accepted, in all since it was tightened, end it.
GIVEN_UP = 5


@dataclass(frozen=True, slots=True)
class Inspection:
    """Where a supplier's lots stand. Only lots that are inspected for the first time count."""

    severity: Severity = Severity.NORMAL
    #: Under normal inspection: whether the last lots, at most five, were accepted.
    recent: tuple[bool, ...] = ()
    #: Under tightened inspection: accepted in a row, and not accepted in all.
    accepted_running: int = 0
    rejected: int = 0

    def after(self, *, accepted: bool) -> Inspection:
        """Give what holds after the next lot."""
        if self.severity is Severity.NORMAL:
            return self._after_normal(accepted=accepted)
        if self.severity is Severity.TIGHTENED:
            return self._after_tightened(accepted=accepted)
        return self

    def _after_normal(self, *, accepted: bool) -> Inspection:
        recent = (*self.recent, accepted)[-LOOKED_BACK:]
        if recent.count(False) >= TOO_MANY:
            return Inspection(Severity.TIGHTENED)
        return replace(self, recent=recent)

    def _after_tightened(self, *, accepted: bool) -> Inspection:
        if accepted:
            running = self.accepted_running + 1
            return Inspection() if running == RECOVERED else replace(self, accepted_running=running)
        rejected = self.rejected + 1
        severity = Severity.DISCONTINUED if rejected == GIVEN_UP else Severity.TIGHTENED
        return Inspection(severity, rejected=rejected)

    def resumed(self) -> Inspection:
        """Give what holds once the supplier has acted: tightened, as if it had just begun."""
        return Inspection(Severity.TIGHTENED)
