"""Erasing a clip: everything made from its footage, and the name of its file."""

from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import NotFound
from core.outbox.events import emit
from core.storage.erasure import ErasedObject, erase
from core.tenancy.scope import scope
from tenants.intake.models import Clip, Upload


def erase_clip(*, actor: Actor, tenant: UUID, clip_id: UUID, reason: str) -> list[ErasedObject]:
    """Destroy the keys of a clip's footage and of all that was made from it, for good.

    reason: a code such as `client_request` or `retention`. Give the result to
    `core.storage.certificate.certify`. A clip that was erased before gives the same list again.
    Raises NotFound.
    """
    with scope(tenant):
        clip = Clip.objects.select_for_update().filter(id=clip_id).first()
        if clip is None:
            raise NotFound
        erased = erase(tenant=tenant, object_id=clip.source_id, actor=actor, reason=reason)
        if clip.state != Clip.State.ERASED:
            clip.state = Clip.State.ERASED
            clip.filename = ""
            clip.save(update_fields=["state", "filename"])
            Upload.objects.filter(clip=clip).update(filename="", metadata="")
            record(
                action="clip.erased",
                actor=actor,
                tenant=tenant,
                subject=("clip", clip.id),
                details={"reason": reason, "objects": len(erased)},
            )
            emit("clip.erased", tenant=tenant, data={"clip": str(clip.id)})
    return erased
