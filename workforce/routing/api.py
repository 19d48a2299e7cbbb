"""The API of routing: "Next task", why and why not, and what a manager does with the queue."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.clock import now
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.answers import Id, Slug
from core.web.api import TenantView, checked_body, checked_query
from core.web.described import described
from core.web.list_queries import OneOf
from core.web.paging import page_of
from workforce.routing import allocation
from workforce.routing.eligibility import explain, open_engagements
from workforce.routing.grid import DUE, STATES, Wanted, queue_of
from workforce.routing.lease import Leased, lease_next
from workforce.routing.models import Allocation, Reservation
from workforce.routing.value import hands_of, known_to, points
from workforce.routing.weights import set_weight, weights_of
from workforce.tasks.api import TaskWithOntology, task_json
from workforce.tasks.models import QueueEntry


class Pull(serializers.Serializer[Any]):
    work = serializers.ChoiceField(choices=QueueEntry.Work.choices, default="annotate")
    another = serializers.BooleanField(default=False)


class Chosen(serializers.Serializer[Any]):
    entries = serializers.ListField(child=serializers.UUIDField())


class Assignment(Chosen):
    person = serializers.UUIDField(allow_null=True)


class Holding(Chosen):
    held = serializers.BooleanField()


class AutoAssignment(Chosen):
    people = serializers.ListField(child=serializers.UUIDField(), default=list)
    most = serializers.IntegerField(min_value=1, max_value=allocation.MOST, default=allocation.MOST)


class Weight(serializers.Serializer[Any]):
    client = serializers.SlugField()
    weight = serializers.FloatField()


class WhyQuery(serializers.Serializer[Any]):
    entry = serializers.UUIDField(help_text="Id of an entry of the queue.")
    person = serializers.UUIDField(help_text="Account of one of the vendor's people.")


class WhyMeQuery(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    work = serializers.ChoiceField(choices=QueueEntry.Work.choices, default="annotate")


class LeaseJson(TypedDict):
    """`token`: goes with each save; a lease that was lost has a higher one elsewhere."""

    token: int
    expires_at: datetime
    work: str


class LeasedJson(TypedDict):
    """A task to work on, on the page `workbench`; its API is below the client's slug, `tenant`."""

    tenant: Slug
    task: TaskWithOntology
    lease: LeaseJson
    workbench: str


class AllocationJson(TypedDict):
    id: Id
    act: str
    count: int
    undo_until: datetime


class Undone(TypedDict):
    count: int


class CheckJson(TypedDict):
    name: str
    holds: bool
    text: str


class ChecksJson(TypedDict):
    checks: list[CheckJson]


class MatchJson(ChecksJson):
    """`reasons`: the points that make up `value`; `kept`: whether the work is reserved."""

    reasons: dict[str, float]
    value: float
    kept: bool


def leased_json(leased: Leased) -> LeasedJson:
    """Raises NotFound when the client's work was closed to the person since it was taken."""
    entry = leased.entry
    client, task = leased.tenant, leased.task
    assert entry.lease_until is not None
    return {
        "tenant": client.slug,
        "task": {**task_json(task), "ontology_document": task.ontology.document},
        "lease": {
            "token": entry.token,
            "expires_at": entry.lease_until,
            "work": entry.work,
        },
        "workbench": leased.page,
    }


def allocation_json(done: Allocation) -> AllocationJson:
    return {
        "id": str(done.id),
        "act": done.act,
        "count": len(done.before),
        "undo_until": done.made_at + allocation.UNDO,
    }


class EntryJson(TypedDict):
    """Work that waits, is held or in hand; `reserved_for`: the one person it is kept for."""

    id: Id
    client: Slug
    task: Id
    project: Id | None
    camera: Id | None
    work: str
    skill: str
    level: int
    priority: int
    due_at: datetime | None
    state: str
    reserved_for: Id | None
    reserved_until: datetime | None
    lessee: Id | None
    lease_until: datetime | None


class QueueQuery(serializers.Serializer[Any]):
    """The fields of `Wanted`, by which the board is narrowed too."""

    project = serializers.UUIDField(required=False)
    camera = serializers.UUIDField(required=False)
    skill = serializers.CharField(required=False, max_length=32)
    due = OneOf(
        DUE, required=False, help_text="Due before now (late), within a day, or within a week."
    )
    state = OneOf(STATES, required=False)


def _id_of(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def entry_json(row: QueueEntry, client: str) -> EntryJson:
    return {
        "id": str(row.id),
        "client": client,
        "task": str(row.task_id),
        "project": _id_of(row.project_id),
        "camera": _id_of(row.camera_id),
        "work": row.work,
        "skill": row.skill,
        "level": row.level,
        "priority": row.priority,
        "due_at": row.due_at,
        "state": row.state,
        "reserved_for": _id_of(row.reserved_for),
        "reserved_until": row.reserved_until,
        "lessee": _id_of(row.lessee),
        "lease_until": row.lease_until,
    }


class Queue(TenantView):
    """The work that the vendor's people may take, as on the board; the oldest first."""

    permissions: ClassVar = {"GET": Permission.TASK_ALLOCATE}

    @described("list_queue", query=(QueueQuery,), page=EntryJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = checked_query(QueueQuery, request)
        wanted = Wanted(**{name: str(value) for name, value in asked.items()})
        rows = queue_of(self.tenant.id).filter(wanted.q())
        clients = dict(
            Organization.objects.filter(id__in=open_engagements(self.tenant.id)).values_list(
                "id", "slug"
            )
        )
        return page_of(
            request,
            rows.order_by("created_at", "id"),
            lambda row: entry_json(row, clients[row.tenant_id]),
        )


class NextTask(TenantView):
    """POST below the vendor: the person's current lease, or the next work; 204 for none."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described(
        "lease_next_task", body=Pull, answer=LeasedJson, also={204: "There is nothing to do now."}
    )
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Pull, request)
        if body["work"] == QueueEntry.Work.REVIEW:
            self.entry.require(Permission.TASK_REVIEW)
        leased = lease_next(actor=self.actor, vendor=self.tenant.id, seeing=True, **body)
        if leased is None:
            return Response(status=204)
        return Response(leased_json(leased))


class Assign(TenantView):
    """Keep work for a person, or for nobody."""

    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    @described("assign_tasks", body=Assignment, answer=AllocationJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Assignment, request)
        done = allocation.assign_to(actor=self.actor, vendor=self.tenant.id, **body)
        return Response(allocation_json(done), status=201)


class Hold(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    @described("hold_tasks", body=Holding, answer=AllocationJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Holding, request)
        done = allocation.hold(actor=self.actor, vendor=self.tenant.id, **body)
        return Response(allocation_json(done), status=201)


class AutoAssign(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    @described("auto_assign_tasks", body=AutoAssignment, answer=AllocationJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(AutoAssignment, request)
        done = allocation.auto_assign(actor=self.actor, vendor=self.tenant.id, **body)
        return Response(allocation_json(done), status=201)


class Undo(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    @described("undo_allocation", answer=Undone)
    def post(self, request: Request, tenant: str, done: UUID) -> Response:
        count = allocation.undo(actor=self.actor, vendor=self.tenant.id, allocation_id=done)
        return Response({"count": count})


class Why(TenantView):
    """`?entry=&person=`: each check of the predicate, and the reasons of a reservation."""

    permissions: ClassVar = {"GET": Permission.TASK_ALLOCATE}

    @described("explain_match", query=(WhyQuery,), answer=MatchJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = checked_query(WhyQuery, request)
        entry, person = asked["entry"], asked["person"]
        found, checks = _explained(self.tenant.id, Q(id=entry), person)
        return Response({"checks": checks, **_fit(self.tenant.id, found, person)})


class WhyMe(TenantView):
    """`?task=`: each check for the person who asks. No points: they would move with each score."""

    permissions: ClassVar = {"GET": Permission.TASK_ANNOTATE}

    @described("explain_task", query=(WhyMeQuery,), answer=ChecksJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = checked_query(WhyMeQuery, request)
        entry = Q(task_id=asked["task"], work=asked["work"])
        _, checks = _explained(self.tenant.id, entry, self.user_id)
        return Response({"checks": checks})


def _explained(vendor: UUID, asked: Q, person: UUID) -> tuple[QueueEntry, list[dict[str, Any]]]:
    """Explain one entry of an engaged client for one person of the vendor. Raises NotFound."""
    ours = Q(vendor_id__isnull=True) | Q(vendor_id=vendor)
    entry = QueueEntry.objects.filter(asked, ours, tenant_id__in=open_engagements(vendor)).first()
    checks = explain(vendor=vendor, person=person, entry=entry.id) if entry else []
    if entry is None or not checks:
        raise NotFound
    return entry, [{"name": c.name, "holds": c.holds, "text": c.text} for c in checks]


def _fit(vendor: UUID, entry: QueueEntry, person: UUID) -> dict[str, Any]:
    hand = next(hand for hand in hands_of(vendor) if hand.person == person)
    with scope(vendor):
        kept = Reservation.objects.filter(entry_id=entry.id, person=person).first()
    reasons = kept.reasons if kept else points(entry, hand, known_to(vendor, [entry]), now())
    return {"reasons": reasons, "value": round(sum(reasons.values()), 3), "kept": bool(kept)}


class Weights(TenantView):
    """How much each client's work counts for the planner."""

    permissions: ClassVar = {"GET": Permission.TASK_ALLOCATE, "PUT": Permission.TASK_ALLOCATE}

    @described("get_weights", answer=dict[str, float])
    def get(self, request: Request, tenant: str) -> Response:
        return Response(weights_of(self.tenant.id))

    @described("set_weight", body=Weight, answer=dict[str, float])
    def put(self, request: Request, tenant: str) -> Response:
        set_weight(actor=self.actor, vendor=self.tenant.id, **checked_body(Weight, request))
        return self.get(request, tenant)
