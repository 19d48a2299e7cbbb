"""The API of the footage library: clips by what the page narrows them by too, in its orders."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import Invalid, PermissionDenied
from core.tenancy.scope import scope
from core.web.api import checked_query
from core.web.described import described
from core.web.list_queries import Day, OneOf, form_from
from core.web.paging import page_of
from tenants.intake.api import ClipSerializer, ClipView, Counted
from tenants.intake.models import Clip
from tenants.projects.services import project_called
from workforce.delivery.library import NEWEST, ORDERS, STATES, Asked, clips_asked
from workforce.delivery.pages import released_clips


class ClipQuery(serializers.Serializer[Any]):
    """`state`: as it is stored, which the page's form does not ask for; `stage`: its state."""

    project = serializers.CharField(
        required=False, max_length=63, help_text="Id or slug of a project."
    )
    q = serializers.CharField(
        required=False, max_length=200, help_text="What the file's name has; case does not matter."
    )
    site = serializers.UUIDField(required=False, help_text="Id of a site: of its cameras.")
    camera = serializers.CharField(
        required=False, max_length=36, help_text="Id of a camera, or none: no camera is named."
    )
    state = OneOf(Clip.State.values, required=False)
    stage = OneOf(
        STATES,
        required=False,
        help_text="How far it is: preparing (received, too), work, released, refused or erased.",
    )
    since = Day(required=False, help_text="Recorded on this day, of your own time zone, or later.")
    until = Day(required=False, help_text="Recorded on this day or earlier.")
    order = OneOf(
        ORDERS, default=NEWEST, help_text="By name, first frame or receipt; - turns it around."
    )


class Clips(ClipView):
    """The footage of the organization, newest first, and how many clips the filters select."""

    @described("list_clips", query=(ClipQuery,), page=ClipSerializer, beside=Counted, room="intake")
    def get(self, request: Request, tenant: str) -> Response:
        asked = checked_query(ClipQuery, request)
        order, state = asked.pop("order"), asked.pop("state", "")
        stage = asked.pop("stage", "")
        if "q" in asked or order.endswith("name"):
            self._require_names()
        with scope(self.tenant.id):
            if "project" in asked:
                asked["project"] = _project(asked["project"])
            form = form_from(Asked, {**asked, "state": stage}, request.user)
            released = released_clips() if stage in {"work", "released"} else set()
            rows = clips_asked(form, order, released).select_related("source")
            if state:
                rows = rows.filter(state=state)
            return page_of(request, rows, self.shown, count=rows.count())

    def _require_names(self) -> None:
        """Whoever is shown no file names finds nothing out about them by searching either."""
        if Permission.PROJECT_READ not in self.entry.permissions:
            raise PermissionDenied("File names are shown to those who work with the project only.")


def _project(name: str) -> str:
    found = project_called(name)
    if found is None:
        raise Invalid("There is no such project here. Name it by its slug or id.", field="project")
    return str(found.id)
