"""How long to wait before a crashed part is started again."""

from dataclasses import dataclass

FIRST_SECONDS = 0.25
LONGEST_SECONDS = 30.0
#: A part that ran this long was well: its next crash counts as the first.
WELL_AFTER_SECONDS = 60.0


@dataclass
class Backoff:
    """Doubles with every crash in a row, up to half a minute."""

    crashes: int = 0

    def after_crash(self, *, ran_seconds: float) -> float:
        """Seconds to wait now that the part ended after `ran_seconds`."""
        if ran_seconds >= WELL_AFTER_SECONDS:
            self.crashes = 0
        delay = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self.crashes, 16))
        self.crashes += 1
        return delay
