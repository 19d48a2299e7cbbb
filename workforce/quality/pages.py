"""Pages of quality."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from core.access.models import Membership
from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Conflict, Invalid
from core.web.pages import TenantPage
from workforce.quality.disputes import raise_dispute, sent_back_page
from workforce.quality.reasons import MAX_TEXT, Reason


class SentBackPage(TenantPage):
    """Why one's work was sent back, reason by reason, with room to answer each: a dispute."""

    permission = Permission.TASK_ANNOTATE
    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}
    template_name = "quality/sent_back.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        task, decisions = sent_back_page(
            tenant=self.tenant.id, task_id=kwargs["task"], person=self.person.id
        )
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.review.read",
            subject=("task", task.id),
            purpose="own_work",
            details={"decisions": len(decisions)},
        )
        kwargs["task"] = task
        kwargs.setdefault("error", "")
        return super().get_context_data(
            newest=decisions[-1],
            disputable=decisions[-1]["outcome"] == "send_back" and task.state == "open",
            earlier=decisions[-2::-1],
            answers=self.request.POST,
            max_text=MAX_TEXT,
            home=self._home(),
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, task: UUID) -> HttpResponse:
        """Dispute the decision with the answers that were written."""
        _, decisions = sent_back_page(tenant=self.tenant.id, task_id=task, person=self.person.id)
        try:
            raise_dispute(
                tenant=self.tenant.id,
                task_id=task,
                actor=self.actor,
                reasons=_answers(request.POST, decisions[-1]["reasons"]),
            )
        except (Conflict, Invalid) as error:
            context = self.get_context_data(tenant=tenant, task=task, error=error.message)
            return self.render_to_response(context, status=error.status)
        messages.info(request, "Disputed. A third person decides, without names.")
        return redirect(self._home())

    def _home(self) -> str:
        if self.entry.vendor_id is None:
            return "/"
        own = Membership.objects.filter(user=self.person, organization_id=self.entry.vendor_id)
        found = own.select_related("organization").first()
        return f"/t/{found.organization.slug}/work" if found else "/"


def _answers(form: QueryDict, reasons: list[dict[str, Any]]) -> list[Reason]:
    """Give what was answered, each on the frame and object of the reason that it answers."""
    return [
        Reason(reason["frame"], text, UUID(reason["track"]) if reason["track"] else None)
        for number, reason in enumerate(reasons)
        if (text := form.get(f"answer-{number}", "").strip())
    ]
