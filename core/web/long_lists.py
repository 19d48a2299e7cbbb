"""Pages of lists that are too long to count."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet


class LongList(Paginator):  # type: ignore[type-arg]
    """Pages of a queryset whose count ends at `most`: one more stands for all that is beyond.

    What lies beyond is reached by narrowing the list, not by paging to it.
    """

    def __init__(self, rows: QuerySet[Any, Any], per_page: int, most: int) -> None:
        super().__init__(rows, per_page)
        self.most = most
        # In their order: an index has it, and without one the database may look for the first few
        # among all that are none.
        self._counted = rows[: most + 1]

    @cached_property
    def count(self) -> int:
        """How many there are, up to one more than `most`."""
        return self._counted.count()
