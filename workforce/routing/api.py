"""The API of routing: "Next task"."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.web.api import TenantView, checked_body
from workforce.routing.lease import Leased, lease_next
from workforce.tasks.api import task_json
from workforce.tasks.models import QueueEntry


class Pull(serializers.Serializer[Any]):
    work = serializers.ChoiceField(choices=QueueEntry.Work.choices, default="annotate")
    another = serializers.BooleanField(default=False)


def leased_json(leased: Leased) -> dict[str, Any]:
    tenant = leased.tenant.slug
    return {
        "tenant": tenant,
        "task": {**task_json(leased.task), "ontology_document": leased.task.ontology.document},
        "lease": {
            "token": leased.entry.token,
            "expires_at": leased.entry.lease_until,
            "work": leased.entry.work,
        },
        "workbench": f"/t/{tenant}/tasks/{leased.task.id}",
    }


class NextTask(TenantView):
    """POST below the vendor: the person's current lease, or the next work; 204 for none."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Pull, request)
        work = body["work"]
        if work == QueueEntry.Work.REVIEW:
            self.entry.require(Permission.TASK_REVIEW)
        leased = lease_next(actor=self.actor, vendor=self.tenant.id, **body)
        if leased is None:
            return Response(status=204)
        return Response(leased_json(leased))
