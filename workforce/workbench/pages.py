"""The annotator's pages: "Next task", and the workbench."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.clock import now
from core.errors import Conflict
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from workforce.quality.consensus import disputed_consensus
from workforce.quality.trust import standings
from workforce.routing.lease import lease_next
from workforce.routing.why import reasons_in_hand, why_nothing
from workforce.tasks.handed_in import handed_in
from workforce.tasks.models import QueueEntry, Task
from workforce.workbench.api import came_back
from workforce.workbench.context import leased_task, reasons_so_far, task_page, way_on
from workforce.workbench.guidelines import guidelines_of
from workforce.workbench.links import links_page
from workforce.workbench.reviewing import review_part, sampling_of


class MyWork(TenantPage):
    """The home of an annotator or reviewer: one button, today's numbers."""

    permission = Permission.TASK_ANNOTATE
    template_name = "workbench/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = QueueEntry.objects.filter(lessee=self.person.id)
        leased = list(
            mine.filter(state=QueueEntry.State.LEASED, lease_until__gt=now()).order_by("leased_at")
        )
        slugs = dict(
            Organization.objects.filter(id__in=[e.tenant_id for e in leased]).values_list(
                "id", "slug"
            )
        )
        done = handed_in([self.person.id])[self.person.id]
        why = self.request.GET.get("why", "")
        if why in {QueueEntry.Work.ANNOTATE, QueueEntry.Work.REVIEW}:
            kwargs["nothing"] = why_nothing(vendor=self.tenant.id, person=self.person.id, work=why)
        reasons = reasons_in_hand(leased, self.person.id)
        return super().get_context_data(
            leased=[
                (entry, slugs[entry.tenant_id], reasons.get(entry.task_id)) for entry in leased
            ],
            done_today=done.today,
            done=done.in_all,
            # What a person is told moves in batches: a number that moved after one task would tell
            # that the task was gold.
            standings=standings(vendor=self.tenant.id, person=self.person.id),
            came_back=came_back(vendor=self.tenant.id, person=self.person.id),
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Take the next task, or the next review."""
        work = QueueEntry.Work.ANNOTATE
        if request.POST.get("work") == QueueEntry.Work.REVIEW:
            self.entry.require(Permission.TASK_REVIEW)
            work = QueueEntry.Work.REVIEW
        try:
            leased = lease_next(actor=self.actor, vendor=self.tenant.id, work=work, seeing=True)
        except Conflict as error:
            messages.warning(request, error.message)
            return redirect(f"/t/{self.tenant.slug}/work?why={work}")
        if leased is None:
            messages.info(request, "There is nothing for you right now. New work comes in all day.")
            return redirect(f"/t/{self.tenant.slug}/work?why={work}")
        return redirect(leased.page)


class Workbench(TenantPage):
    """The editor, for the person who holds the task's lease; of links, the page that links."""

    permission = Permission.TASK_ANNOTATE
    template_name = "workbench/task.html"
    work: ClassVar[Sequence[str]] = QueueEntry.LABELLING
    verb: ClassVar[str] = ""
    purpose: ClassVar[str] = "task"
    task: Task

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        task_id: UUID = kwargs["task"]
        task, entry = leased_task(
            tenant=self.tenant.id, task_id=task_id, person=self.person.id, work=self.work
        )
        self.task = task
        sent_back = reasons_so_far(tenant=self.tenant.id, task=task)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.task.open",
            subject=("task", task_id),
            purpose=self.purpose,
            details={"lease": entry.token},
        )
        quiz = entry.work == QueueEntry.Work.QUIZ
        links = task.task_type == Task.LINKS
        if links:
            self.template_name = "workbench/links.html"
        page = (links_page if links else task_page)(
            tenant=self.tenant,
            task=task,
            entry=entry,
            way=way_on(self.person, self.entry, entry.work),
            csrf=get_token(self.request),
        )
        first, last = task.start_frame, task.end_frame
        where = "who is who, across clips" if links else f"frames {first}–{last}"
        return super().get_context_data(
            page=page,
            sent_back=sent_back,
            guidelines=[] if links else guidelines_of(tenant=self.tenant.id, task=task),
            title=f"{'Quiz: ' if quiz else self.verb}{task.project.name}",
            subtitle=f"{task.task_type.capitalize()} · {where}",
            **kwargs,
        )


class ReviewPage(Workbench):
    """The same picture and labels for the holder of a review lease, who decides.

    They are locked until the reviewer chooses to mend them.
    """

    permission = Permission.TASK_REVIEW
    template_name = "workbench/review.html"
    work: ClassVar[Sequence[str]] = (QueueEntry.Work.REVIEW,)
    verb: ClassVar[str] = "Review: "
    purpose: ClassVar[str] = "review"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        task = self.task
        context["sampled"] = sampling_of(tenant=self.tenant, task=task)
        if task.task_type != Task.LINKS:
            context["page"]["review"] = review_part(tenant=self.tenant, task=task)
        return context

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send on to the two sides where two people labelled the task and differ."""
        with scope(self.tenant.id):
            of_two = disputed_consensus(kwargs["task"]) is not None
        if of_two:
            return redirect(f"/t/{self.tenant.slug}/adjudicate/{kwargs['task']}")
        return super().get(request, *args, **kwargs)
