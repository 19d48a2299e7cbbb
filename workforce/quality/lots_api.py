"""The API of lots: how a vendor's work is inspected in a client's projects."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from workforce.quality import lots
from workforce.quality.models import Lot

PAGE = 200


class Resumption(serializers.Serializer[Any]):
    vendor = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(max_length=500)


def lot_json(lot: Lot, items: int) -> dict[str, Any]:
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


class Lots(TenantView):
    """Lots of a client, newest first."""

    permissions: ClassVar = {"GET": Permission.QUALITY_READ}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Lot.objects.annotate(count=Count("items")).order_by("-opened_at", "-number")
            return Response({"results": [lot_json(row, row.count) for row in rows[:PAGE]]})


class ClosedLot(TenantView):
    """Close a lot before it is full."""

    permissions: ClassVar = {"POST": Permission.GOLD_MANAGE}

    def post(self, request: Request, tenant: str, lot: UUID) -> Response:
        closed = lots.close_lot(actor=self.actor, tenant=self.tenant.id, lot_id=lot)
        return Response(lot_json(closed, closed.size))


class ResumedInspection(TenantView):
    """Inspect a vendor's lots again after its inspection was discontinued."""

    permissions: ClassVar = {"POST": Permission.GOLD_MANAGE}

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
