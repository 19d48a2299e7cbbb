"""The API of a vendor's people."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from workforce.people import services
from workforce.people.models import Worker


class NewWorker(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    skills = serializers.ListField(child=serializers.CharField(max_length=32), default=list)


class NewSkill(serializers.Serializer[Any]):
    task_type = serializers.CharField(max_length=32)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


def worker_json(worker: Worker) -> dict[str, Any]:
    return {
        "id": str(worker.id),
        "user": str(worker.user_id),
        "name": worker.user.get_full_name(),
        "active": worker.active,
        "skills": [
            {"task_type": s.task_type, "expires_at": s.expires_at} for s in worker.skills.all()
        ],
    }


class Workers(TenantView):
    permissions: ClassVar = {"GET": Permission.PEOPLE_READ, "POST": Permission.PEOPLE_MANAGE}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Worker.objects.select_related("user").prefetch_related("skills")
            return Response({"results": [worker_json(w) for w in rows.order_by("created_at")]})

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewWorker, request)
        worker = services.add_worker(
            actor=self.actor, vendor=self.tenant.id, user_id=body["user"], skills=body["skills"]
        )
        with scope(self.tenant.id):
            return Response(worker_json(worker), status=201)


class WorkerSkills(TenantView):
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}

    def post(self, request: Request, tenant: str, worker: UUID) -> Response:
        body = checked_body(NewSkill, request)
        services.set_skill(actor=self.actor, vendor=self.tenant.id, worker_id=worker, **body)
        with scope(self.tenant.id):
            return Response(worker_json(services.get_worker(worker)), status=201)
