"""Pages of oversight beside the log: who may enter, and what is kept and erased."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.access.permissions import Permission
from core.clock import now
from core.errors import Invalid
from tenants.compliance import retention
from tenants.compliance.access_review import access_now, complete_review
from tenants.compliance.pages import LogPage


class AccessReview(LogPage):
    """Everybody who may enter today, through what, and when they last did anything."""

    permissions: ClassVar = {"POST": Permission.LOG_EXPORT}
    template_name = "compliance/access_review.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, review = access_now(self.reader)
        return super().get_context_data(
            rows=rows,
            people=len({row.person for row in rows}),
            idle=len({row.person for row in rows if row.idle}),
            review=review,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        seen, flagged = request.POST.getlist("seen"), request.POST.getlist("flagged")
        try:
            complete_review(
                reader=self.reader,
                seen=[str(UUID(one)) for one in seen],
                flagged=[str(UUID(one)) for one in flagged],
                note=request.POST.get("note", "").strip(),
            )
        except (Invalid, ValueError) as error:
            message = error.message if isinstance(error, Invalid) else "This is no person's id."
            context = self.get_context_data(tenant=tenant, error=message)
            return self.render_to_response(context, status=400)
        messages.success(request, "The review is in the log.")
        return HttpResponseRedirect(request.path)


class Retention(LogPage):
    """What the contract says, what is over its time, and the certificates of what was erased."""

    template_name = "compliance/retention.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.reader.receipt("retention.read", {})
        page, certificates = retention.certificates_of(self.tenant.id, self.request.GET.get("page"))
        return super().get_context_data(
            status=retention.status_of(self.tenant.id),
            page=page,
            certificates=certificates,
            today=now().date(),
            **kwargs,
        )
