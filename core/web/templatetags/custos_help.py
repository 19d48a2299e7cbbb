"""The "?" of a page: its opener and its panel, from the one source in core/web/page_help.py."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.web.page_help import EVERYWHERE, HELP

register = template.Library()


@register.simple_tag(takes_context=True)
def page_help(context: template.Context, kind: str) -> SafeString:
    """Draw the button and the panel of a kind of page; the link only for who is signed in."""
    user = context.get("user")
    told = HELP[kind]
    document, _, heading = told.more.partition("#")
    signed_in = user is not None and user.is_authenticated
    more = f"/help/read/{document}{'#' if heading else ''}{heading}" if document else "/help/"
    return SafeString(
        render_to_string(
            "components/page_help.html",
            {"help": told, "everywhere": EVERYWHERE, "more": more if signed_in else ""},
        )
    )
