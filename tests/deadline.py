"""Wait for something that happens in another process, without caring how fast the machine is."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(ask: Callable[[], Found | None], *, what: str, seconds: float = 60) -> Found:
    """Ask until the answer is true, and give it; fail naming `what` when time is up."""
    give_up = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > give_up:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)
    return answer
