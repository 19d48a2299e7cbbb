"""The business calendar of a contract: read, checked, and pinned with its holidays."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from core.errors import Invalid
from tenants.contracts import checks
from tenants.contracts.business_time import Calendar, Hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_CLOSED_DAYS = 400
#: A pinned calendar knows the holidays of its first year and of so many after it.
YEARS_AHEAD = 3
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def check_calendar(document: Any, field: str) -> None:
    """Check {"time_zone", "hours": {"mon": ["09:00", "17:30"]}, "holidays", "closed": [date]}.

    holidays: a country and perhaps a part of it, as in "GB" or "GB-SCT", or "" for none.
    """
    top = checks.mapping(document, field, {"time_zone", "hours", "holidays", "closed"})
    _check_zone(top["time_zone"], f"{field}.time_zone")
    hours = checks.mapping(top["hours"], f"{field}.hours", set(), set(WEEKDAYS))
    if not hours:
        raise Invalid("A calendar is open on one weekday at least.", field=f"{field}.hours")
    for day, span in hours.items():
        _read_hours(span, f"{field}.hours.{day}")
    _public_holidays(top["holidays"], [2026], f"{field}.holidays")
    _closed_days(top["closed"], f"{field}.closed")


def pin_calendar(document: Mapping[str, Any], year: int) -> dict[str, Any]:
    """Give the calendar with every holiday by its date, so that no later release of the library
    that knows them moves a clock that already runs."""
    years = range(year, year + YEARS_AHEAD + 1)
    known = _public_holidays(document["holidays"], years, "calendar.holidays")
    closed = {day.isoformat(): "Closed" for day in _closed_days(document["closed"], "")}
    named = closed | {day.isoformat(): name for day, name in known.items()}
    return {
        "time_zone": document["time_zone"],
        "hours": {day: list(span) for day, span in document["hours"].items()},
        "holidays": dict(sorted(named.items())),
    }


def read_pinned(document: Mapping[str, Any]) -> Calendar:
    """Give the calendar that `pin_calendar` wrote."""
    return Calendar(
        zone=document["time_zone"],
        hours={
            WEEKDAYS.index(day): _read_hours(span, day) for day, span in document["hours"].items()
        },
        holidays=frozenset(date.fromisoformat(day) for day in document["holidays"]),
    )


def _check_zone(value: Any, field: str) -> None:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("The time zone is a name such as Europe/London.", field=field) from error


def _read_hours(span: Any, field: str) -> Hours:
    well_formed = (
        isinstance(span, list)
        and len(span) == 2
        and all(isinstance(part, str) and _TIME.fullmatch(part) for part in span)
    )
    if not well_formed or span[0] >= span[1]:
        raise Invalid(f'{field} is a span such as ["09:00", "17:30"].', field=field)
    closes = None if span[1] == "24:00" else time.fromisoformat(span[1])
    return Hours(time.fromisoformat(span[0]), closes)


def _public_holidays(region: Any, years: Any, field: str) -> dict[date, str]:
    if region == "":
        return {}
    country, _, part = str(region).partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=part or None, years=list(years)))
    except NotImplementedError as error:
        raise Invalid('Holidays are those of a place such as "GB-ENG".', field=field) from error


def _closed_days(values: Any, field: str) -> list[date]:
    try:
        if not isinstance(values, list) or len(values) > MOST_CLOSED_DAYS:
            raise ValueError
        return [date.fromisoformat(day) for day in values]
    except (TypeError, ValueError) as error:
        raise Invalid('Closed days are dates such as "2026-12-24".', field=field) from error
