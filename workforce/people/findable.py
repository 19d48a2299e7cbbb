"""A vendor's people are found by their names."""

from core.access.door import Entry
from core.access.permissions import Permission
from core.search.registry import Asked, Finder, Hit, finder
from workforce.people.models import Worker


def _workers(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """Workers of the vendor that was entered. Names lie with accounts, which are nobody's rows."""
    rows = Worker.objects.select_related("user").order_by("user__name", "id")
    found = [row for row in rows if _fits(row.user.get_full_name().lower(), asked)][:most]
    return [
        Hit(row.user.get_full_name(), f"people/{row.id}", "" if row.active else "resting")
        for row in found
    ]


def _fits(name: str, asked: Asked) -> bool:
    return all(name.startswith(word) or f" {word}" in name for word in asked.words)


finder(Finder("People", "user", Permission.PEOPLE_READ, _workers))
