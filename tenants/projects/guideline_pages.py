"""The client's page of guidelines: words and pictures for each label of a project."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import CustosError, Invalid, NotFound
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from core.web.sent_files import sent_file
from tenants.projects import guidelines
from tenants.projects.services import get_project


class GuidelinesPage(TenantPage):
    """What annotators read beside the work; who edits projects writes it here."""

    permission = Permission.PROJECT_READ
    permissions: ClassVar = {"POST": Permission.PROJECT_EDIT}
    template_name = "projects/guidelines.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            project = get_project(kwargs["project"])
            sections = guidelines.sections_of(project)
        kwargs["project"] = project
        said = sum(bool(section.text or section.pictures) for section in sections)
        return super().get_context_data(
            sections=sections,
            said=said,
            most=guidelines.MOST_BYTES // 1_000_000,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, project: UUID) -> HttpResponse:
        """Write a text, add a picture, or take one away."""
        label = request.POST.get("label", "")
        with scope(self.tenant.id):
            get_project(project)
        try:
            messages.success(request, self._act(request, project, label))
        except NotFound:
            raise
        except CustosError as error:
            messages.error(request, error.message)
        place = f"/t/{self.tenant.slug}/projects/{project}/guidelines"
        return redirect(f"{place}#label-{label}")

    def _act(self, request: HttpRequest, project: UUID, label: str) -> str:
        who: dict[str, Any] = {"actor": self.actor, "tenant": self.tenant.id}
        act = request.POST.get("act")
        if act == "write":
            text = request.POST.get("text", "")
            guidelines.write_guideline(**who, project_id=project, label=label, text=text)
            return "Written. Whoever works on this label reads it beside the picture."
        if act == "picture":
            guidelines.add_picture(
                **who,
                project_id=project,
                label=label,
                caption=request.POST.get("caption", ""),
                data=_picture(request),
            )
            return "The picture is there."
        if act == "drop":
            guidelines.drop_picture(**who, picture_id=_id(request.POST.get("picture", "")))
            return "The picture is gone."
        raise Invalid("There is no such act.", field="act")


def _picture(request: HttpRequest) -> bytes:
    """What was sent, and no more than what tells that it is too large."""
    most = guidelines.MOST_BYTES
    sent = sent_file(
        request,
        "picture",
        most=most,
        missing="Choose a picture.",
        too_large=f"A picture has at most {most // 1_000_000} MB.",
    )
    return bytes(sent.read(most + 1))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
