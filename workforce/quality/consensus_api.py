"""The API of consensus: two label sets that differ, and the choice between them."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.labels.api import holds_lease
from workforce.labels.wire import EventWire, TrackWire
from workforce.quality import consensus
from workforce.quality.adjudication import open_sides, sides_json
from workforce.quality.reasons import Reason
from workforce.quality.review_api import PinnedReason


class Choice(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)
    choice = serializers.ChoiceField(choices=["a", "b", "neither"])
    reasons = PinnedReason(many=True, default=list)


class DifferenceJson(TypedDict):
    kind: str
    start: int
    end: int
    a: Any
    b: Any
    detail: str


class SideJson(TypedDict):
    tracks: list[TrackWire]
    events: list[EventWire]


class TwoLabelsJson(TypedDict):
    """Both label sets, without their authors; `agreement` by what is compared, from 0 to 1."""

    agreement: dict[str, float]
    disagreements: list[DifferenceJson]
    a: SideJson
    b: SideJson


class ChosenJson(TypedDict):
    task: Id
    choice: str


class TwoLabels(TenantView):
    """Under a review lease. GET: both sides and where they differ. POST: choose."""

    permissions: ClassVar = {"GET": Permission.TASK_REVIEW, "POST": Permission.TASK_REVIEW}

    @described("compare_labels", answer=TwoLabelsJson)
    def get(self, request: Request, tenant: str, task: UUID) -> Response:
        sides = open_sides(tenant=self.tenant.id, task_id=task)
        if not holds_lease(task, self.user_id):
            raise NotFound
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.consensus.read",
            subject=("task", task),
            purpose="review",
            details={"disagreements": len(sides.row.disagreements)},
        )
        with scope(self.tenant.id):
            return Response(sides_json(sides), headers={"Cache-Control": "no-store"})

    @described("choose_labels", body=Choice, answer=ChosenJson, status=201)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        body = checked_body(Choice, request)
        consensus.adjudicate(
            tenant=self.tenant.id,
            task_id=task,
            token=body["token"],
            actor=self.actor,
            choice=body["choice"],
            reasons=[Reason(**reason) for reason in body["reasons"]],
        )
        return Response({"task": str(task), "choice": body["choice"]}, status=201)
