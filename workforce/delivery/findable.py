"""Versions are found by their project and number, or by the beginning of their id."""

import re

from django.db.models import Q

from core.access.door import Entry
from core.access.permissions import Permission
from core.search.finding import by_words
from core.search.registry import Asked, Finder, Hit, finder
from workforce.delivery.models import Release

_NUMBER = re.compile(r"v?(\d{1,6})")


def _releases(entry: Entry, asked: Asked, most: int) -> list[Hit]:
    """ "gate 3", "version 3" and "v3" all find the third version; "gate" finds its newest ones."""
    numbers = [int(m[1]) for word in asked.words if (m := _NUMBER.fullmatch(word))]
    names = [w for w in asked.words if not _NUMBER.fullmatch(w) and not "version".startswith(w)]
    found = Q(pk__in=[])
    if names or numbers:
        found = Q()
        if names:
            found &= Q(project_id__in=by_words("project", tuple(names)))
        if numbers:
            found &= Q(number__in=numbers)
    if asked.ids:
        found |= Q(id__range=asked.ids)
    rows = Release.objects.select_related("project").filter(found)
    return [
        Hit(f"Version {row.number} of {row.project.name}", f"releases/{row.id}", row.state)
        for row in rows.order_by("-created_at")[:most]
    ]


finder(Finder("Releases", "package-check", Permission.RELEASE_READ, _releases))
