"""The API of routing: "Next task", why and why not, and what a manager does with the queue."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.clock import now
from core.errors import Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.prepared import Prepared
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from workforce.routing import allocation
from workforce.routing.eligibility import explain, open_engagements
from workforce.routing.lease import Leased, lease_next
from workforce.routing.models import Allocation, Reservation
from workforce.routing.value import hands_of, known_to, points
from workforce.routing.weights import set_weight, weights_of
from workforce.tasks.api import task_json
from workforce.tasks.models import QueueEntry, Task


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


_CLIENT = Prepared(lambda client: Organization.objects.filter(id=client)[:1], client=UUID)
_TASK = Prepared(
    lambda task: Task.objects.select_related("ontology").filter(id=task)[:1], task=UUID
)


def leased_json(leased: Leased) -> dict[str, Any]:
    """Raises NotFound when the client's work was closed to the person since it was taken."""
    entry = leased.entry
    client = _CLIENT.first(client=entry.tenant_id)
    with scope(entry.tenant_id):
        task = _TASK.first(task=entry.task_id)
    if client is None or task is None:
        raise NotFound("This work was closed a moment ago. Ask for the next piece.")
    return {
        "tenant": client.slug,
        "task": {**task_json(task), "ontology_document": task.ontology.document},
        "lease": {
            "token": entry.token,
            "expires_at": entry.lease_until,
            "work": entry.work,
        },
        "workbench": f"/t/{client.slug}/tasks/{task.id}",
    }


def allocation_json(done: Allocation) -> dict[str, Any]:
    return {
        "id": str(done.id),
        "act": done.act,
        "count": len(done.before),
        "undo_until": done.made_at + allocation.UNDO,
    }


class NextTask(TenantView):
    """POST below the vendor: the person's current lease, or the next work; 204 for none."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Pull, request)
        if body["work"] == QueueEntry.Work.REVIEW:
            self.entry.require(Permission.TASK_REVIEW)
        leased = lease_next(actor=self.actor, vendor=self.tenant.id, **body)
        if leased is None:
            return Response(status=204)
        return Response(leased_json(leased))


class Assign(TenantView):
    """Keep work for a person, or for nobody."""

    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Assignment, request)
        done = allocation.assign_to(actor=self.actor, vendor=self.tenant.id, **body)
        return Response(allocation_json(done), status=201)


class Hold(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(Holding, request)
        done = allocation.hold(actor=self.actor, vendor=self.tenant.id, **body)
        return Response(allocation_json(done), status=201)


class AutoAssign(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(AutoAssignment, request)
        done = allocation.auto_assign(actor=self.actor, vendor=self.tenant.id, **body)
        return Response(allocation_json(done), status=201)


class Undo(TenantView):
    permissions: ClassVar = {"POST": Permission.TASK_ALLOCATE}

    def post(self, request: Request, tenant: str, done: UUID) -> Response:
        count = allocation.undo(actor=self.actor, vendor=self.tenant.id, allocation_id=done)
        return Response({"count": count})


class Why(TenantView):
    """`?entry=&person=`: each check of the predicate, and the reasons of a reservation."""

    permissions: ClassVar = {"GET": Permission.TASK_ALLOCATE}

    def get(self, request: Request, tenant: str) -> Response:
        entry, person = _id(request, "entry"), _id(request, "person")
        found, checks = _explained(self.tenant.id, Q(id=entry), person)
        return Response({"checks": checks, **_fit(self.tenant.id, found, person)})


class WhyMe(TenantView):
    """`?task=`: each check for the person who asks. No points: they would move with each score."""

    permissions: ClassVar = {"GET": Permission.TASK_ANNOTATE}

    def get(self, request: Request, tenant: str) -> Response:
        asked = Q(task_id=_id(request, "task"), work=request.query_params.get("work", "annotate"))
        _, checks = _explained(self.tenant.id, asked, self.user_id)
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
    reasons = kept.reasons if kept else points(entry, hand, known_to(vendor), now())
    return {"reasons": reasons, "value": round(sum(reasons.values()), 3), "kept": bool(kept)}


def _id(request: Request, name: str) -> UUID:
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError as error:
        raise Invalid(f"{name} is an id in the form of a UUID.", field=name) from error


class Weights(TenantView):
    """How much each client's work counts for the planner."""

    permissions: ClassVar = {"GET": Permission.TASK_ALLOCATE, "PUT": Permission.TASK_ALLOCATE}

    def get(self, request: Request, tenant: str) -> Response:
        return Response(weights_of(self.tenant.id))

    def put(self, request: Request, tenant: str) -> Response:
        set_weight(actor=self.actor, vendor=self.tenant.id, **checked_body(Weight, request))
        return self.get(request, tenant)
