"""The API of one camera's zones."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from tenants.projects.models import Camera
from workforce.labels.zones import change_zones


class AllZones(serializers.Serializer[Any]):
    zones = serializers.ListField(child=serializers.DictField(), max_length=100)


class Zones(TenantView):
    """All zones of a camera. What is given with its id keeps it; what is not given is removed."""

    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "PUT": Permission.PROJECT_EDIT}

    def get(self, request: Request, tenant: str, camera: UUID) -> Response:
        return Response({"results": self._zones(camera)})

    def put(self, request: Request, tenant: str, camera: UUID) -> Response:
        """Write all zones anew: id (of one that is known), kind, name, polygon [[x, y], ...]."""
        zones = checked_body(AllZones, request)["zones"]
        change_zones(actor=self.actor, tenant=self.tenant.id, camera_id=camera, zones=zones)
        return Response({"results": self._zones(camera)})

    def _zones(self, camera: UUID) -> list[dict[str, Any]]:
        with scope(self.tenant.id):
            found = Camera.objects.filter(id=camera).first()
            if found is None:
                raise NotFound
            rows = found.zones.order_by("name").values("id", "kind", "name", "polygon")
            return [{**row, "id": str(row["id"])} for row in rows]
