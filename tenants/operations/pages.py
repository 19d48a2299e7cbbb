"""The operator's pages on jobs: the list, one job with its error."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.clock import now
from core.errors import Invalid
from core.outbox import measures
from core.outbox.kinds import kind_of
from core.outbox.models import Job
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.web.long_lists import LongList
from core.web.pages import OperatorPage
from tenants.operations import services

PAGE = 50
#: How each state looks: a status of the design system, and its word.
LOOKS = {
    "open": ("neutral", "Waiting"),
    "running": ("info", "Running"),
    "done": ("ok", "Done"),
    "dead": ("bad", "Dead"),
    "dropped": ("hold", "Dropped"),
}


class JobPage(OperatorPage):
    permission = Permission.JOB_MANAGE


class Jobs(JobPage):
    """All jobs, by state, kind and organization; the dead ones when there are any."""

    template_name = "operations/jobs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = services.counts(services.COUNTED)
        query = self.request.GET
        given = {name: query.get(name, "").strip() for name in ("state", "kind", "tenant")}
        try:
            rows = services.Filters(**given).rows()
        except Invalid as error:
            rows, kwargs["refused"] = Job.objects.none(), error.message
        page = LongList(rows, PAGE, services.COUNTED).get_page(query.get("page"))
        shown = list(page.object_list)
        owners = services.owners(shown)
        return super().get_context_data(
            page=page,
            rows=[shape(row, owners) for row in shown],
            names={str(key): name_of(owner) for key, owner in owners.items()},
            counts=[{"count": c, "look": LOOKS[c.state]} for c in counts],
            states=[(state, word) for state, (_, word) in LOOKS.items()],
            given=given,
            filtered=any(given.values()),
            dead=sum(c.count for c in counts if c.state == Job.State.DEAD),
            counted=services.COUNTED,
            dead_kinds=services.dead_kinds(),
            late_since=measures.due_since(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Open the dead jobs of one kind again."""
        count = services.retry_kind(actor=self.actor, kind=request.POST.get("kind", ""))
        messages.info(request, f"{count} jobs run again within seconds.")
        return redirect("/operator/jobs")


class JobDetail(JobPage):
    """One job: what it was to do, what became of it, and what to do about it."""

    template_name = "operations/job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = services.get_job(self.kwargs["job"])
        kind = kind_of(row.kind)
        return super().get_context_data(
            row=row,
            shape=shape(row, services.owners([row])),
            max_attempts=kind.max_attempts if kind else None,
            limit=services.MAX_REASON,
            **kwargs,
        )

    def post(self, request: HttpRequest, job: UUID) -> HttpResponse:
        """Run it again, or drop it with a reason."""
        if request.POST.get("decision") == "drop":
            reason = request.POST.get("reason", "")
            try:
                services.drop_job(actor=self.actor, job_id=job, reason=reason)
            except Invalid as error:
                context = self.get_context_data(refused=error.message, reason=reason)
                return self.render_to_response(context, status=400)
            messages.info(request, "The job is dropped; its error stays for the record.")
        else:
            services.retry_job(actor=self.actor, job_id=job)
            messages.info(request, "The job runs again within seconds.")
        return redirect(f"/operator/jobs/{job}")


def shape(row: Job, owners: dict[UUID, Organization]) -> dict[str, Any]:
    """What the templates show of a job."""
    status, word = LOOKS[row.state]
    waits = row.state == Job.State.OPEN and row.run_after > now()
    last = row.error.strip().rsplit("\n", 1)[-1]
    return {
        "row": row,
        "status": status,
        "word": "Waits to be tried again" if waits and row.attempts else word,
        "owner": owners.get(row.tenant_id) if row.tenant_id else None,
        "error": last[:160],
        "seconds": (
            (row.finished_at - row.started_at).total_seconds()
            if row.finished_at and row.started_at
            else None
        ),
    }
