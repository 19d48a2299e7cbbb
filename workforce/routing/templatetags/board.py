"""A person's row on the board, written at once: a template takes longer than all that is in it."""

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.web.templatetags.custos_charts import load_bar
from workforce.routing.staff import Line

register = template.Library()

NO_SKILL = SafeString('<span class="soft">none</span>')
NEW = SafeString('<span class="row tr soft">new</span>')
#: Pixels from no trust to all of it.
WIDE = 44
#: A share of a day's minutes from which on little is left.
NEARLY = 0.9


@register.simple_tag
def board_person(line: Line, slug: str) -> SafeString:
    """Name, skills, trust and what is in hand; slug: of the vendor, in addresses."""
    worker, hand = line.worker, line.hand
    skills = [
        format_html('<span class="tag">{} <b>{}</b></span> ', skill.capitalize(), level)
        for skill, level, _ in line.skills
    ]
    trust = [NEW if held is None else _trust(*held) for *_, held in line.skills]
    return format_html(
        '<th scope="row" role="rowheader"><a class="rowlink" href="/t/{}/people/{}">{}</a>'
        '<span class="sub">{}</span></th><td role="gridcell" class="roomy">{}</td>'
        '<td role="gridcell" class="num roomy">{}</td>'
        '<td role="gridcell" class="num roomy">{} of {}{}</td>',
        slug,
        worker.id,
        worker.user.get_full_name(),
        _when_here(line),
        SafeString("".join(skills)) or NO_SKILL,
        SafeString("".join(trust)) or "·",
        hand.in_hand,
        hand.tasks_at_once,
        _minutes(line),
    )


def _trust(low: float, high: float) -> SafeString:
    """Draw where trust lies from 0 to 1, 90 % sure, beside its bounds; made of numbers alone."""
    left, right = f"{low * WIDE:.1f}", f"{high * WIDE:.1f}"
    line = f"M{left} 6.5H{right}M{left} 3v7M{right} 3v7"
    return SafeString(
        f'<span class="row tr"><svg width="{WIDE}" height="12" viewBox="0 0 {WIDE} 12" '
        f'aria-hidden="true"><path class="c-grid" d="M0 6.5h{WIDE}"/>'
        f'<path class="s-accent w-2" d="{line}"/></svg>'
        f'<span class="num">{low:.2f}–{high:.2f}</span></span>'
    )


def _when_here(line: Line) -> SafeString:
    told, zone = _here(line, line.shift), line.worker.time_zone
    if line.shift is None:
        return format_html("{}", told)
    return format_html('{} <span class="vh">by the clock of {}</span>', told, zone)


def _here(line: Line, shift: tuple[datetime, datetime] | None) -> str:
    if not line.worker.active:
        return "resting"
    if line.hand.here:
        return f"here now until {shift[1]:%H:%M}" if shift else "here now"
    return f"off until {shift[0]:%a %H:%M}" if shift else "off shift"


def _minutes(line: Line) -> SafeString | str:
    most = line.hand.minutes_per_day
    if not most:
        return ""
    share = line.hand.minutes_today / most
    words = f"{line.hand.minutes_today:.0f} of {most} min today{', over' if share > 1 else ''}"
    status = "bad" if share > 1 else "warn" if share > NEARLY else "info"
    return format_html('{}<span class="sub">{}</span>', load_bar(share, words, status), words)
