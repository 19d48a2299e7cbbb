"""A toast: what was just done, with a way to undo it, until the next page."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string

#: The tag of a message that is a toast, not a note.
TAG = "toast"


def offer_undo(request: HttpRequest, text: str, action: str, fields: Mapping[str, str]) -> None:
    """Say what was done; its button posts `fields` to `action`, which must do the opposite."""
    context = {"text": text, "action": action, "fields": dict(fields)}
    body = render_to_string("components/undo.html", context, request)
    messages.add_message(request, messages.INFO, body, extra_tags=TAG)
