"""The API of review: decisions with their reasons, and disputes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, NotRequired, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.answers import Document, Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of_list
from workforce.labels.api import SaveLabels, brings_labels, changes_of, holds_lease
from workforce.labels.differences import changes_since
from workforce.labels.store import get_task
from workforce.quality import disputes, review
from workforce.quality.models import ReviewDecision
from workforce.quality.reasons import MAX_TEXT, Reason, ReasonKind


class PinnedReason(serializers.Serializer[Any]):
    frame = serializers.IntegerField(min_value=0)
    track = serializers.UUIDField(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=MAX_TEXT)
    kind = serializers.ChoiceField(
        choices=list(ReasonKind), required=False, allow_blank=True, default=""
    )


class Verdict(SaveLabels):
    """With `correct` come the changed tracks and events, as they are saved; else none do."""

    outcome = serializers.ChoiceField(choices=ReviewDecision.Outcome.choices)
    reasons = PinnedReason(many=True, default=list)


class Objection(serializers.Serializer[Any]):
    reasons = PinnedReason(many=True)


class ReasonJson(TypedDict):
    frame: int
    track: Id | None
    text: str
    kind: NotRequired[str]


class DecisionJson(TypedDict):
    outcome: str
    reasons: list[ReasonJson]
    decided_at: datetime


class ChangedJson(TypedDict):
    """A track or event that differs; `before` is what it was, None for one that is new."""

    id: Id
    change: str
    what: list[str]
    first: int
    last: int
    before: Document | None


class VerdictJson(TypedDict):
    task: Id
    outcome: str


class DisputeStateJson(TypedDict):
    task: Id
    state: str


class Review(TenantView):
    """GET: decisions so far. POST, under a review lease: decide.

    Decisions are read by who may read labels, who works on the task, and whose work went back.
    """

    permissions: ClassVar = {"POST": Permission.TASK_REVIEW}

    @described("list_decisions", page=DecisionJson)
    def get(self, request: Request, tenant: str, task: UUID) -> Response:
        with scope(self.tenant.id):
            row = get_task(task)
            may_read = Permission.LABEL_READ in self.entry.permissions and not row.is_copy
            leased = holds_lease(task, self.user_id)
            own = disputes.sent_back_to(self.user_id, task) is not None
            if not may_read and not leased and not own:
                raise NotFound
            found = disputes.decisions_of(row)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.review.read",
            subject=("task", task),
            purpose="task" if leased else "own_work" if own else "inspect",
            details={"decisions": len(found)},
        )
        return page_of_list(request, found)

    @described("decide_review", body=Verdict, answer=VerdictJson, status=201)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        body = checked_body(Verdict, request)
        outcome = review.decide(
            tenant=self.tenant.id,
            task_id=task,
            token=body["token"],
            actor=self.actor,
            outcome=body["outcome"],
            reasons=[Reason(**reason) for reason in body["reasons"]],
            changes=changes_of(body) if brings_labels(request) else None,
        )
        return Response({"task": str(task), "outcome": outcome}, status=201)


class Differences(TenantView):
    """What the newest labels of a task changed since those that were handed in before them."""

    permissions: ClassVar = {"GET": Permission.TASK_REVIEW}

    @described("list_changes_since", page=ChangedJson)
    def get(self, request: Request, tenant: str, task: UUID) -> Response:
        with scope(self.tenant.id):
            row = get_task(task)
            if not holds_lease(task, self.user_id):
                raise NotFound
            found = changes_since(row)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.changes.read",
            subject=("task", task),
            purpose="review",
            details={"changes": len(found)},
        )
        return page_of_list(request, found)


class Dispute(TenantView):
    """POST: object to one's work having been sent back; a third person decides."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described("dispute_decision", body=Objection, answer=DisputeStateJson, status=201)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        raised = disputes.raise_dispute(
            tenant=self.tenant.id,
            task_id=task,
            actor=self.actor,
            reasons=[Reason(**reason) for reason in checked_body(Objection, request)["reasons"]],
        )
        return Response({"task": str(task), "state": raised.state}, status=201)
