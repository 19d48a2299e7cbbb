"""The page on which somebody says whether two tracks at a task's border are one object."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Conflict, NotFound
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.web.pages import TenantPage
from workforce.delivery.seam_access import open_clips, require_decider
from workforce.delivery.seam_review import decide_seam, questions
from workforce.delivery.seams import Why
from workforce.redaction.checking_pages import entries_of, slug_of

#: Clips that the list shows, those with most questions.
MOST = 50
REASONS = {
    Why.ATTRIBUTES: "They lie on each other, but their attributes differ.",
    Why.CANDIDATES: "More than one track lies here.",
    Why.LABEL: "They lie on each other, but their labels differ.",
    Why.OVERLAP: "They lie on each other by less than half.",
}


class SeamsPage(TenantPage):
    """A clip's open questions; each is decided by itself."""

    permission = Permission.LABEL_DECIDE
    template_name = "delivery/seams.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        require_decider(self.entry, self.person.id, kwargs["clip"])
        clip, open_questions, decided = questions(tenant=self.tenant.id, clip_id=kwargs["clip"])
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.seams.read",
            subject=("clip", clip.id),
            purpose="review",
            details={"questions": len(open_questions)},
        )
        vendor = self.entry.vendor_id
        own = vendor is None
        kwargs["clip"] = clip
        return super().get_context_data(
            questions=[(one, REASONS[one.doubt.why]) for one in open_questions],
            decided=decided,
            own=own,
            name=clip.filename if own else f"Clip {str(clip.id)[:8]}",
            home=f"/t/{self.tenant.slug if vendor is None else slug_of(vendor)}/seams",
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, clip: UUID) -> HttpResponse:
        """Take a decision: `same`, `apart`, or the id of another track that it is."""
        try:
            earlier, later = UUID(request.POST["earlier"]), UUID(request.POST["later"])
            choice = request.POST["choice"]
            other = later if choice in {"same", "apart"} else UUID(choice)
        except (KeyError, ValueError) as error:
            raise NotFound from error
        require_decider(self.entry, self.person.id, clip)
        try:
            decide_seam(
                actor=self.actor,
                tenant=self.tenant.id,
                clip_id=clip,
                earlier=earlier,
                later=other,
                same=choice != "apart",
            )
        except Conflict as error:
            messages.error(request, error.message)
        else:
            messages.info(request, "Decided. The next release is stitched by it.")
        return redirect(f"/t/{self.tenant.slug}/clips/{clip}/seams")


class SeamList(TenantPage):
    """Clips with open questions that the person may decide on: of their own, or of clients."""

    permission = Permission.LABEL_DECIDE
    template_name = "delivery/seams_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        here = self.tenant.kind == Organization.Kind.CLIENT
        context = super().get_context_data(named=here and self.entry.vendor_id is None, **kwargs)
        entries = [self.entry] if here else entries_of(self.request.user, self.tenant)
        found = [
            {"row": row, "of": entry.organization, "client": called}
            for entry, called in ((entry, name_of(entry.organization)) for entry in entries)
            for row in open_clips(entry, self.person.id, MOST + 1)
        ]
        context |= {"clips": found[:MOST], "cut_short": len(found) > MOST}
        return context
