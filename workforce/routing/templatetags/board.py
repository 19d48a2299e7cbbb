"""A person's row on the board, written at once: a template takes longer than all that is in it."""

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.custos_charts import load_bar
from core.web.written import escaped
from workforce.routing.staff import Line

register = template.Library()

NO_SKILL = '<span class="soft">none</span>'
NEW = '<span class="row tr soft">new</span>'
#: Pixels from no trust to all of it.
WIDE = 44
#: A share of a day's minutes from which on little is left.
NEARLY = 0.9


@register.simple_tag
def board_person(line: Line, slug: str) -> SafeString:
    """Name, skills, trust and what is in hand; slug: of the vendor, in addresses."""
    worker, hand = line.worker, line.hand
    skills = " ".join(
        f'<span class="tag">{escaped(skill.capitalize())} <b>{level}</b></span>'
        for skill, level, _ in line.skills
    )
    trust = "".join(NEW if held is None else _trust(*held) for *_, held in line.skills)
    return SafeString(
        f'<th scope="row" role="rowheader"><a class="rowlink" href="/t/{escaped(slug)}/people/'
        f'{worker.id}">{escaped(worker.user.get_full_name())}</a>'
        f'<span class="sub">{_when_here(line)}</span></th>'
        f'<td role="gridcell" class="roomy">{skills or NO_SKILL}</td>'
        f'<td role="gridcell" class="num roomy">{trust or "·"}</td>'
        f'<td role="gridcell" class="num roomy">{hand.in_hand} of {hand.tasks_at_once}'
        f"{_minutes(line)}</td>"
    )


def _trust(low: float, high: float) -> str:
    """Draw where trust lies from 0 to 1, 90 % sure, beside its bounds; made of numbers alone."""
    left, right = f"{low * WIDE:.1f}", f"{high * WIDE:.1f}"
    line = f"M{left} 6.5H{right}M{left} 3v7M{right} 3v7"
    return (
        f'<span class="row tr"><svg width="{WIDE}" height="12" viewBox="0 0 {WIDE} 12" '
        f'aria-hidden="true"><path class="c-grid" d="M0 6.5h{WIDE}"/>'
        f'<path class="s-accent w-2" d="{line}"/></svg>'
        f'<span class="num">{low:.2f}–{high:.2f}</span></span>'
    )


def _when_here(line: Line) -> str:
    told = escaped(_here(line, line.shift))
    if line.shift is None:
        return told
    return f'{told} <span class="vh">by the clock of {escaped(line.worker.time_zone)}</span>'


def _here(line: Line, shift: tuple[datetime, datetime] | None) -> str:
    if not line.worker.active:
        return "resting"
    if line.hand.here:
        return f"here now until {shift[1]:%H:%M}" if shift else "here now"
    return f"off until {shift[0]:%a %H:%M}" if shift else "off shift"


def _minutes(line: Line) -> str:
    most = line.hand.minutes_per_day
    if not most:
        return ""
    share = line.hand.minutes_today / most
    words = f"{line.hand.minutes_today:.0f} of {most} min today{', over' if share > 1 else ''}"
    status = "bad" if share > 1 else "warn" if share > NEARLY else "info"
    return f'{load_bar(share, words, status)}<span class="sub">{words}</span>'
