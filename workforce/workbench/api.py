"""The API of a person's own work list."""

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.models import Organization
from core.web.api import TenantView
from workforce.quality.disputes import SentBack, sent_back
from workforce.routing.eligibility import open_engagements


def came_back(*, vendor: UUID, person: UUID) -> list[tuple[SentBack, str]]:
    """List what was sent back to the person, each with its client's slug."""
    clients = dict(
        Organization.objects.filter(id__in=open_engagements(vendor)).values_list("id", "slug")
    )
    return [(row, clients[row.client_id]) for row in sent_back(clients=clients, person=person)]


def sent_back_json(row: SentBack, client: str) -> dict[str, Any]:
    told = asdict(row)
    del told["client_id"]
    return {"client": client, **told, "task": str(told.pop("task_id"))}


class MySentBack(TenantView):
    """What came back to a person of the vendor; the reasons are read at the client's task."""

    permissions: ClassVar = {"GET": Permission.TASK_ANNOTATE}

    def get(self, request: Request, tenant: str) -> Response:
        rows = came_back(vendor=self.tenant.id, person=self.user_id)
        return Response({"results": [sent_back_json(row, client) for row, client in rows]})
