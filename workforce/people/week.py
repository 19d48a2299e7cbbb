"""A week of shifts as a person writes it, a line a day, and when the next one begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.errors import CustosError, Invalid
from workforce.people.hours import Hours, OtherDay
from workforce.people.models import Shift, ShiftException, Worker
from workforce.people.roster import DAYS, shifts_in
from workforce.people.standing import DAY

_OTHER = re.compile(r"(\d{4}-\d\d-\d\d)[ :]+(.+)")


def written(minute: int) -> str:
    """Write minutes after midnight as 09:30; the end of a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def span(start: int, minutes: int) -> str:
    """Write a shift; one that passes midnight ends on the next day."""
    end = start + minutes
    return f"{written(start)}-{written(end if end <= DAY else end - DAY)}"


def day_text(shifts: Iterable[tuple[int, int]]) -> str:
    """Write the shifts of one day: (start, minutes) each."""
    return ", ".join(span(start, minutes) for start, minutes in sorted(shifts))


def read_day(weekday: int, text: str) -> list[Hours]:
    """Read the shifts of one day of the week; empty for a day off. Raises Invalid."""
    parts = [part.strip() for part in text.replace("–", "-").split(",") if part.strip()]
    return [shift for part in parts for shift in _shift(weekday, part)]


def _shift(weekday: int, part: str) -> list[Hours]:
    padded = re.sub(r"\b(\d):", r"0\1:", re.sub(r"\s*-\s*", "-", part))
    try:
        return list(shifts_in(f"{DAYS[weekday]} {padded}"))
    except CustosError as error:
        raise Invalid(f"Write {part} as 09:00-17:00, with a comma between two shifts.") from error


def other_text(days: Iterable[OtherDay]) -> str:
    """Write the days that differ, a line each."""
    return "\n".join(
        f"{day.day} {'off' if day.start is None else span(day.start, day.minutes)}" for day in days
    )


def read_others(text: str) -> list[OtherDay]:
    """Read the days that differ: `2026-12-24 off`, or `2026-12-24 09:00-12:00`. Raises Invalid."""
    return [_other(line.strip()) for line in text.splitlines() if line.strip()]


def _other(line: str) -> OtherDay:
    found = _OTHER.fullmatch(line)
    if found is None:
        raise Invalid(f"Write {line} as 2026-12-24 off, or 2026-12-24 09:00-12:00.")
    try:
        day = date.fromisoformat(found[1])
    except ValueError as error:
        raise Invalid(f"{found[1]} is no day of the calendar.") from error
    if found[2].lower() == "off":
        return OtherDay(day)
    shifts = read_day(day.weekday(), found[2])
    if len(shifts) != 1:
        raise Invalid(f"{line}: a day that differs has one shift, or none.")
    return OtherDay(day, shifts[0].start, shifts[0].minutes)


#: The days of a worker that differ, and the shifts of the week.
Written = tuple[Sequence[OtherDay | ShiftException], Sequence[Hours | Shift]]


def written_for(workers: Iterable[Worker]) -> dict[UUID, Written]:
    """Read what is written for several workers at once, by their ids, in the open scope."""
    ids = [worker.id for worker in workers]
    others: dict[UUID, list[OtherDay]] = {worker: [] for worker in ids}
    week: dict[UUID, list[Hours]] = {worker: [] for worker in ids}
    days = ShiftException.objects.filter(worker_id__in=ids)
    for worker, day, start, minutes in days.values_list("worker_id", "day", "start", "minutes"):
        others[worker].append(OtherDay(day, start, minutes))
    shifts = Shift.objects.filter(worker_id__in=ids)
    named = shifts.values_list("worker_id", "weekday", "start", "minutes")
    for worker, weekday, start_of_it, length in named:
        week[worker].append(Hours(weekday, start_of_it, length))
    return {worker: (others[worker], week[worker]) for worker in ids}


def next_shift(
    worker: Worker, at: datetime, hours: Written | None = None
) -> tuple[datetime, datetime] | None:
    """Give begin and end of the shift that goes on or comes next within 8 days, in their zone.

    Shifts are told by the clock on the wall, so a day on which that clock is changed moves them in
    UTC and nowhere else. None where no shift is written. hours: what is written, where it was read.
    """
    zone = ZoneInfo(worker.time_zone)
    today = at.astimezone(zone).date()
    others, week = hours or (list(worker.exceptions.all()), list(worker.shifts.all()))
    for ahead in range(-1, 9):
        for start, minutes in _shifts_on(others, week, today + timedelta(days=ahead)):
            midnight = datetime.combine(today + timedelta(days=ahead), time())
            begin = (midnight + timedelta(minutes=start)).replace(tzinfo=zone)
            end = (midnight + timedelta(minutes=start + minutes)).replace(tzinfo=zone)
            if end > at:
                return begin, end
    return None


def _shifts_on(
    others: Iterable[OtherDay | ShiftException], week: Iterable[Hours | Shift], day: date
) -> Sequence[tuple[int, int]]:
    """Give (start, minutes) of the shifts that begin on a day; a day that differs has its own."""
    for other in others:
        if other.day == day:
            return [] if other.start is None else [(other.start, other.minutes)]
    return sorted((row.start, row.minutes) for row in week if row.weekday == day.weekday())
