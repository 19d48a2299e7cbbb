"""A person's row on the board, written at once: a template takes longer than all that is in it."""

from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workforce.routing.staff import Line

register = template.Library()

NO_SKILL = SafeString('<span class="soft">none</span>')
NEW = SafeString('<span class="soft">new</span>')
BREAK = SafeString("<br>")


@register.simple_tag
def board_person(line: Line, slug: str) -> SafeString:
    """Name, skills, trust and what is in hand; slug: of the vendor, in addresses."""
    worker, hand = line.worker, line.hand
    skills = [
        format_html('<span class="tag">{} <b>{}</b></span> ', skill.capitalize(), level)
        for skill, level, _ in line.skills
    ]
    trust = [NEW if held is None else f"{held[0]:.2f}–{held[1]:.2f}" for *_, held in line.skills]
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
        format_html_join(BREAK, "{}", ((each,) for each in trust)) or "·",
        hand.in_hand,
        hand.tasks_at_once,
        _minutes(line),
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
    return format_html(
        '<span class="sub">{} of {} min today</span>', f"{line.hand.minutes_today:.0f}", most
    )
