"""The API of tasks and of the leases on them."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.clock import now
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.answers import Document, Id
from core.web.api import TenantView, checked_body, checked_query
from core.web.described import described
from core.web.list_queries import OneOf
from core.web.paging import page_of
from tenants.projects.services import get_project
from workforce.tasks import leases
from workforce.tasks.models import QueueEntry, Task
from workforce.tasks.requirements import asked, requirements_of, set_requirements
from workforce.tasks.slicing import slice_clip


class LeaseToken(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)


class Cut(serializers.Serializer[Any]):
    task_type = serializers.CharField(max_length=32, default="boxes")
    priority = serializers.IntegerField(min_value=0, max_value=9, default=5)
    due_at = serializers.DateTimeField(required=False, allow_null=True)


class TaskQuery(serializers.Serializer[Any]):
    clip = serializers.UUIDField(required=False, source="clip_id")
    project = serializers.UUIDField(required=False, source="project_id")
    state = OneOf(Task.State.values, required=False)


class TaskJson(TypedDict):
    """A task: frames `start_frame` to `end_frame` of a clip, both included."""

    id: Id
    project: Id
    clip: Id
    ontology: Id
    task_type: str
    start_frame: int
    end_frame: int
    state: str


class TaskWithOntology(TaskJson):
    """A task with the document of the ontology version that it is labelled by."""

    ontology_document: Document


class CutJson(TypedDict):
    results: list[TaskJson]


class LeaseUntil(TypedDict):
    expires_at: datetime


def task_json(task: Task) -> TaskJson:
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
    """Tasks of a client, by clip and frame."""

    permissions: ClassVar = {"GET": Permission.TASK_LIST}

    @described("list_tasks", query=(TaskQuery,), page=TaskJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = checked_query(TaskQuery, request)
        with scope(self.tenant.id):
            rows = Task.objects.filter(is_copy=False).order_by("clip_id", "start_frame", "id")
            return page_of(request, rows.filter(**asked), task_json)


class TaskDetail(TenantView):
    """One task: for those who may list tasks, and for the person who works on it."""

    @described("get_task", answer=TaskWithOntology)
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

    @described("cut_tasks", body=Cut, answer=CutJson, status=201)
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

    @described("get_requirements", answer=RequirementsBody)
    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(asked(requirements_of(get_project(project).id)))

    @described("set_requirements", body=RequirementsBody, answer=RequirementsBody)
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

    @described("keep_lease", body=LeaseToken, answer=LeaseUntil)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        until = leases.heartbeat(
            task_id=task, token=checked_body(LeaseToken, request)["token"], person=self.user_id
        )
        return Response({"expires_at": until})


class Release(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described("give_lease_back", body=LeaseToken, status=204)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        token = checked_body(LeaseToken, request)["token"]
        leases.release(actor=self.actor, task_id=task, token=token)
        return Response(status=204)
