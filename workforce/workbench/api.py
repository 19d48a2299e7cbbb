"""The API of a person's own work list."""

from datetime import datetime
from typing import ClassVar, TypedDict
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.models import Organization
from core.web.answers import Id, Slug
from core.web.api import TenantView
from core.web.described import described
from core.web.paging import page_of_list
from workforce.quality.disputes import SentBack, sent_back
from workforce.routing.eligibility import open_engagements


def came_back(*, vendor: UUID, person: UUID) -> list[tuple[SentBack, str]]:
    """List what was sent back to the person, each with its client's slug."""
    clients = dict(
        Organization.objects.filter(id__in=open_engagements(vendor)).values_list("id", "slug")
    )
    return [(row, clients[row.client_id]) for row in sent_back(clients=clients, person=person)]


class SentBackJson(TypedDict):
    """A task that came back: how many reasons there are, and whether a third person is asked."""

    client: Slug
    task: Id
    task_type: str
    start_frame: int
    end_frame: int
    reasons: int
    decided_at: datetime
    disputed: bool
    disputable: bool


def sent_back_json(row: SentBack, client: str) -> SentBackJson:
    return {
        "client": client,
        "task": str(row.task_id),
        "task_type": row.task_type,
        "start_frame": row.start_frame,
        "end_frame": row.end_frame,
        "reasons": row.reasons,
        "decided_at": row.decided_at,
        "disputed": row.disputed,
        "disputable": row.disputable,
    }


class MySentBack(TenantView):
    """What came back to a person of the vendor; the reasons are read at the client's task."""

    permissions: ClassVar = {"GET": Permission.TASK_ANNOTATE}

    @described("list_sent_back", page=SentBackJson)
    def get(self, request: Request, tenant: str) -> Response:
        rows = came_back(vendor=self.tenant.id, person=self.user_id)
        return page_of_list(request, [sent_back_json(row, client) for row, client in rows])
