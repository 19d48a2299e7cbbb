"""Entries over time as a drawing: bars by what the people who acted are, days marked below.

Across it is in percent of the figure's width, so that letters keep their size; upward in pixels:
bars stand on y = 50, days are named below it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from core.access.permissions import Role
from tenants.compliance.counting import Counts
from tenants.compliance.explorer import instant_of, span_query

WIDTH, BASE, TALL = 100, 50, 46
#: Percent of the width that the name of a day needs on a phone.
NAMED = 13
#: A picture of fewer bars than these begins earlier: one bar alone says nothing.
FEWEST_BARS = 24
#: Series in the order in which they are stacked: name, colour's class, roles.
SERIES = [
    ("annotators", "lh-1", {Role.ANNOTATOR}),
    ("reviewers", "lh-2", {Role.REVIEWER, Role.VENDOR_MANAGER}),
    ("client", "lh-3", {Role.CLIENT_ADMIN, Role.CLIENT_UPLOADER, Role.CLIENT_VIEWER}),
    ("auditors and the operator", "lh-4", {Role.AUDITOR, Role.OPERATOR}),
]
OTHERS = ("system and others", "lh-5")


@dataclass(frozen=True, slots=True)
class Part:
    css: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time. `query`: only its entries."""

    x: float
    width: float
    start: datetime
    end: datetime
    count: int
    parts: Sequence[Part]
    query: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """`legend`: names and classes of the series that occur. `each`: how long a bar is, in words."""

    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    legend: Sequence[tuple[str, str]]
    each: str
    label: str


def picture_of(
    counts: Counts, roles: Mapping[UUID, Role], chosen: Mapping[str, str],
    span: tuple[datetime, datetime] | None,
) -> Picture | None:  # fmt: skip
    """Draw counts over the time that is asked for, or, without limits, over what was found."""
    if not counts.bins or span is None:
        return None
    width = counts.width
    known = min(start for start, _ in counts.bins)
    after = instant_of(chosen["after"]) if "after" in chosen else span[0]
    before = max(instant_of(chosen["before"]), span[1]) if "before" in chosen else span[1]
    first = known - width * -(-(known - after) // width) if after < known else known
    first = min(first, max(start for start, _ in counts.bins) - width * (FEWEST_BARS - 1))
    number = max(1, int((before - first) / width) + 1)
    by_start: dict[datetime, Counter[str]] = {}
    for (start, actor), count in counts.bins.items():
        by_start.setdefault(start, Counter())[_series(actor, roles)] += count
    most = max(sum(found.values()) for found in by_start.values())
    step = WIDTH / number
    bars = [
        Bar(
            x=round(round((start - first) / width) * step, 2),
            width=round(step * 0.86, 2),
            start=start,
            end=start + width,
            count=sum(found.values()),
            parts=_parts(found, most),
            query=span_query(chosen, start, width),
        )
        for start, found in sorted(by_start.items())
    ]
    present = {css for found in by_start.values() for css in found}
    legend = [(name, css) for name, css in _all_series() if css in present]
    each = _in_words(width)
    label = f"Entries in stretches of {each}: {len(bars)} with any, at most {most:,} in one"
    return Picture(bars, _ticks(first, width, number, step), legend, each, label)


def _all_series() -> list[tuple[str, str]]:
    return [*((name, css) for name, css, _ in SERIES), OTHERS]


def _series(actor: UUID | None, roles: Mapping[UUID, Role]) -> str:
    role = roles.get(actor) if actor else None
    return next((css for _, css, held in SERIES if role in held), OTHERS[1])


def _parts(found: Counter[str], most: int) -> list[Part]:
    parts, y = [], float(BASE)
    for _, css in _all_series():
        if found[css]:
            height = max(found[css] / most * TALL, 1.0)
            y -= height
            parts.append(Part(css, round(y, 1), round(height, 1)))
    return parts


def _ticks(first: datetime, width: timedelta, number: int, step: float) -> list[Tick]:
    """Name the days, or, within one day, the hours; as many as there is room for."""
    within_a_day = width * number <= timedelta(days=2)
    ticks: list[Tick] = []
    before = ""
    for place in range(number):
        at = timezone.localtime(first + width * place)
        text = f"{at:%H}:00" if within_a_day else f"{at:%a %-d %b}"
        if text == before:
            continue
        before = text
        x = round(place * step, 2)
        if (not ticks or x - ticks[-1].x >= NAMED) and x <= WIDTH - NAMED / 2:
            ticks.append(Tick(x, text))
    return ticks


def _in_words(width: timedelta) -> str:
    minutes = int(width.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} h"
    days = minutes // 1440
    return "a day" if days == 1 else f"{days} days"
