"""The map of one camera: its zones on a still of its footage, drawn by mouse or keys."""

import json
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import CustosError, Invalid, NotFound
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.intake.models import Clip
from tenants.projects.models import Camera, Zone
from tenants.projects.zone_lines import parse_zones
from workforce.labels.zones import change_zones, zones_in_use

#: What is drawn on where no footage of the camera has arrived yet, in pixels.
BLANK = (1920, 1080)


class CameraPage(TenantPage):
    permission = Permission.PROJECT_READ
    permissions: ClassVar = {"POST": Permission.PROJECT_EDIT}
    template_name = "labels/camera.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            camera = Camera.objects.select_related("site").filter(id=kwargs["camera"]).first()
            if camera is None:
                raise NotFound
            zones = list(camera.zones.order_by("name"))
            ready = Clip.objects.filter(
                camera=camera, state=Clip.State.READY, frame_index__isnull=False
            )
            still = ready.order_by("-created_at").first()
            clips = Clip.objects.filter(camera=camera).exclude(state=Clip.State.ERASED).count()
            kept = zones_in_use(camera.id)
        width, height = (still.width, still.height) if still else BLANK
        kwargs["camera"] = camera
        kwargs.setdefault("lines", "\n".join(_line(zone) for zone in zones))
        return super().get_context_data(
            zones=zones,
            still=still,
            clips=clips,
            drawing={
                "width": width,
                "height": height,
                "kinds": list(Zone.Kind.values),
                "may_edit": self.holds(Permission.PROJECT_EDIT),
                "zones": [_wire(zone, kept) for zone in zones],
            },
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, camera: UUID) -> HttpResponse:
        """Write the zones as they were drawn, or as their lines tell where nothing was drawn."""
        try:
            zones = self._given(request, camera)
            change_zones(actor=self.actor, tenant=self.tenant.id, camera_id=camera, zones=zones)
        except CustosError as error:
            if isinstance(error, NotFound):
                raise
            context = self.get_context_data(
                tenant=tenant,
                camera=camera,
                refused=error.message,
                lines=request.POST.get("lines", ""),
                drawn=request.POST.get("drawn", ""),
            )
            return self.render_to_response(context, status=error.status)
        count = len(zones)
        messages.success(request, f"{count} zone{'' if count == 1 else 's'} saved.")
        return redirect(request.path)

    def _given(self, request: HttpRequest, camera: UUID) -> list[dict[str, Any]]:
        drawn = request.POST.get("drawn", "")
        if drawn:
            try:
                zones = json.loads(drawn)
            except ValueError as error:
                raise Invalid("The drawing did not arrive whole: save it again.") from error
            if not isinstance(zones, list):
                raise Invalid("The drawing did not arrive whole: save it again.")
            return zones
        zones, wrong = parse_zones(request.POST.get("lines", ""))
        if wrong:
            raise Invalid(" ".join(wrong))
        with scope(self.tenant.id):
            known = dict(Zone.objects.filter(camera_id=camera).values_list("name", "id"))
        return [{**zone, "id": str(known.get(zone["name"], ""))} for zone in zones]


def _line(zone: Zone) -> str:
    corners = " ".join(f"{x:g},{y:g}" for x, y in zone.polygon)
    return f"{zone.kind} {zone.name}: {corners}"


def _wire(zone: Zone, kept: set[UUID]) -> dict[str, Any]:
    return {
        "id": str(zone.id),
        "kind": zone.kind,
        "name": zone.name,
        "polygon": zone.polygon,
        "kept": zone.id in kept,
    }
