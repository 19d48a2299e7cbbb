"""The workbench's page carries what is drawn over the picture."""

import json
import re

from core.tenancy.scope import scope
from tenants.projects.models import Camera, Site, Zone
from tests.api.labels.floor import cut, lease, make_clip

CORNERS = [[0, 0], [100, 0], [100, 100]]


def test_the_page_carries_the_zones_of_the_clip_s_camera_alone(cast, client):
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        site = Site.objects.create(tenant=cast.harbour, name="Quay", time_zone="Europe/Rome")
        for name in ("East", "West"):
            camera = Camera.objects.create(tenant=cast.harbour, site=site, name=name)
            Zone.objects.create(
                tenant=cast.harbour,
                camera=camera,
                kind="entrance",
                name=f"{name} door",
                polygon=CORNERS,
            )
        clip.camera = Camera.objects.get(name="East")
        clip.save()
    task = cut(cast, clip)[0]
    lease(cast.anna, task.id)
    client.force_login(cast.anna, backend="allauth.account.auth_backends.AuthenticationBackend")

    page = client.get(f"/t/harbour/tasks/{task.id}").content.decode()

    document = re.search(r'<script id="task" type="application/json">(.*?)</script>', page)
    assert document
    (zone,) = json.loads(document[1])["zones"]
    assert (zone["name"], zone["kind"], zone["polygon"]) == ("East door", "entrance", CORNERS)
