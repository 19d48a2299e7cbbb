"""The page on which tracks of a project are sent to be linked, and cameras that see one place."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.projects.models import Camera
from tenants.projects.services import get_project
from workforce.delivery.link_tasks import clips_to_link, order_links
from workforce.delivery.models import Release
from workforce.links.models import LinkedClip, SharedView
from workforce.links.shared_views import share_views
from workforce.tasks.models import Task

#: Cameras that two selects can hold.
MOST_CAMERAS = 500


class ProjectLinks(TenantPage):
    """Who is who across the clips of a project: what waits, what is decided, what contradicts."""

    permission = Permission.PROJECT_READ
    permissions: ClassVar = {"POST": Permission.TASK_SLICE}
    template_name = "delivery/links.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            project = get_project(kwargs["project"])
            waiting = len(clips_to_link(project.id))
            linked = LinkedClip.objects.filter(clip__project=project).count()
            tasks = Task.objects.filter(project=project, task_type=Task.LINKS, is_copy=False)
            states = Counter(tasks.values_list("state", flat=True))
            release = (
                Release.objects.filter(project=project, manifest__isnull=False)
                .order_by("-number")
                .first()
            )
            cameras = list(
                Camera.objects.select_related("site").order_by("site__name", "name")[:MOST_CAMERAS]
            )
            views = [
                (row.first.site.name, *sorted((row.first.name, row.second.name)), row)
                for row in SharedView.objects.select_related("first__site", "second")
            ]
        kwargs["project"] = project
        return super().get_context_data(
            waiting=waiting,
            linked=linked,
            states=[(word, states[state]) for state, word in WORDS if states[state]],
            release=release,
            cameras=cameras,
            views=sorted(views, key=lambda view: view[:3]),
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, project: UUID) -> HttpResponse:
        """Have tasks made, or say of two cameras whether they see one place."""
        try:
            if request.POST.get("act") == "link":
                clips = order_links(actor=self.actor, tenant=self.tenant.id, project_id=project)
                plural = "" if clips == 1 else "s"
                messages.info(request, f"Tasks for {clips} clip{plural} are being made.")
            else:
                self._share(request)
                messages.info(request, "Kept. Contradictions are told by it from now on.")
        except (Conflict, Invalid) as error:
            messages.error(request, error.message)
        return redirect(request.path)

    def _share(self, request: HttpRequest) -> None:
        self.entry.require(Permission.PROJECT_EDIT)
        share_views(
            actor=self.actor,
            tenant=self.tenant.id,
            first=_id(request.POST.get("first", "")),
            second=_id(request.POST.get("second", "")),
            shared=request.POST.get("act") == "share",
        )


WORDS = (
    (Task.State.OPEN, "To do"),
    (Task.State.SUBMITTED, "Handed in"),
    (Task.State.ACCEPTED, "Accepted"),
    (Task.State.CLOSED, "Closed"),
)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
