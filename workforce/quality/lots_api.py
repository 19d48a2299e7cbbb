"""The API of lots: how a vendor's work is inspected in a client's projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from django.db.models import Count
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of_rows
from workforce.quality import lots
from workforce.quality.models import Lot


class Resumption(serializers.Serializer[Any]):
    vendor = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(max_length=500)


class LotJson(TypedDict):
    """A lot of handed-in tasks and how it is inspected (ISO 2859-1)."""

    id: Id
    project: Id
    vendor: Id | None
    number: int
    state: str
    items: int
    severity: str
    aql: str
    level: str
    letter: str
    size: int | None
    sample_size: int | None
    acceptance_number: int | None
    nonconforming: int | None
    opened_at: datetime
    closed_at: datetime | None
    decided_at: datetime | None


class Resumed(TypedDict):
    severity: str


def lot_json(lot: Lot, items: int) -> LotJson:
    return {
        "id": str(lot.id),
        "project": str(lot.project_id),
        "vendor": str(lot.vendor_id) if lot.vendor_id else None,
        "number": lot.number,
        "state": lot.state,
        "items": items,
        "severity": lot.severity,
        "aql": lot.aql,
        "level": lot.level,
        "letter": lot.letter,
        "size": lot.size,
        "sample_size": lot.sample_size,
        "acceptance_number": lot.acceptance_number,
        "nonconforming": lot.nonconforming,
        "opened_at": lot.opened_at,
        "closed_at": lot.closed_at,
        "decided_at": lot.decided_at,
    }


def lots_json(lots: list[Lot]) -> list[LotJson]:
    """Write lots with how many items each holds, in the open scope."""
    found = Lot.objects.filter(id__in=[lot.id for lot in lots]).annotate(held=Count("items"))
    held = dict(found.values_list("id", "held"))
    return [lot_json(lot, held[lot.id]) for lot in lots]


class Lots(TenantView):
    """Lots of a client, newest first."""

    permissions: ClassVar = {"GET": Permission.QUALITY_READ}

    @described("list_lots", page=LotJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Lot.objects.order_by("-opened_at", "-number")
            return page_of_rows(request, rows, lots_json)


class ClosedLot(TenantView):
    """Close a lot before it is full."""

    permissions: ClassVar = {"POST": Permission.GOLD_MANAGE}

    @described("close_lot", answer=LotJson)
    def post(self, request: Request, tenant: str, lot: UUID) -> Response:
        closed = lots.close_lot(actor=self.actor, tenant=self.tenant.id, lot_id=lot)
        return Response(lot_json(closed, closed.size))


class ResumedInspection(TenantView):
    """Inspect a vendor's lots again after its inspection was discontinued."""

    permissions: ClassVar = {"POST": Permission.GOLD_MANAGE}

    @described("resume_inspection", body=Resumption, answer=Resumed)
    def post(self, request: Request, tenant: str, project: UUID) -> Response:
        body = checked_body(Resumption, request)
        state = lots.resume_inspection(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=project,
            vendor_id=body["vendor"],
            reason=body["reason"],
        )
        return Response({"severity": state.severity})
