"""The API of redaction: a project's policy, a clip's run."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.media.render import MODES
from core.media.tags import TAGS
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.redaction import services
from workforce.redaction.gate import judged, override_gate
from workforce.redaction.models import RedactionRun
from workforce.redaction.policies import InForce, Policy, policy_in_force, set_policy


class PolicySerializer(serializers.Serializer[Any]):
    faces = serializers.BooleanField(default=True)
    plates = serializers.BooleanField(default=True)
    heads = serializers.BooleanField(default=False)
    audio = serializers.ChoiceField(["keep", "mute", "drop"], default="keep")
    mode = serializers.ChoiceField(["quality", "fast"], default="quality")
    cover = serializers.ChoiceField(list(MODES), default="blur")
    padding = serializers.FloatField(default=0.35)
    least_score = serializers.FloatField(default=0.0)
    most_exposed_share = serializers.FloatField(default=None, allow_null=True)
    most_exposed_seconds = serializers.FloatField(default=None, allow_null=True)
    keep_tags = serializers.ListField(child=serializers.ChoiceField(list(TAGS)), default=list)
    check_required = serializers.BooleanField(default=False)
    checkers = serializers.ChoiceField(["admins", "reviewers", "both"], default="admins")
    check_clearance = serializers.CharField(max_length=63, allow_blank=True, default="")
    overlays = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4),
        max_length=50,
        default=list,
    )


class OverrideSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400)


class PolicyInForce(PolicySerializer):
    """The policy that counts; `number` is 0 where the contract or our default decides."""

    number = serializers.IntegerField()


class RunSerializer(serializers.ModelSerializer[RedactionRun]):
    class Meta:
        model = RedactionRun
        fields = [
            "id",
            "clip",
            "state",
            "policy",
            "policy_number",
            "revision",
            "report",
            "failure_code",
            "failure_message",
            "created_at",
            "finished_at",
        ]


class RedactionAnswer(serializers.Serializer[Any]):
    """`gate`: what the policy in force says of the copy, once it is done."""

    run = RunSerializer(allow_null=True)
    # Any JSON: null is one, and needs no mention.
    gate = serializers.JSONField(required=False)


class StartedRun(serializers.Serializer[Any]):
    run = RunSerializer()


class OverrideAnswer(serializers.Serializer[Any]):
    run = serializers.UUIDField()
    reason = serializers.CharField()


def _told(valid: InForce) -> dict[str, Any]:
    return {"number": valid.number, **valid.policy.as_json()}


class ProjectPolicy(TenantView):
    permissions: ClassVar = {
        "GET": Permission.REDACTION_READ,
        "PUT": Permission.REDACTION_MANAGE,
    }

    @described("get_redaction_policy", answer=PolicyInForce)
    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(_told(policy_in_force(project)))

    @described("set_redaction_policy", body=PolicySerializer, answer=PolicyInForce)
    def put(self, request: Request, tenant: str, project: UUID) -> Response:
        body = checked_body(PolicySerializer, request)
        boxes = tuple(tuple(box) for box in body.pop("overlays"))
        tags = tuple(body.pop("keep_tags"))
        valid = set_policy(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            policy=Policy(**body, overlays=boxes, keep_tags=tags),
        )
        return Response(_told(valid))


class ClipRedaction(TenantView):
    """The clip's newest run; POST starts one. `run` is null where none was started."""

    permissions: ClassVar = {
        "GET": Permission.REDACTION_READ,
        "POST": Permission.REDACTION_MANAGE,
    }

    @described("get_redaction", answer=RedactionAnswer)
    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        with scope(self.tenant.id):
            run = services.run_of(clip)
            if run is None:
                return Response({"run": None})
            gate = judged(run) if run.state == RedactionRun.State.DONE else None
            return Response({"run": RunSerializer(run).data, "gate": gate})

    @described("start_redaction", answer=StartedRun, status=202)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        run = services.start_redaction(actor=self.actor, tenant=self.tenant.id, clip_id=clip)
        return Response({"run": RunSerializer(run).data}, status=202)


class GateOverride(TenantView):
    """Let the clip's newest copy be released though more is left than the policy allows."""

    permissions: ClassVar = {"POST": Permission.REDACTION_MANAGE}

    @described(
        "override_redaction_gate", body=OverrideSerializer, answer=OverrideAnswer, status=201
    )
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        reason = checked_body(OverrideSerializer, request)["reason"]
        row = override_gate(actor=self.actor, tenant=self.tenant.id, clip_id=clip, reason=reason)
        return Response({"run": str(row.run_id), "reason": row.reason}, status=201)
