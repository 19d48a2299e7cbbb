"""The API of redaction: a project's policy, a clip's run."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from workforce.redaction import services
from workforce.redaction.models import RedactionRun
from workforce.redaction.services import Policy


class PolicySerializer(serializers.Serializer[Any]):
    faces = serializers.BooleanField(default=True)
    plates = serializers.BooleanField(default=True)
    heads = serializers.BooleanField(default=False)
    audio = serializers.ChoiceField(["keep", "drop"], default="keep")
    mode = serializers.ChoiceField(["quality", "fast"], default="quality")
    overlays = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4),
        max_length=50,
        default=list,
    )


class RunSerializer(serializers.ModelSerializer[RedactionRun]):
    class Meta:
        model = RedactionRun
        fields = [
            "id",
            "clip",
            "state",
            "policy",
            "report",
            "failure_code",
            "failure_message",
            "created_at",
            "finished_at",
        ]


class ProjectPolicy(TenantView):
    permissions: ClassVar = {
        "GET": Permission.REDACTION_READ,
        "PUT": Permission.REDACTION_MANAGE,
    }

    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(services.policy_of(project).as_json())

    def put(self, request: Request, tenant: str, project: UUID) -> Response:
        body = checked_body(PolicySerializer, request)
        boxes = tuple(tuple(box) for box in body.pop("overlays"))
        policy = services.set_policy(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            policy=Policy(**body, overlays=boxes),
        )
        return Response(policy.as_json())


class ClipRedaction(TenantView):
    """The clip's newest run; POST starts one. `run` is null where none was started."""

    permissions: ClassVar = {
        "GET": Permission.REDACTION_READ,
        "POST": Permission.REDACTION_MANAGE,
    }

    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        with scope(self.tenant.id):
            run = services.run_of(clip)
            return Response({"run": None if run is None else RunSerializer(run).data})

    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        run = services.start_redaction(actor=self.actor, tenant=self.tenant.id, clip_id=clip)
        return Response({"run": RunSerializer(run).data}, status=202)
