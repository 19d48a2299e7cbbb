"""Small drawings that put uncertainty beside the agreed limit, as SVG without style attributes.

One grammar everywhere: the band is the spread, the mark is the middle, the ink flag or line is
what was agreed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.web.templatetags.custos import icon
from core.web.written import escaped

register = template.Library()

DAY_WIDTH = 29  # px; nine days fill the column of the client's home


def _x(instant: datetime, start: datetime) -> float:
    return round((instant - start) / timedelta(days=1) * DAY_WIDTH, 1)


@register.simple_tag
def forecast_strip(
    start: datetime,
    days: int,
    *,
    now: datetime,
    due: datetime,
    low: datetime | None = None,
    middle: datetime | None = None,
    high: datetime | None = None,
    status: str = "ok",
    done: datetime | None = None,
) -> SafeString:
    """When work will be finished, on a scale of days: 80 % band, middle, due flag, now.

    `start`: midnight of the first day, aware, in the tenant's zone. `done` replaces the forecast.
    """
    width = days * DAY_WIDTH
    drawn: dict[str, Any] = {
        "width": width,
        "status": status,
        "now": _x(now, start),
        "due": min(max(_x(due, start), 0), width - 8),
        "grid": _grid(start, days),
        "done": None if done is None else max(_x(done, start), 6),
        "label": _strip_label(due, low, high, done),
    }
    if done is None and low is not None and middle is not None and high is not None:
        left, right = max(_x(low, start), 0), min(_x(high, start), width)
        drawn |= {"left": left, "band": max(right - left, 2), "middle": _x(middle, start)}
    return SafeString(render_to_string("components/forecast_strip.html", drawn))


@lru_cache(maxsize=256)
def _grid(start: datetime, days: int) -> SafeString:
    """The days of a strip with their lines; all strips of a page have the same."""
    drawn = []
    for index in range(days):
        day, left = start + timedelta(days=index), index * DAY_WIDTH
        if day.weekday() >= 5:
            drawn.append(
                f'<rect class="c-weekend" x="{left}" y="0" width="{DAY_WIDTH}" height="40"/>'
            )
        drawn.append(f'<path class="c-grid" d="M{left}.5 0V40"/>')
        drawn.append(f'<text class="c-txt strip__d" x="{left + 4}" y="38">{day.day}</text>')
    return SafeString("".join(drawn))


def _strip_label(
    due: datetime, low: datetime | None, high: datetime | None, done: datetime | None
) -> str:
    if done is not None:
        return f"Done {done:%a %d %b}; due {due:%a %d %b}"
    if low is None or high is None:
        return f"Due {due:%a %d %b}; no forecast yet"
    return f"Forecast {low:%a %d %b} to {high:%a %d %b}; due {due:%a %d %b}"


TIMELINE_WIDTH, TIMELINE_LEFT, TIMELINE_ROW = 760, 84, 24


@register.simple_tag
def stage_timeline(
    stages: Sequence[Any],
    span: tuple[datetime, datetime],
    *,
    now: datetime,
    pauses: Sequence[Any] = (),
    due: datetime | None = None,
    low: datetime | None = None,
    high: datetime | None = None,
) -> SafeString:
    """Stages as bars over time, stretches that stood still hatched, the 80 % band and the due flag.

    stages: each with name, state (done, current, todo), began, ended. pauses: began, ended. `span`
    is the first and the last instant that is drawn.
    """
    first, last = span

    def x(instant: datetime) -> float:
        share = (instant - first) / (last - first)
        room = TIMELINE_WIDTH - TIMELINE_LEFT - 12
        return round(TIMELINE_LEFT + min(max(share, 0.0), 1.0) * room, 1)

    def bar(began: datetime, ended: datetime | None) -> dict[str, float]:
        left = x(began)
        return {"x": left, "width": max(round(x(ended or now) - left, 1), 3)}

    rows = [
        {
            "name": stage.name,
            "y": 6 + position * TIMELINE_ROW,
            "style": "ok" if stage.state == "done" else "accent",
            "bar": None
            if stage.began is None
            else bar(stage.began, stage.ended if stage.state == "done" else None),
        }
        for position, stage in enumerate(stages)
    ]
    bottom = 6 + len(rows) * TIMELINE_ROW
    return SafeString(
        render_to_string(
            "components/stage_timeline.html",
            {
                "width": TIMELINE_WIDTH,
                "height": bottom + 46,
                "left": TIMELINE_LEFT,
                "rows": rows,
                "bottom": bottom,
                "now": x(now),
                "due": None if due is None else x(due),
                "pauses": [bar(pause.began, pause.ended) for pause in pauses],
                "band": None if low is None or high is None else bar(low, high),
                "days": _days(first, last, x),
                "label": _timeline_label(stages, due, low, high),
            },
        )
    )


def _days(
    first: datetime, last: datetime, place: Callable[[datetime], float]
) -> list[dict[str, Any]]:
    """Midnights in the reader's zone, so many that their names do not touch."""
    day = timezone.localtime(first).replace(hour=0, minute=0, second=0, microsecond=0)
    step = timedelta(days=max(1, -(-(last - first) // timedelta(days=9))))
    days = []
    while (day := day + step) < last:
        days.append({"x": place(day), "day": day})
    return days


def _timeline_label(
    stages: Sequence[Any], due: datetime | None, low: datetime | None, high: datetime | None
) -> str:
    done = sum(1 for stage in stages if stage.state == "done")
    words = [f"{done} of {len(stages)} stages done"]
    if due is not None:
        words.append(f"due {timezone.localtime(due):%a %d %b, %H:%M}")
    if low is not None and high is not None:
        words.append(f"done between {low:%a %d %b} and {high:%a %d %b} in 80 of 100 forecasts")
    return "; ".join(words)


@register.simple_tag
def stage_bar(stages: Sequence[Mapping[str, Any]]) -> SafeString:
    """How far a clip or batch is: stages of name, state (done, current, hold, todo), share 0-1."""
    width = len(stages) * 26 - 2
    current = next((s for s in stages if s["state"] in {"current", "hold"}), None)
    done = sum(1 for s in stages if s["state"] == "done")
    name = current["name"] if current else "all stages done"
    drawn = "".join(_stage(index * 26, stage) for index, stage in enumerate(stages))
    return SafeString(
        f'<svg class="steps6" width="{width}" height="7" viewBox="0 0 {width} 7"'
        ' preserveAspectRatio="none" role="img"'
        f' aria-label="{done} of {len(stages)} done, {escaped(name)}">{drawn}</svg>'
    )


def _stage(left: int, stage: Mapping[str, Any]) -> str:
    """A stage of the bar; lists have hundreds, so no template is rendered for each."""
    if stage["state"] == "done":
        return f'<rect class="f-mute" x="{left}" width="24" height="7" rx="1"/>'
    drawn = f'<rect class="c-track" x="{left}.5" y=".5" width="23" height="6" rx="1"/>'
    colour = {"hold": "f-hold", "current": "f-info"}.get(stage["state"])
    if colour is None:
        return drawn
    fill = round(24 * float(stage.get("share", 0)), 1)
    return f'{drawn}<rect class="{colour}" x="{left}" width="{fill}" height="7" rx="1"/>'


@register.simple_tag
def dot_plot(
    value: float, low: float, high: float, *, limit: float, scale: tuple[float, float]
) -> SafeString:
    """A score with its interval against the agreed limit, on `scale` (left, right)."""
    left, right = scale

    def place(number: float) -> float:
        return round(6 + min(max((number - left) / (right - left), 0), 1) * 152, 1)

    return SafeString(
        render_to_string(
            "components/dot_plot.html",
            {
                "value": place(value),
                "low": place(low),
                "high": place(high),
                "limit": place(limit),
                "end": 158,
                "label": f"{value:.2f}, interval {low:.2f} to {high:.2f}, "
                f"agreed at least {limit:.2f}",
            },
        )
    )


@register.simple_tag
def load_bar(share: float, label: str, status: str = "info") -> SafeString:
    """A share of a whole, 0 to 1; over 1 is drawn full, so the words beside it must say "over"."""
    width = round(min(max(share, 0.0), 1.0) * 86, 1)
    return SafeString(
        '<svg class="bar" width="86" height="9" viewBox="0 -1 86 9" preserveAspectRatio="none" '
        f'role="img" aria-label="{escaped(label)}">'
        '<rect class="c-track" x=".5" y=".5" width="85" height="6" rx="2"/>'
        f'<rect class="f-{escaped(status)}" width="{width}" height="7" rx="2"/></svg>'
    )


@register.simple_tag
def frame_boxes(boxes: Sequence[Any], width: int, height: int, cut: Any = None) -> SafeString:
    """Boxes of one frame in the outline of its picture, each with x, y, width, height, style.

    Sizes are in pixels of the picture. Styles: a, b (two sides), missed, false, switched.
    cut: x, y, width and height of the part that is shown; None shows all of it.
    """
    return SafeString(
        render_to_string(
            "components/frame_boxes.html",
            {
                "boxes": boxes,
                "width": width,
                "height": height,
                "cut": cut,
                "label": f"{len(boxes)} box{'' if len(boxes) == 1 else 'es'} in the picture",
            },
        )
    )


HOUR_WIDTH, HOURS_HEIGHT = 8, 40


@register.simple_tag
def share_bar(share: float) -> SafeString:
    """A thin bar below a value, which has its number beside it; `share`: 0 to 1."""
    return format_html(
        '<svg class="bar sharebar" viewBox="0 0 100 3" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="c-track" width="100" height="3"/>'
        '<rect class="f-info" width="{}" height="3"/></svg>',
        round(share * 100, 1),
    )


@register.simple_tag
def hour_bars(hours: Sequence[int], what: str) -> SafeString:
    """Counts of a day's 24 hours as bars; `what` is what is counted, as in "looks"."""
    most = max(hours, default=0) or 1
    bars = [
        {"x": hour * HOUR_WIDTH, "height": max(round(count / most * 30, 1), 1), "any": bool(count)}
        for hour, count in enumerate(hours)
    ]
    busiest = max(range(len(hours)), key=hours.__getitem__)
    label = f"{sum(hours)} {what} today, most of them from {busiest:02}:00: {hours[busiest]}"
    return SafeString(
        render_to_string(
            "components/hour_bars.html",
            {"bars": bars, "label": label, "width": len(hours) * HOUR_WIDTH, "base": 31},
        )
    )


RATE_WIDTH = 160


@register.simple_tag
def rate_plot(row: Any, middle: float, most: float) -> SafeString:
    """An error rate with its interval on 0..`most`; the broken line is the rate of all together.

    row: has rate, low and high (None without an interval).
    """

    def place(share: float) -> float:
        return round(6 + min(share / most, 1.0) * (RATE_WIDTH - 12), 1)

    spread = "" if row.low is None else f", 95 % interval {row.low:.1%} to {row.high:.1%}"
    worse = row.low is not None and row.low > middle
    return SafeString(
        render_to_string(
            "components/rate_plot.html",
            {
                "width": RATE_WIDTH,
                "rate": place(row.rate),
                "low": None if row.low is None else place(row.low),
                "high": None if row.high is None else place(row.high),
                "middle": place(middle),
                "style": "bad" if worse else "accent",
                "label": f"{row.rate:.1%}{spread}; all together {middle:.1%}",
            },
        )
    )


CHART = (820, 232)
PLOT = (36, 10, 710, 206)


@register.simple_tag
def trust_chart(history: Any) -> SafeString:
    """Trust over time: mean, the band from the 5 % to the 95 % quantile, and the gate.

    history: has points (at, low, mean, high), gate and since; drawn by instant from left to right.
    """
    left, top, right, bottom = PLOT
    first: datetime = history.points[0].at
    last: datetime = history.points[-1].at
    span: float = (last - first) / timedelta(seconds=1) or 1.0

    def x(instant: datetime) -> float:
        return round(left + (instant - first) / timedelta(seconds=1) / span * (right - left), 1)

    def y(share: float) -> float:
        return round(bottom - share * (bottom - top), 1)

    def path(name: str, points: Sequence[Any]) -> str:
        return "L".join(f"{x(point.at)} {y(getattr(point, name))}" for point in points)

    points, newest = history.points, history.points[-1]
    since = history.since if history.since and first <= history.since <= last else None
    return SafeString(
        render_to_string(
            "components/trust_chart.html",
            {
                "size": CHART,
                "plot": PLOT,
                "grid": [{"y": y(n / 10), "text": f"{n / 10:.1f}"} for n in range(0, 11, 2)],
                "band": f"M{path('high', points)}L{path('low', points[::-1])}z",
                "middle": f"M{path('mean', points)}",
                "gate": y(history.gate),
                "newest": {"x": x(last), "y": y(newest.mean), "mean": newest.mean},
                "since": None if since is None else x(since),
                "first": first,
                "last": last,
                "label": f"Trust now {newest.mean:.2f}, with 90 % between {newest.low:.2f} and "
                f"{newest.high:.2f}; the gate is at {history.gate:.1f}",
            },
        )
    )


@register.simple_tag
def fit_cells(cells: Sequence[Any]) -> SafeString:
    """A person's cells on the board, written at once: a board has a thousand of them.

    cells: each has open, fit (of 100), heat (hi, mid or lo) and has.
    """
    barred = icon("ban", "sm", "Not open to them")
    written = (
        f'<td role="gridcell" tabindex="-1" data-column="{column}" {_fit(cell, barred)}</td>'
        for column, cell in enumerate(cells)
    )
    return SafeString("".join(written))


def _fit(cell: Any, barred: SafeString) -> str:
    """Class, fit and content of a cell: all of them numbers and words of ours."""
    if not cell.open:
        return f'class="cell cell--no" data-barred>{barred}'
    has = f'<span class="have">has {int(cell.has)}</span>' if cell.has else ""
    fit = int(cell.fit)
    if not fit:
        nothing = '<span class="dot0" aria-label="nothing waits">·</span>'
        return f'class="cell">{nothing}{has}'
    heat = {"hi": "hi", "mid": "mid", "lo": "lo"}[cell.heat]
    return f'class="cell cell--fit cell--{heat}"><b>{fit}</b>{has}'
