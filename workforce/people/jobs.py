"""Jobs of the vendors' people."""

from workforce.people import announcements  # noqa: F401 - registers its upkeep
