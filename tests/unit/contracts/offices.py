"""Calendars that tests work by."""

from datetime import date, time

from tenants.contracts.business_time import Calendar, Hours

OFFICE = Hours(time(9), time(17))
WHOLE_DAY = Hours(time(0), None)
NIGHT = Hours(time(0, 30), time(2, 30))

LONDON = Calendar("Europe/London", dict.fromkeys(range(5), OFFICE), frozenset({date(2026, 4, 3)}))
NEW_YORK = Calendar("America/New_York", dict.fromkeys(range(7), WHOLE_DAY), frozenset())


def every_night(zone: str) -> Calendar:
    """Open from 00:30 to 02:30 local, every day: the hours in which clocks change."""
    return Calendar(zone, dict.fromkeys(range(7), NIGHT), frozenset())


def every_hour(zone: str) -> Calendar:
    return Calendar(zone, dict.fromkeys(range(7), WHOLE_DAY), frozenset())
