"""The page on which somebody says whether two tracks at a task's border are one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Conflict, NotFound
from core.web.pages import TenantPage
from workforce.delivery.seam_review import Question, decide_seam, questions
from workforce.delivery.seams import Why

REASONS = {
    Why.ATTRIBUTES: "They lie on each other, but their attributes differ.",
    Why.CANDIDATES: "More than one track lies here.",
    Why.LABEL: "They lie on each other, but their labels differ.",
    Why.OVERLAP: "They lie on each other by less than half.",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box as `frame_boxes` takes it: a is the earlier task's, b the later's."""

    x: float
    y: float
    width: float
    height: float
    style: str


def drawn(question: Question) -> list[Drawn]:
    """Both sides in one picture."""
    return [
        Drawn(box[0], box[1], box[2] - box[0], box[3] - box[1], style)
        for box, style in ((question.earlier.box, "a"), (question.later.box, "b"))
        if box is not None
    ]


class SeamsPage(TenantPage):
    """A clip's open questions; each is decided by itself."""

    permission = Permission.LABEL_READ
    permissions: ClassVar = {"POST": Permission.LABEL_DECIDE}
    template_name = "delivery/seams.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clip, open_questions, decided = questions(tenant=self.tenant.id, clip_id=kwargs["clip"])
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.seams.read",
            subject=("clip", clip.id),
            purpose="review",
            details={"questions": len(open_questions)},
        )
        kwargs["clip"] = clip
        return super().get_context_data(
            questions=[(one, REASONS[one.doubt.why], drawn(one)) for one in open_questions],
            decided=decided,
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
