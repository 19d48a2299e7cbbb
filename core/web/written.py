"""Small pieces of HTML of which a page has hundreds, written at once.

A template, or `format_html`, takes many times as long as what is in them.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString

#: Django's forms of an instant, as Python writes them, with a place for the day of the month.
FORMS = {
    "D j M, H:i": "%a {day} %b, %H:%M",
    "D j M, H:i:s": "%a {day} %b, %H:%M:%S",
    "D j M Y": "%a {day} %b %Y",
    "D j M": "%a {day} %b",
    "H:i": "%H:%M",
    "H:i:s": "%H:%M:%S",
}


def escaped(value: Any) -> str:
    """Escape it, but what is HTML already: `conditional_escape` without its way for lazy texts."""
    return str(value.__html__()) if hasattr(value, "__html__") else escape(str(value))


def written_options(choices: Iterable[tuple[Any, Any]], chosen: Collection[str]) -> SafeString:
    """Write the options of a select, (value, text) each; chosen: values that are selected."""
    return SafeString(
        "".join(
            f'<option value="{escaped(key)}"{" selected" if str(key) in chosen else ""}>'
            f"{escaped(text)}</option>"
            for key, text in choices
        )
    )


def written_instant(instant: datetime | None, form: str) -> SafeString:
    """Write a time in the active zone, with UTC beside it. form: one of Django's, of no HTML."""
    if instant is None:
        return SafeString('<span class="muted">not yet</span>')
    local, utc = timezone.localtime(instant), instant.astimezone(UTC)
    title = f"{timezone.get_current_timezone_name()} ({utc.day} {utc:%b %Y, %H:%M:%S} UTC)"
    usual = FORMS.get(form)
    shown = local.strftime(usual.format(day=local.day)) if usual else format_date(local, form)
    return SafeString(f'<time datetime="{local.isoformat()}" title="{title}">{shown}</time>')
