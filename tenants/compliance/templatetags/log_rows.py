"""Rows of the log, written at once: a template takes longer than all that is in them."""

from collections.abc import Sequence
from html import escape

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.safestring import SafeString

from core.web.written import written_instant
from tenants.compliance.entries import Row

register = template.Library()


@register.simple_tag
def log_rows(rows: Sequence[Row], slug: str, *, day: str = "", one_action: bool) -> SafeString:
    """Entries, a row each; slug: whose log.

    day, one_action: said once above the table, so not in each row.
    """
    form = "H:i:s" if day else "D j M, H:i:s"
    log = f"/t/{escape(slug)}/log"
    return SafeString(
        "".join(_row(row, log, form, "" if one_action else _action(row)) for row in rows)
    )


def _row(row: Row, log: str, form: str, action: str) -> str:
    key = escape(row.id)
    if row.index is None:
        waits = '<span class="muted" title="It gets its index within a second">waits</span>'
        begin, place = "<tr>", waits
    else:
        begin = f'<tr data-entry="{key}">'
        place = f'<a href="{log}/{key}">{intcomma(row.index)}</a>'
    frames = f' <span class="tn soft">{escape(row.frames)}</span>' if row.frames else ""
    why = "·"
    if row.purpose:
        why = _filter("why", row.purpose, row.purpose, "Only this purpose")
    what = _filter("subject", row.subject, row.what, f"Only entries on {row.subject}")
    time = written_instant(row.time, form)
    return (
        f'{begin}<td class="num mono">{place}</td><td class="tn">{time}</td>'
        f'<td>{_who(row)}</td>{action}<td>{what}{frames}</td><td class="mono">{why}</td></tr>'
    )


def _who(row: Row) -> str:
    if not row.actor_id:
        return f'<span class="who1 soft">{escape(row.who)}</span> <span class="muted">system</span>'
    title = f"Only entries of {row.actor_id}"
    link = _filter("actor", row.actor_id, row.who, title, css="who1 rowlink")
    return f'{link} <span class="muted">{escape(row.role)}</span>'


def _action(row: Row) -> str:
    link = _filter("action", row.action, row.action, "Only this action")
    return f'<td class="mono">{link}</td>'


def _filter(name: str, value: str, text: str, title: str, *, css: str = "quiet") -> str:
    """A link to the entries of one value, which a key adds to what is asked for."""
    given = escape(value)
    return (
        f'<a class="{css}" href="?{name}={given}" data-filter="{name}" data-value="{given}"'
        f' title="{escape(title)}">{escape(text)}</a>'
    )
