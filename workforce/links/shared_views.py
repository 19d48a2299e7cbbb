"""Cameras that see one place, as somebody says who knows the site."""

from __future__ import annotations

from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Invalid, NotFound
from core.tenancy.scope import scope
from tenants.projects.models import Camera
from workforce.links.identities import SharedViews
from workforce.links.models import SharedView


def shared_views() -> SharedViews:
    """Pairs of cameras of the open scope whose views overlap."""
    rows = SharedView.objects.values_list("first_id", "second_id")
    return frozenset(frozenset(pair) for pair in rows)


def share_views(*, actor: Actor, tenant: UUID, first: UUID, second: UUID, shared: bool) -> None:
    """Say whether two cameras of one site see one place. A second time changes nothing.

    Raises NotFound, Invalid for one camera twice or cameras of two sites.
    """
    if first == second:
        raise Invalid("Name two cameras: one sees what it sees itself.", field="second")
    with scope(tenant):
        cameras = {camera.id: camera for camera in Camera.objects.filter(id__in=[first, second])}
        if len(cameras) < 2:
            raise NotFound
        if cameras[first].site_id != cameras[second].site_id:
            raise Invalid("Cameras of two sites see no place in common.", field="second")
        low, high = sorted((first, second))
        known = SharedView.objects.filter(first_id=low, second_id=high)
        if shared == known.exists():
            return
        if shared:
            SharedView.objects.create(tenant_id=tenant, first_id=low, second_id=high)
        else:
            known.delete()
        record(
            action="cameras.views_shared" if shared else "cameras.views_parted",
            actor=actor,
            tenant=tenant,
            subject=("camera", first),
            details={"with": str(second)},
        )
