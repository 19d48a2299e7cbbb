"""What is wrong with a file, told by its lines: at once, or gathered so that all are mended in one.

A reader is given `tell`. After `tell(error)` returns, it leaves the wrong line, track or annotation
out and goes on; what was told with `stop` raises at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from core.errors import Invalid

Tell = Callable[[Invalid], None]
Item = TypeVar("Item")


def stop(error: Invalid) -> None:
    """Raise: the first thing that is wrong ends the reading."""
    raise error


class Enough(Exception):
    """There are so many problems that the rest of the file tells nothing new."""


class Problems:
    """Gathers messages, at most `most` of them."""

    def __init__(self, most: int = 50) -> None:
        self.messages: list[str] = []
        #: Whether reading ended before the file did.
        self.cut_short = False
        self._most = most

    def tell(self, error: Invalid) -> None:
        """Keep the message. Raises Enough after the last that is wanted."""
        self.messages.append(error.message)
        if len(self.messages) >= self._most:
            raise Enough

    def gather(self, items: Iterable[Item]) -> list[Item]:
        """Read to the end, or to where reading makes no sense any more."""
        found: list[Item] = []
        try:
            found.extend(items)
        except Invalid as error:
            self.messages.append(error.message)
            self.cut_short = True
        except Enough:
            self.cut_short = True
        return found
