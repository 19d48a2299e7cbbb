"""Lists of people as CSV: read into rows, with what is wrong said row by row. Nothing is written.

Columns (the first line names them, in any order; only `email` must be there):

    email, skills, languages, certificates, clearances, ndas, conflicts, only_for,
    time_zone, shifts, tasks_at_once, hours_per_day

Several values in a cell stand with `|` between them. `ndas` and the like are codes, or slugs of
clients, with dates: `harbour:2027-03-04` ends then, `harbour:2026-03-04/2027-03-04` has both.
Shifts: `Mon-Fri 09:00-17:00 | Sat 22:00-06:00`. An empty cell leaves what is there as it is.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import CustosError, Invalid
from workforce.people.hours import Hours, check_hours
from workforce.people.models import Qualification
from workforce.people.services import check_capacity, check_skill
from workforce.people.standing import DAY

MAX_BYTES = 1_000_000
MAX_ROWS = 2_000
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PAPERS = {
    "languages": Qualification.Kind.LANGUAGE,
    "certificates": Qualification.Kind.CERTIFICATE,
    "clearances": Qualification.Kind.CLEARANCE,
    "ndas": Qualification.Kind.NDA,
    "conflicts": Qualification.Kind.CONFLICT,
    "only_for": Qualification.Kind.ONLY_FOR,
}
COLUMNS = ("email", "skills", *PAPERS, "time_zone", "shifts", "tasks_at_once", "hours_per_day")
_SHIFT = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Paper:
    """A qualification as the list gives it; `value` is a code or a client's slug."""

    kind: str
    value: str
    starts_at: datetime | None
    expires_at: datetime | None


@dataclass(slots=True)
class Row:
    """One line of the list. `line` counts from 1, the line with the names included."""

    line: int
    email: str
    skills: dict[str, int | None] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    time_zone: str | None = None
    shifts: list[Hours] | None = None
    tasks_at_once: int | None = None
    minutes_per_day: int | None = None
    errors: list[str] = field(default_factory=list)


def decode(content: bytes) -> str:
    """Give the text of an uploaded list. Raises Invalid, naming what to do about its encoding."""
    if len(content) > MAX_BYTES:
        raise Invalid("The list is over 1 MB; split it.", field="file")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("The list is UTF-16. Save it as CSV UTF-8.", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Invalid(
            f"The list is not UTF-8: line {line} has the byte 0x{content[error.start]:02x}. "
            "Save it as CSV UTF-8.",
            field="file",
        ) from error
    if "\x00" in text:
        raise Invalid("The list has zero bytes: it is no CSV. Save it as CSV UTF-8.", field="file")
    return text


def read_roster(text: str) -> list[Row]:
    """Read the list; each row carries its own errors. Raises Invalid where no row can be read."""
    names, lines = _table(text)
    rows: list[Row] = []
    first_of: dict[str, int] = {}
    for line, cells in lines:
        given = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        row = _row(line, given)
        if len(cells) > len(names):
            row.errors.append(f"{len(cells)} cells, but {len(names)} columns.")
        if row.email in first_of:
            row.errors.append(f"{row.email} stands on line {first_of[row.email]} already.")
        first_of.setdefault(row.email, line)
        rows.append(row)
    if not rows:
        raise Invalid("The list has no people: only its first line is there.", field="file")
    if len(rows) > MAX_ROWS:
        raise Invalid(f"The list has over {MAX_ROWS} people; split it.", field="file")
    return rows


def _table(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        lines = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} is no CSV: {error}.", field="file") from error
    unknown = [name for name in names if name not in COLUMNS]
    if "email" not in names or unknown or len(set(names)) < len(names):
        wrong = f"Not known: {', '.join(unknown)}. " if unknown else ""
        raise Invalid(
            f"The first line must name the columns, each once, email among them. {wrong}"
            f"Known: {', '.join(COLUMNS)}.",
            field="file",
        )
    return names, iter(lines)


def _row(line: int, given: dict[str, str]) -> Row:
    row = Row(line, given.get("email", "").lower())
    steps = [_read_email, _read_skills, _read_papers, _read_capacity, _read_shifts]
    for step in steps:
        try:
            step(row, given)
        except CustosError as error:
            row.errors.append(error.message)
    return row


def _read_email(row: Row, given: dict[str, str]) -> None:
    try:
        validate_email(row.email)
    except ValidationError as error:
        raise Invalid(f"{row.email or 'Nothing'} is no e-mail address.") from error


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def _read_skills(row: Row, given: dict[str, str]) -> None:
    for part in _parts(given.get("skills", "").lower()):
        name, _, level = part.partition(":")
        check_skill(name)
        if level and not re.fullmatch("[1-5]", level):
            raise Invalid(f"{part}: a level is 1 to 5.")
        row.skills[name] = int(level) if level else None


def _read_papers(row: Row, given: dict[str, str]) -> None:
    for column, kind in PAPERS.items():
        for part in _parts(given.get(column, "").lower()):
            value, _, dates = part.partition(":")
            first, slash, last = dates.rpartition("/")
            starts = _instant(part, first) if slash else None
            ends = _instant(part, last) if last else None
            if starts and ends and ends <= starts:
                raise Invalid(f"{part} would end before it begins.")
            row.papers.append(Paper(kind, value, starts, ends))


def _instant(part: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise Invalid(f"{part}: write dates as 2027-06-30.") from error


def _read_capacity(row: Row, given: dict[str, str]) -> None:
    row.time_zone = given.get("time_zone") or None
    if at_once := given.get("tasks_at_once"):
        if not re.fullmatch("[0-9]{1,3}", at_once):
            raise Invalid(f"{at_once}: tasks at once is a number from 1 to 100.")
        row.tasks_at_once = int(at_once)
    if hours := given.get("hours_per_day"):
        row.minutes_per_day = minutes_in(hours)
    check_capacity(row.time_zone, row.tasks_at_once, row.minutes_per_day)


def minutes_in(text: str) -> int:
    """Read hours a day, such as 7.5, as minutes. Raises Invalid."""
    try:
        hours = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise Invalid(f"{text}: hours a day is a number such as 7.5.") from error
    if not 0 <= hours <= 24:
        raise Invalid(f"{text}: a day has 24 hours.")
    return int(hours * 60)


def _read_shifts(row: Row, given: dict[str, str]) -> None:
    parts = _parts(given.get("shifts", "").lower())
    if not parts:
        return
    shifts = [shift for part in parts for shift in shifts_in(part)]
    check_hours(shifts, [])
    row.shifts = shifts


def shifts_in(part: str) -> Iterator[Hours]:
    """Read `mon-fri 09:00-17:00`, in small letters. Raises Invalid."""
    found = _SHIFT.fullmatch(part)
    times = [int(text) for text in found.groups()[2:]] if found else []
    if not found or found[1] not in DAYS or (found[2] or "mon") not in DAYS:
        raise Invalid(f"{part}: write shifts as Mon-Fri 09:00-17:00.")
    if times[0] > 23 or times[2] > 24 or times[1] > 59 or times[3] > 59:
        raise Invalid(f"{part}: there is no such time.")
    start, end = times[0] * 60 + times[1], times[2] * 60 + times[3]
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    for step in range((last - first) % 7 + 1):
        # An end that is not after the start is on the next day.
        yield Hours((first + step) % 7, start, (end - start - 1) % DAY + 1)
