"""The pages on which a vendor manager takes a list of people over."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict, Invalid
from core.web.pages import TenantPage
from core.web.sent_files import sent_file
from workforce.people.imports import apply_roster, preview_roster, read_preview
from workforce.people.roster import COLUMNS, MAX_BYTES
from workforce.people.services import TASK_TYPES

STATES = {
    "new": ("ok", "Taken on"),
    "change": ("info", "Changed"),
    "same": ("neutral", "As it is"),
    "uninvited": ("warn", "Not a member yet"),
    "error": ("bad", "Error"),
}


class RosterPage(TenantPage):
    """Choose a list."""

    permission = Permission.PEOPLE_MANAGE
    template_name = "people/roster.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("error", "")
        return super().get_context_data(columns=COLUMNS, skills=TASK_TYPES, **kwargs)

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Read the list and show what it would do."""
        try:
            chosen = sent_file(
                request,
                "file",
                most=MAX_BYTES,
                missing="Choose a file first.",
                too_large="The list is over 1 MB; split it.",
            )
            kept, _ = preview_roster(
                actor=self.actor, vendor=self.tenant.id, content=chosen.read(MAX_BYTES + 1)
            )
        except Invalid as error:
            context = self.get_context_data(tenant=tenant, error=error.message)
            return self.render_to_response(context, status=error.status)
        return redirect(f"/t/{self.tenant.slug}/people/roster/{kept.id}")


class RosterPreviewPage(TenantPage):
    """What taking the list over would do, row by row; and the button that does it."""

    permission = Permission.PEOPLE_MANAGE
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}
    template_name = "people/preview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept, planned = read_preview(vendor=self.tenant.id, roster_id=kwargs["roster"])
        counts = {state: sum(p.state == state for p in planned) for state in STATES}
        kwargs.pop("roster")
        return super().get_context_data(
            kept=kept,
            rows=[(item, *STATES[item.state]) for item in planned],
            counts=counts,
            writes=counts["new"] + counts["change"],
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, roster: UUID) -> HttpResponse:
        """Take the list over."""
        try:
            kept = apply_roster(actor=self.actor, vendor=self.tenant.id, roster_id=roster)
        except Conflict as error:
            messages.error(request, error.message)
            return redirect(f"/t/{self.tenant.slug}/people/roster/{roster}")
        taken = kept.outcome.get("new", 0)
        changed = kept.outcome.get("change", 0)
        messages.info(request, f"{taken} people taken on, {changed} changed.")
        return redirect(f"/t/{self.tenant.slug}/people")
