"""The API of one camera's zones."""

from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from core.web.described import described
from tenants.projects.api import ZoneJson, zone_json
from tenants.projects.models import Camera
from workforce.labels.zones import change_zones


class AllZones(serializers.Serializer[Any]):
    zones = serializers.ListField(child=serializers.DictField(), max_length=100)


class ZonesJson(TypedDict):
    results: list[ZoneJson]


class Zones(TenantView):
    """All zones of a camera. What is given with its id keeps it; what is not given is removed."""

    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "PUT": Permission.PROJECT_EDIT}

    @described("list_zones", answer=ZonesJson)
    def get(self, request: Request, tenant: str, camera: UUID) -> Response:
        return Response({"results": self._zones(camera)})

    @described("set_zones", body=AllZones, answer=ZonesJson)
    def put(self, request: Request, tenant: str, camera: UUID) -> Response:
        """Write all zones anew: id (of one that is known), kind, name, polygon [[x, y], ...]."""
        zones = checked_body(AllZones, request)["zones"]
        change_zones(actor=self.actor, tenant=self.tenant.id, camera_id=camera, zones=zones)
        return Response({"results": self._zones(camera)})

    def _zones(self, camera: UUID) -> list[ZoneJson]:
        with scope(self.tenant.id):
            found = Camera.objects.filter(id=camera).first()
            if found is None:
                raise NotFound
            return [zone_json(zone) for zone in found.zones.order_by("name")]
