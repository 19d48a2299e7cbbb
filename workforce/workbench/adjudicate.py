"""The page on which a third person chooses between two label sets of the same frames."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Conflict, Invalid, LeaseLost
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from workforce.quality.adjudication import open_sides, rows_of
from workforce.quality.consensus import adjudicate, decision_of
from workforce.quality.quizzes import PARTS
from workforce.quality.reasons import Reason
from workforce.tasks.models import QueueEntry
from workforce.workbench.context import Way, leased_task, way_on


class AdjudicatePage(TenantPage):
    """Sides A and B without names or order; under a review lease."""

    permission = Permission.TASK_REVIEW
    permissions: ClassVar = {"POST": Permission.TASK_REVIEW}
    template_name = "workbench/adjudicate.html"

    @property
    def _way(self) -> Way:
        return way_on(self.person, self.entry, QueueEntry.Work.REVIEW)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show both sides; to who has chosen already, what became of it and the way on."""
        try:
            return super().get(request, *args, **kwargs)
        except LeaseLost:
            with scope(self.tenant.id):
                done = decision_of(kwargs["task"], self.person.id)
            if done is None:
                raise
        context = super().get_context_data(done=done, way=self._way, **kwargs)
        return render(request, "workbench/decided.html", context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        task_id: UUID = kwargs["task"]
        task, entry = leased_task(
            tenant=self.tenant.id,
            task_id=task_id,
            person=self.person.id,
            work=QueueEntry.Work.REVIEW,
        )
        sides = open_sides(tenant=self.tenant.id, task_id=task_id)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.consensus.read",
            subject=("task", task_id),
            purpose="review",
            details={"lease": entry.token},
        )
        clip = sides.row.task.clip
        kwargs["task"] = task
        kwargs.setdefault("error", "")
        return super().get_context_data(
            rows=rows_of(sides),
            agreement=[
                (words, sides.row.agreement[gate])
                for gate, words in PARTS.items()
                if gate in sides.row.agreement
            ],
            clip=clip.id,
            width=clip.width,
            height=clip.height,
            home=self._way.home,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, task: UUID) -> HttpResponse:
        """Take the choice; `neither` needs a reason, pinned to a frame."""
        row, entry = leased_task(
            tenant=self.tenant.id,
            task_id=task,
            person=self.person.id,
            work=QueueEntry.Work.REVIEW,
        )
        try:
            adjudicate(
                tenant=self.tenant.id,
                task_id=task,
                token=entry.token,
                actor=self.actor,
                choice=request.POST.get("choice", ""),
                reasons=_reason(request, row.start_frame),
            )
        except (Conflict, Invalid) as error:
            context = self.get_context_data(tenant=tenant, task=task, error=error.message)
            return self.render_to_response(context, status=error.status)
        return redirect(request.path)


def _reason(request: HttpRequest, start: int) -> list[Reason]:
    text, frame = request.POST.get("text", "").strip(), request.POST.get("frame", "").strip()
    if not text or request.POST.get("choice") != "neither":
        return []
    return [Reason(int(frame) if frame.isdecimal() and len(frame) < 10 else start, text)]
