"""Sites and cameras, with a picture of each camera's zones."""

import zoneinfo
from collections import defaultdict
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import CustosError
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from core.web.quick_select import QuickSelect
from tenants.projects import services
from tenants.projects.models import Camera, Site, Zone
from tenants.projects.zone_lines import parse_zones

#: Sites on a page, each with all of its cameras.
SITES = 10
#: Air around the outermost corner of a picture of zones, as a share of it.
MARGIN = 0.06


class SiteForm(forms.Form):
    name = forms.CharField(label="Name of the site", max_length=120)
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(zone, zone) for zone in sorted(zoneinfo.available_timezones())],
        initial="UTC",
        widget=QuickSelect,
        help_text="Clips of its cameras start at an instant on this clock.",
    )


class CameraForm(forms.Form):
    site = forms.ChoiceField(label="Site")
    name = forms.CharField(label="Name of the camera", max_length=120)
    zones = forms.CharField(
        label="Zones, one a line",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=f"A kind ({', '.join(Zone.Kind.values)}), a name, a colon, and the corners in"
        " pixels of the footage: restricted Loading dock: 10,20 300,20 300,200.",
    )

    def __init__(self, sites: list[Site], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"] = forms.ChoiceField(
            label="Site",
            choices=[(str(site.id), site.name) for site in sites],
            widget=QuickSelect,
        )

    def clean_zones(self) -> list[dict[str, Any]]:
        """Give the zones that the lines tell of."""
        zones, wrong = parse_zones(self.cleaned_data["zones"])
        if wrong:
            raise forms.ValidationError(wrong)
        return zones


class Cameras(TenantPage):
    permission = Permission.PROJECT_READ
    permissions: ClassVar = {"POST": Permission.PROJECT_EDIT}
    template_name = "projects/cameras.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        cameras: dict[UUID, list[tuple[Camera, dict[str, Any]]]] = defaultdict(list)
        with scope(self.tenant.id):
            sites = list(Site.objects.order_by("name", "id"))
            page = Paginator(sites, SITES).get_page(self.request.GET.get("page"))
            rows = Camera.objects.filter(site__in=list(page)).prefetch_related("zones")
            for camera in rows.order_by("name", "id"):
                cameras[camera.site_id].append((camera, drawn(list(camera.zones.all()))))
        kwargs.setdefault("site_form", SiteForm(prefix="site"))
        kwargs.setdefault("camera_form", CameraForm(sites, prefix="camera"))
        return super().get_context_data(
            page=page, places=[(site, cameras[site.id]) for site in page], **kwargs
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Add a site or, with act=camera, a camera."""
        if request.POST.get("act") == "camera":
            return self._camera(request)
        form = SiteForm(request.POST, prefix="site")
        return self._added(form, "site_form", services.add_site)

    def _camera(self, request: HttpRequest) -> HttpResponse:
        with scope(self.tenant.id):
            sites = list(Site.objects.order_by("name"))
        form = CameraForm(sites, request.POST, prefix="camera")
        return self._added(form, "camera_form", self._add_camera)

    def _add_camera(self, *, site: str, **values: Any) -> Camera:
        return services.add_camera(site_id=UUID(site), **values)

    def _added(self, form: forms.Form, slot: str, add: Any) -> HttpResponse:
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(**{slot: form}), status=400)
        try:
            added = add(actor=self.actor, tenant=self.tenant.id, **form.cleaned_data)
        except CustosError as error:
            form.add_error(error.field if error.field in form.fields else "name", error.message)
            context = self.get_context_data(**{slot: form})
            return self.render_to_response(context, status=error.status)
        messages.success(self.request, f"{added.name} is added.")
        return redirect(f"/t/{self.tenant.slug}/cameras")


def drawn(zones: list[Zone]) -> dict[str, Any]:
    """Give zones as SVG paths, with the box that holds them all. Empty without zones."""
    corners = [corner for zone in zones for corner in zone.polygon]
    if not corners:
        return {}
    width, height = (max(c[axis] for c in corners) * (1 + MARGIN) or 1 for axis in (0, 1))
    return {
        "width": round(width, 1),
        "height": round(height, 1),
        "zones": [
            {
                "name": zone.name,
                "kind": zone.get_kind_display(),
                "path": "M" + "L".join(f"{x:g} {y:g}" for x, y in zone.polygon) + "Z",
            }
            for zone in zones
        ],
    }
