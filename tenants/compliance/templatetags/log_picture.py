"""The bars of a log's time picture, written at once: a template takes longer than all in them."""

from datetime import datetime
from html import escape

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone
from django.utils.safestring import SafeString

from core.web.written import FORMS, written_instant
from tenants.compliance.time_picture import Bar, Picture

register = template.Library()

FORM = "D j M, H:i"


@register.simple_tag
def picture_bars(picture: Picture) -> SafeString:
    """The bars as SVG: each of its parts, and a ground that takes the click."""
    return SafeString("".join(_bar(bar) for bar in picture.bars))


def _bar(bar: Bar) -> str:
    across = f'x="{bar.x}%" width="{bar.width}%"'
    parts = "".join(
        f'<rect class="{part.css}" {across} y="{part.y}" height="{part.height}"/>'
        for part in bar.parts
    )
    title = f"{_said(bar.start)} to {_said(bar.end)}: {bar.count}"
    return (
        f'<g data-query="{escape(bar.query)}"><title>{title}</title>{parts}'
        f'<rect class="lh-hit" {across} y="0" height="54"/></g>'
    )


def _said(instant: datetime) -> str:
    local = timezone.localtime(instant)
    return local.strftime(FORMS[FORM].format(day=local.day))


@register.simple_tag
def picture_rows(picture: Picture) -> SafeString:
    """The same as rows of a table."""
    return SafeString("".join(_row(bar) for bar in picture.bars))


def _row(bar: Bar) -> str:
    start, end = (written_instant(instant, FORM) for instant in (bar.start, bar.end))
    return (
        f'<tr><td class="tn"><a href="?{escape(bar.query)}">{start}</a></td>'
        f'<td class="tn">{end}</td><td class="num">{intcomma(bar.count)}</td></tr>'
    )
