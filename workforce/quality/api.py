"""The API of quality: gold, policies, scores and trust."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, NotRequired, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.door import organizations_of
from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.answers import Document, Id, Slug
from core.web.api import ApiView, TenantView, checked_body, checked_query
from core.web.described import described
from core.web.list_queries import OneOf
from core.web.paging import page_of, page_of_list
from tenants.projects.services import get_project
from workforce.labels.wire import EventsField, TracksField
from workforce.quality import gold, trust
from workforce.quality.gold_desk import STATES, USES, gold_list
from workforce.quality.models import GoldTruth, QualityPolicy, Score, Trust
from workforce.quality.policies import LARGEST_LOT, policy_of, set_policy
from workforce.quality.posterior import Posterior
from workforce.quality.sampling.tables import AQLS, CODE_LETTERS


class NewGold(serializers.Serializer[Any]):
    """Either an accepted task, or a clip, a range and its tracks."""

    task = serializers.UUIDField(required=False)
    clip = serializers.UUIDField(required=False)
    start_frame = serializers.IntegerField(min_value=0, required=False)
    end_frame = serializers.IntegerField(min_value=0, required=False)
    task_type = serializers.CharField(max_length=32, default="boxes")
    tracks = TracksField(required=False)
    events = EventsField(child=serializers.JSONField(), default=list)
    replaces = serializers.UUIDField(required=False, allow_null=True, default=None)
    quiz_level = serializers.IntegerField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two forms, whole."""
        missing = {"clip", "start_frame", "end_frame", "tracks"} - attrs.keys()
        if "task" not in attrs and missing:
            raise serializers.ValidationError(
                f"Name an accepted task, or give: {', '.join(sorted(missing))}."
            )
        return attrs


class QualityPolicyBody(serializers.Serializer[Any]):
    pass_mark = serializers.FloatField()
    gold_rate_min = serializers.FloatField()
    gold_rate_max = serializers.FloatField()
    marks = serializers.DictField(child=serializers.FloatField(), default=dict)
    max_exposures = serializers.IntegerField(min_value=1, max_value=100_000, default=50)
    sampling = serializers.ChoiceField(choices=QualityPolicy.Sampling.choices, default="share")
    aql = serializers.ChoiceField(choices=AQLS, default="2.5")
    level = serializers.ChoiceField(choices=list(CODE_LETTERS), default="II")
    lot_size = serializers.IntegerField(min_value=2, max_value=LARGEST_LOT, default=50)
    consensus_share = serializers.FloatField(default=0)
    consensus_mark = serializers.FloatField(default=0.8)
    lot_hours = serializers.IntegerField(min_value=1, max_value=2160, default=24)


class Reinstatement(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class GoldJson(TypedDict):
    """A stretch of footage whose labels are known. The labels themselves are not told here."""

    id: Id
    project: Id
    clip: Id
    task_type: str
    start_frame: int
    end_frame: int
    version: int
    replaces: Id | None
    state: str
    fits_work: bool
    exposures: int
    quiz_level: int | None
    sha256: str
    created_at: datetime


def gold_json(row: GoldTruth) -> GoldJson:
    return {
        "id": str(row.id),
        "project": str(row.project_id),
        "clip": str(row.clip_id),
        "task_type": row.task_type,
        "start_frame": row.start_frame,
        "end_frame": row.end_frame,
        "version": row.version,
        "replaces": str(row.replaces_id) if row.replaces_id else None,
        "state": row.state,
        "fits_work": gold.fits_work(row),
        "exposures": row.exposures,
        "quiz_level": row.quiz_level,
        "sha256": row.sha256,
        "created_at": row.created_at,
    }


class GoldQuery(serializers.Serializer[Any]):
    state = OneOf(STATES, default="")
    project = serializers.SlugField(
        default="", max_length=63, help_text="Only of this project (slug)."
    )
    use = OneOf(USES, default="", help_text="Only what is mixed into work, or kept for quizzes.")


class Gold(TenantView):
    """Gold of a client: for its administrators; nobody who annotates holds the permission."""

    permissions: ClassVar = {"GET": Permission.GOLD_MANAGE, "POST": Permission.GOLD_MANAGE}

    @described("list_gold", query=(GoldQuery,), page=GoldJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = checked_query(GoldQuery, request)
        with scope(self.tenant.id):
            return page_of(request, gold_list(**asked), gold_json)

    @described("create_gold", body=NewGold, answer=GoldJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewGold, request)
        if "task" in body:
            made = gold.create_gold_from_task(
                actor=self.actor,
                tenant=self.tenant.id,
                task_id=body["task"],
                quiz_level=body["quiz_level"],
            )
        else:
            made = gold.create_gold(
                actor=self.actor,
                tenant=self.tenant.id,
                where=gold.GoldRange(
                    body["clip"], body["start_frame"], body["end_frame"], body["task_type"]
                ),
                tracks=body["tracks"],
                events=body["events"],
                replaces=body["replaces"],
                quiz_level=body["quiz_level"],
            )
        with scope(self.tenant.id):
            return Response(gold_json(made), status=201)


class RetiredGold(TenantView):
    permissions: ClassVar = {"POST": Permission.GOLD_MANAGE}

    @described("retire_gold", answer=GoldJson)
    def post(self, request: Request, tenant: str, gold_id: UUID) -> Response:
        row = gold.retire_gold(actor=self.actor, tenant=self.tenant.id, gold_id=gold_id)
        with scope(self.tenant.id):
            return Response(gold_json(row))


class ProjectPolicy(TenantView):
    permissions: ClassVar = {"GET": Permission.GOLD_MANAGE, "PUT": Permission.GOLD_MANAGE}

    @described("get_quality_policy", answer=QualityPolicyBody)
    def get(self, request: Request, tenant: str, project: UUID) -> Response:
        with scope(self.tenant.id):
            get_project(project)
            return Response(QualityPolicyBody(policy_of(project)).data)

    @described("set_quality_policy", body=QualityPolicyBody, answer=QualityPolicyBody)
    def put(self, request: Request, tenant: str, project: UUID) -> Response:
        policy = set_policy(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            values=checked_body(QualityPolicyBody, request),
        )
        return Response(QualityPolicyBody(policy).data)


class ScoreJson(TypedDict):
    """One handed-in task against gold; `gates`: by part, its mark and whether it was met."""

    id: Id
    task: Id
    gold: Id
    person: Id
    skill: str
    passed: bool
    gates: Document
    metrics: Document
    frame_errors: Any
    scored_at: datetime


def score_json(row: Score) -> ScoreJson:
    return {
        "id": str(row.id),
        "task": str(row.task_id),
        "gold": str(row.truth_id),
        "person": str(row.person_id),
        "skill": row.skill,
        "passed": row.passed,
        "gates": row.gates,
        "metrics": row.metrics,
        "frame_errors": row.frame_errors,
        "scored_at": row.scored_at,
    }


class Scores(TenantView):
    """Gold scores in a client's projects; people under their ids, which are stable pseudonyms."""

    permissions: ClassVar = {"GET": Permission.QUALITY_READ}

    @described("list_scores", page=ScoreJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            answer = page_of(request, Score.objects.order_by("-scored_at", "id"), score_json)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="quality.scores.read",
            subject=("organization", self.tenant.id),
            purpose="oversight",
            details={"scores": [row["id"] for row in answer.data["results"]]},
        )
        return answer


class TrustJson(TypedDict):
    """How far a person's work of a skill is trusted: the posterior's mean and 5 and 95 % points."""

    id: Id
    person: Id
    skill: str
    gold: int
    mean: float
    low: float
    high: float
    gated: bool
    updated_at: datetime


class NamedTrust(TrustJson):
    """Trust in one of the vendor's people, with their name."""

    name: str


class StandingOfSkill(TypedDict):
    """One's own measurements of a skill, told in whole batches only."""

    vendor: Slug
    skill: str
    gated: bool
    measured: int
    passed: NotRequired[int]
    hota: NotRequired[float]
    loc_a: NotRequired[float]
    idf1: NotRequired[float]
    missed: NotRequired[dict[str, int]]


def trust_json(row: Trust) -> TrustJson:
    known = Posterior(row.alpha, row.beta, row.gold_count)
    return {
        "id": str(row.id),
        "person": str(row.person_id),
        "skill": row.skill,
        "gold": row.gold_count,
        "mean": round(known.mean, 4),
        "low": round(known.quantile(0.05), 4),
        "high": round(known.quantile(0.95), 4),
        "gated": row.gated,
        "updated_at": row.updated_at,
    }


def named_trust(row: Trust) -> NamedTrust:
    return {**trust_json(row), "name": row.person.get_full_name()}


class VendorTrust(TenantView):
    """Trust in a vendor's people, for its managers."""

    permissions: ClassVar = {"GET": Permission.QUALITY_READ}

    @described("list_trust", page=NamedTrust)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Trust.objects.select_related("person").order_by("skill", "person_id")
            return page_of(request, rows, named_trust)


class Reinstated(TenantView):
    permissions: ClassVar = {"POST": Permission.PEOPLE_MANAGE}

    @described("reinstate", body=Reinstatement, answer=TrustJson)
    def post(self, request: Request, tenant: str, trust_id: UUID) -> Response:
        row = trust.reinstate(
            actor=self.actor,
            vendor=self.tenant.id,
            trust_id=trust_id,
            reason=checked_body(Reinstatement, request)["reason"],
        )
        return Response(trust_json(row))


class MyScores(ApiView):
    """A person's own standing, by vendor and skill."""

    @described("list_my_scores", page=StandingOfSkill)
    def get(self, request: Request) -> Response:
        person = request.user.pk
        assert isinstance(person, UUID)
        vendors = {
            membership.organization
            for membership in organizations_of(request.user)
            if membership.organization.kind == Organization.Kind.VENDOR
        }
        return page_of_list(
            request,
            [
                {"vendor": vendor.slug, **standing}
                for vendor in sorted(vendors, key=lambda vendor: vendor.slug)
                for standing in trust.standings(vendor=vendor.id, person=person)
            ],
        )
