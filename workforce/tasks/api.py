"""The API of tasks and of the leases on them."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.clock import now
from core.errors import Invalid, NotFound
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from tenants.projects.services import get_project
from workforce.tasks import leases
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import asked, requirements_of, set_requirements
from workforce.tasks.slicing import slice_clip

PAGE = 100


class Token(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)


class Cut(serializers.Serializer[Any]):
    task_type = serializers.CharField(max_length=32, default="boxes")
    priority = serializers.IntegerField(min_value=0, max_value=9, default=5)
    due_at = serializers.DateTimeField(required=False, allow_null=True)


def task_json(task: Task) -> dict[str, Any]:
    """Everything that anybody may see of a task; gold and work look the same here."""
    return {
        "id": str(task.id),
        "project": str(task.project_id),
        "clip": str(task.clip_id),
        "ontology": str(task.ontology_id),
        "task_type": task.task_type,
        "start_frame": task.start_frame,
        "end_frame": task.end_frame,
        "state": task.state,
    }


class Tasks(TenantView):
    """Tasks of a client, by clip and frame; `?clip=`, `?project=`, `?state=`, `?offset=`."""

    permissions: ClassVar = {"GET": Permission.TASK_LIST}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Task.objects.filter(is_copy=False).order_by("clip_id", "start_frame", "id")
            for name in ("clip", "project"):
                if name in request.query_params:
                    rows = rows.filter(**{f"{name}_id": _uuid(request.query_params[name], name)})
            if "state" in request.query_params:
                rows = rows.filter(state=request.query_params["state"])
            start = _offset(request.query_params.get("offset", "0"))
            page = list(rows[start : start + PAGE + 1])
        following = start + PAGE if len(page) > PAGE else None
        return Response({"results": [task_json(t) for t in page[:PAGE]], "next_offset": following})


def _offset(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise Invalid("offset counts tasks from 0.", field="offset")
    return int(text)


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(f"{field} is an id in the form of a UUID.", field=field) from error


class TaskDetail(TenantView):
    """One task: for those who may list tasks, and for the person who works on it."""

    def get(self, request: Request, tenant: str, task: UUID) -> Response:
        listed = Permission.TASK_LIST in self.entry.permissions
        with scope(self.tenant.id):
            row = Task.objects.filter(id=task).first()
            if row is None or not (self._leased(task) or (listed and not row.is_copy)):
                raise NotFound
            return Response({**task_json(row), "ontology_document": row.ontology.document})

    def _leased(self, task_id: UUID) -> bool:
        rows = QueueEntry.objects.filter(
            task_id=task_id, lessee=self.user_id, state="leased", lease_until__gt=now()
        )
        return rows.exists()


class Slicing(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_SLICE}

    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        tasks = slice_clip(
            actor=self.actor, tenant=self.tenant.id, clip_id=clip, **checked_body(Cut, request)
        )
        return Response({"results": [task_json(t) for t in tasks]}, status=201)


class RequirementsBody(serializers.Serializer[Any]):
    level = serializers.IntegerField(min_value=1, max_value=5, default=1)
    certificate = serializers.CharField(max_length=63, allow_blank=True, default="")
    clearance = serializers.CharField(max_length=63, allow_blank=True, default="")
    language = serializers.CharField(max_length=63, allow_blank=True, default="")
    nda = serializers.BooleanField(default=False)


class ProjectRequirements(TenantView):
    """What a project asks of its annotators."""

    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "PUT": Permission.PROJECT_EDIT}

    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(asked(requirements_of(get_project(project).id)))

    def put(self, request: Request, tenant: str, project: UUID) -> Response:
        set_requirements(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            **checked_body(RequirementsBody, request),
        )
        return self.get(request, tenant, project)


class Heartbeat(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        until = leases.heartbeat(
            task_id=task, token=checked_body(Token, request)["token"], person=self.user_id
        )
        return Response({"expires_at": until})


class Release(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        leases.release(actor=self.actor, task_id=task, token=checked_body(Token, request)["token"])
        return Response(status=204)
