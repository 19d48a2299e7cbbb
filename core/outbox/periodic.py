"""Small upkeep of the rooms above, run by the sweeper between its rounds."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

Upkeep = Callable[[], object]


@dataclass(slots=True)
class Periodic:
    """A function and how often it runs, in seconds."""

    function: Upkeep
    seconds: float
    next_at: float = field(default=0.0)


_registered: list[Periodic] = []


def every(seconds: float) -> Callable[[Upkeep], Upkeep]:
    """Register a function for the sweeper: short, idempotent, with transactions of its own."""

    def register(function: Upkeep) -> Upkeep:
        _registered.append(Periodic(function, seconds))
        return function

    return register


def run_due() -> None:
    """Run what is due. What one raises is logged with its name and does not stop the others."""
    instant = time.monotonic()
    for upkeep in _registered:
        if upkeep.next_at > instant:
            continue
        upkeep.next_at = instant + upkeep.seconds
        try:
            upkeep.function()
        except Exception:
            log.exception("upkeep %s failed", upkeep.function.__qualname__)
