"""The components of the design system as template tags; `/design/` shows each with its markup.

Inline parts return one element (`icon`, `pill`, `state`, `button`). Parts with a body are block
tags (`note`, `panel`, `page_head`). Parts drawn from data (`forecast_strip`, `dot_plot`,
`stage_bar`) are in `custos_charts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.accounts.saved_views import kept_part, views_of
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.web.written import escaped, written_instant, written_options

register = template.Library()

# Each status has its own icon, so that colour is never the only sign (WCAG 1.4.1).
STATUS_ICONS: Mapping[str, str] = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "bad": "circle-x",
    "hold": "pause",
    "info": "info",
    "neutral": "circle",
}
NO_TEXT = SafeString("")
UNITS = ("B", "kB", "MB", "GB", "TB")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """A Lucide icon of the sprite, kept as written; `label` only when no words stand beside it."""
    css = f"icon icon--{size}" if size else "icon"
    sprite = f"{static('icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}" viewBox="0 0 24 24"><use href="{}"/></svg>',
            css,
            label,
            sprite,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" viewBox="0 0 24 24"><use href="{}"/></svg>', css, sprite
    )


def _status(base: str, status: str, text: str, icon_name: str, size: str) -> SafeString:
    if status not in STATUS_ICONS:
        raise template.TemplateSyntaxError(f"unknown status {status!r}")
    picture = icon(icon_name or STATUS_ICONS[status], size)
    return SafeString(f'<span class="{base} {base}--{status}">{picture}{escaped(text)}</span>')


@register.simple_tag
def pill(status: str, text: str, icon_name: str = "") -> SafeString:
    """A status in a table or head: ok, warn, bad, hold (clock stopped), info or neutral."""
    return _status("pill", status, text, icon_name, "")


@register.simple_tag
def state(status: str, text: str, icon_name: str = "") -> SafeString:
    """The same status inside a sentence, without a ground."""
    return _status("st", status, text, icon_name, "sm")


@register.simple_tag
def button(
    text: str, *, href: str = "", kind: str = "", picture: str = "", **attrs: str
) -> SafeString:
    """A link (`href`) or a button that looks like one.

    `kind`: space-separated of primary, quiet, danger, sm, lg, wide, icon. With `icon` the text
    becomes the accessible name. Other keywords are attributes; `_` stands for `-`.
    """
    kinds = kind.split()
    css = " ".join(["btn", *(f"btn--{part}" for part in kinds)])
    extra = {name.replace("_", "-"): value for name, value in attrs.items()}
    shown: str = text
    if "icon" in kinds:
        extra |= {"aria-label": text, "title": text}
        shown = ""
    tag = "a" if href else "button"
    base = {"href": href} if href else {"type": extra.pop("type", "submit")}
    attributes = format_html_join("", ' {}="{}"', (base | extra).items())
    image = icon(picture) if picture else NO_TEXT
    return format_html('<{0} class="{1}"{2}>{3}{4}</{0}>', tag, css, attributes, image, shown)


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Initials beside a name; decoration only, so hidden from assistive technology."""
    initials = "".join(part[0] for part in name.split()[:2]).upper()
    css = f"avatar avatar--{size}" if size else "avatar"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, initials)


@register.simple_block_tag
def note(content: str, status: str = "info", role: str = "") -> SafeString:
    """A message that belongs to the page. `role="alert"` when it appears after an act."""
    css = "note" if status in {"info", "neutral"} else f"note note--{status}"
    attribute = format_html(' role="{}"', role) if role else NO_TEXT
    return format_html(
        '<div class="{}"{}>{}<div>{}</div></div>',
        css,
        attribute,
        icon(STATUS_ICONS[status]),
        content,
    )


@register.simple_block_tag
def panel(
    content: str,
    title: str,
    *,
    sub: str = "",
    more: str = "",
    more_text: str = "Open",
    css: str = "",
) -> SafeString:
    """A titled surface. `more` is the address of the full list behind it."""
    identifier = f"h-{title.lower().replace(' ', '-')}"
    return format_html(
        '<section class="panel {}" aria-labelledby="{}"><div class="panel__head">'
        '<h2 id="{}">{}</h2>{}{}</div>{}</section>',
        css,
        identifier,
        identifier,
        title,
        format_html("<p>{}</p>", sub) if sub else NO_TEXT,
        format_html('<a href="{}">{}</a>', more, more_text) if more else NO_TEXT,
        content,
    )


@register.simple_block_tag
def page_head(content: str, title: str, *, sub: str = "", work: bool = False) -> SafeString:
    """The page's answer as its h1, one line of ground below, actions as the body."""
    actions = (
        format_html('<div class="head__act">{}</div>', content) if content.strip() else NO_TEXT
    )
    return format_html(
        '<div class="{}"><div><h1>{}</h1>{}</div>{}</div>',
        "head head--work" if work else "head",
        title,
        format_html("<p>{}</p>", sub) if sub else NO_TEXT,
        actions,
    )


@register.simple_block_tag
def data_table(
    content: str, caption: str, *, stack: bool = False, tall: bool = False, css: str = ""
) -> SafeString:
    """A table that scrolls in its own region, or becomes cards below 860 px (`stack`)."""
    classes = " ".join(
        ["table", *(["table--stack"] if stack else []), *(["table--tall"] if tall else []), css]
    ).strip()
    return format_html(
        '<div class="scroll-x" tabindex="0" role="region" aria-label="{0}">'
        '<table class="{1}"><caption class="vh">{0}</caption>{2}</table></div>',
        caption,
        classes,
        content,
    )


@register.simple_tag
def summary(pairs: Iterable[tuple[str, Any]], css: str = "") -> SafeString:
    """A list of term and value."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs)
    return format_html('<dl class="sum {}">{}</dl>', css, rows)


@register.simple_block_tag
def empty(content: str, title: str, picture: str = "archive") -> SafeString:
    """What stands where a list will be, and what makes it come. The body is text and actions."""
    return format_html(
        '<div class="empty">{}<div><h3>{}</h3>{}</div></div>', icon(picture, "lg"), title, content
    )


@register.simple_block_tag
def dialog(content: str, identifier: str, title: str, *, small: bool = True) -> SafeString:
    """A dialog that a `dialog_opener` of the same identifier opens; focus goes back to it.

    Without scripts the opener's address shows it in its place. The body holds its own form; a
    button with formmethod="dialog" closes it.
    """
    return format_html(
        '<dialog class="sheet{}" id="{}" aria-labelledby="{}-h"><div class="sheet__head">'
        '<h2 id="{}-h">{}</h2><form method="dialog"><button type="submit" class="btn btn--quiet '
        'btn--icon btn--sm" aria-label="Close" title="Close">{}</button></form></div>'
        '<div class="sheet__body">{}</div></dialog>',
        " sheet--small" if small else "",
        identifier,
        identifier,
        identifier,
        title,
        icon("x"),
        content,
    )


@register.simple_tag
def dialog_opener(text: str, identifier: str, *, kind: str = "", picture: str = "") -> SafeString:
    """The link, drawn as a button, that opens a `dialog`."""
    css = " ".join(["btn", *(f"btn--{part}" for part in kind.split())])
    image = icon(picture) if picture else NO_TEXT
    return format_html(
        '<a class="{}" role="button" href="#{}" data-dialog="{}" aria-haspopup="dialog">{}{}</a>',
        css,
        identifier,
        identifier,
        image,
        text,
    )


@register.simple_block_tag
def menu(content: str, text: str, *, picture: str = "ellipsis", kind: str = "quiet") -> SafeString:
    """Acts that a page needs seldom, behind one button. The body is a list of links or forms."""
    css = " ".join(["btn", *(f"btn--{part}" for part in kind.split())])
    return format_html(
        '<details class="menu menu--end"><summary class="{}">{}{}</summary>'
        '<ul class="menu__b menu__l">{}</ul></details>',
        css,
        icon(picture),
        text,
        content,
    )


@register.simple_tag
def tabs(items: Iterable[Mapping[str, Any]], what: str) -> SafeString:
    """Parts of one page, each with an address of its own: items of url, text, current, count."""
    links = format_html_join(
        "",
        '<a href="{}"{}>{}{}</a>',
        (
            (
                item["url"],
                SafeString(' aria-current="page"') if item.get("current") else NO_TEXT,
                item["text"],
                format_html(' <span class="nav__n">{}</span>', item["count"])
                if item.get("count")
                else NO_TEXT,
            )
            for item in items
        ),
    )
    return format_html('<nav class="tabs" aria-label="{}">{}</nav>', what, links)


@register.simple_tag
def skeleton(rows: int, columns: int, text: str = "Loading") -> SafeString:
    """What stands where rows will be, of the same height, so that nothing jumps when they come."""
    context = {"rows": range(rows), "columns": range(columns), "text": text}
    return SafeString(render_to_string("components/skeleton.html", context))


@register.simple_tag(takes_context=True)
def saved_views(context: template.Context) -> SafeString:
    """The person's own views of this page, and a way to keep the filters that are chosen now."""
    request = context["request"]
    query = kept_part(request.GET.urlencode())
    views = views_of(request.user, request.path)
    shown = {
        "views": views,
        "query": query,
        "page": request.path,
        "unsaved": bool(query) and all(view.query != query for view in views),
    }
    return SafeString(render_to_string("components/saved_views.html", shown, request))


@register.simple_tag
def steps(items: Sequence[Mapping[str, str]]) -> SafeString:
    """A vertical history or plan: items of state (done, current, hold, bad, todo), title, text."""
    return SafeString(render_to_string("components/steps.html", {"items": items}))


def _says_the_same(placeholder: object, label: object) -> bool:
    """Say whether a placeholder only repeats the label, as allauth's do."""
    first, second = str(placeholder).lower(), str(label).lower()
    return bool(first) and (first in second or second in first)


@register.simple_tag
def field(bound: BoundField, size: str = "", hint: str = "") -> SafeString:
    """A form field with label, hint and error tied to the input by aria-describedby."""
    described = [f"{bound.auto_id}-e"] if bound.errors else []
    if hint or bound.help_text:
        described.append(f"{bound.auto_id}-h")
    attrs: dict[str, Any] = {"class": f"input input--{size}" if size else "input"}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if _says_the_same(bound.field.widget.attrs.get("placeholder", ""), bound.label):
        attrs["placeholder"] = False
    kind = bound.widget_type
    if kind in {"checkbox", "radioselect", "checkboxselectmultiple"}:
        attrs.pop("class")
    # Django writes aria-describedby itself for help texts; ours names the error too.
    return SafeString(
        render_to_string(
            "components/field.html",
            {"field": bound, "widget": bound.as_widget(attrs=attrs), "kind": kind, "hint": hint},
        )
    )


@register.simple_tag
def plain_input(bound: BoundField) -> SafeString:
    """The input of a form field alone, tied to an error of the id that `field` gives it."""
    attrs: dict[str, Any] = {"class": "input"}
    if bound.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}-e"}
    return bound.as_widget(attrs=attrs)


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str = "") -> SafeString:
    """The options of a select, (value, text) each, of which one may be chosen."""
    return written_options(choices, (chosen,))


@register.simple_tag
def error_summary(form: BaseForm) -> SafeString:
    """On top of a refused form, when two fields or the form as a whole need a change.

    Each error links to its field. A single field's error stands at the field alone.
    """
    if len(form.errors) < 2 and not form.non_field_errors():
        return NO_TEXT
    return SafeString(render_to_string("components/error_summary.html", {"form": form}))


@register.simple_tag(takes_context=True)
def sort_header(
    context: template.Context, text: str, key: str, *, numeric: bool = False
) -> SafeString:
    """A table's column head that sorts by `key`; `-key` is downward. The query names it `order`.

    The first choice of a column that is sorted already turns it around.
    """
    query: QueryDict = context["request"].GET.copy()
    now = str(query.get("order") or context.get("order", ""))
    query["order"] = f"-{key}" if now == key else key
    query.pop("page", None)
    sorted_as = {key: "ascending", f"-{key}": "descending"}.get(now, "")
    pictures = {"ascending": "arrow-up", "descending": "arrow-down", "": "chevrons-up-down"}
    return format_html(
        '<th scope="col"{}{}><a class="sorter" href="?{}">{}{}</a></th>',
        SafeString(' class="num"') if numeric else NO_TEXT,
        format_html(' aria-sort="{}"', sorted_as) if sorted_as else NO_TEXT,
        query.urlencode(),
        text,
        icon(pictures[sorted_as], "sm"),
    )


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: str) -> str:
    """Give the page's query with some values changed, from its first page; empty ones go."""
    query: QueryDict = context["request"].GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def pagination(
    context: template.Context,
    page: Page[Any],
    what: str,
    name: str = "page",
    asked: QueryDict | None = None,
) -> SafeString:
    """Where one is in a long list; keeps the query. `what`: plural noun, as in "clips".

    name: of the page in the query, where a page has two such lists. asked: the query to keep, where
    it is another than that of the request.
    """
    query: QueryDict = (context["request"].GET if asked is None else asked).copy()
    query.pop(name, None)
    prefix = f"?{query.urlencode()}&{name}=" if query else f"?{name}="
    # A list that is too long to count says so (core.web.long_lists).
    count = page.paginator.count
    told = up_to(count, getattr(page.paginator, "most", count))
    named = {"page": page, "what": what, "prefix": prefix, "count": told}
    return SafeString(render_to_string("components/pagination.html", named))


@register.simple_tag
def when(instant: datetime | None, form: str = "D j M, H:i") -> SafeString:
    """A time in the active zone, machine-readable and in UTC beside it; "not yet" for None."""
    return written_instant(instant, form)


@register.filter
def dark_media(theme: str | None) -> str:
    """Say for which screens dark tokens hold; `theme` is light, dark or as the system has it."""
    if theme in {"light", "dark"}:
        return "screen" if theme == "dark" else "not all"
    return "screen and (prefers-color-scheme: dark)"


@register.filter
def percent(share: float, digits: int = 0) -> str:
    """A share of 1 as "7.8 %", with so many digits behind the point."""
    return f"{100 * share:.{digits}f} %"


@register.filter
def up_to(count: int, most: int) -> str:
    """A count that ends at `most`: 340 or 1,000+; whoever counts stops at one more."""
    return f"{most:,}+" if count > most else f"{count:,}"


@register.filter
def words(value: object) -> str:
    """A stored word as people read it: client_admin becomes Client admin."""
    return str(value).replace("_", " ").capitalize()


@register.filter
def called(organization: Organization) -> str:
    """What an organization is called, for somebody who may enter it."""
    return name_of(organization)


@register.filter
def short_id(value: object) -> str:
    """The first eight characters of an id, for reading; the full one belongs in a title."""
    return str(value)[:8]


@register.filter
def data_size(value: int) -> str:
    """Bytes in decimal units, three digits: 1.86 GB."""
    size, unit = float(value), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}" if unit else f"{size:.0f} B"


@register.filter
def duration(seconds: float) -> str:
    """Seconds as people say them: 42 s, 18 min, 2 h 05, 3 d 4 h."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min"
    if total < 86400:
        return f"{total // 3600} h {total % 3600 // 60:02d}"
    return f"{total // 86400} d {total % 86400 // 3600} h"


@register.filter
def plain_number(value: Decimal) -> str:
    """A decimal without idle zeros, digits in groups: 1,840 or 0.02."""
    text = f"{value.normalize():,f}"
    return text.rstrip(".")


@register.filter
def unit_price(value: Decimal) -> str:
    """A price with two decimals, or as many more as it has: 0.40 or 0.0125."""
    text = f"{value.normalize():,f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"


@register.filter
def named(identifier: object, names: Mapping[str, str]) -> str:
    """The name of an id among `names`, keyed by its text; else the first eight characters."""
    return names.get(str(identifier)) or short_id(identifier)
