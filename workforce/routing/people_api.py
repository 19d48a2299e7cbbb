"""The API's list of a vendor's people, narrowed as the page is; and taking somebody on."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.list_queries import OneOf, list_query
from core.web.paging import page_of
from workforce.people import services
from workforce.people.api import NewWorker, WorkerJson, worker_json
from workforce.people.models import Worker
from workforce.routing.board import people_of
from workforce.routing.people_filters import PeopleAsked

PEOPLE = list_query(
    PeopleAsked,
    level=OneOf(
        [str(level) for level in services.LEVELS[1:]],
        required=False,
        help_text="Who holds the skill, or any, at this level or above.",
    ),
    state=OneOf(
        ["open", "paused", "resting"],
        required=False,
        help_text="open: gets work; paused: a skill is; resting: is not taken on.",
    ),
)


class Workers(TenantView):
    """The vendor's people, who came first first."""

    permissions: ClassVar = {"GET": Permission.PEOPLE_READ, "POST": Permission.PEOPLE_MANAGE}

    @described("list_workers", query=(PEOPLE.query,), page=WorkerJson, room="people")
    def get(self, request: Request, tenant: str) -> Response:
        form = PEOPLE.read(request)
        people = people_of(self.tenant.id) if form.any_given else []
        with scope(self.tenant.id):
            rows = Worker.objects.select_related("user").prefetch_related(
                "skills", "qualifications", "shifts", "exceptions"
            )
            if form.any_given:
                rows = rows.filter(id__in=[one.worker.id for one in people if form.fits(one)])
            return page_of(request, rows.order_by("created_at", "id"), worker_json)

    @described("add_worker", body=NewWorker, answer=WorkerJson, status=201, room="people")
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewWorker, request)
        worker = services.add_worker(
            actor=self.actor, vendor=self.tenant.id, user_id=body["user"], skills=body["skills"]
        )
        with scope(self.tenant.id):
            return Response(worker_json(worker), status=201)
