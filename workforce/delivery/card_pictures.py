"""A picture of each clip of a release for its card: of the masked copy, never of the source.

It is made when first asked for and kept as an object that is derived from the copy, so that it goes
when the copy goes.
"""

from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.receipts import read_receipt
from core.errors import NotFound
from core.media.frames import read_still
from core.storage.models import StoredObject
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope
from workforce.delivery.models import Release
from workforce.delivery.services import get_release
from workforce.redaction.models import RedactionRun

KIND = "card-picture"
#: Pixels of the longer side, as of thumbnails.
LONGEST_SIDE = 320


def pictured_clips(release: Release) -> list[dict[str, Any]]:
    """Give the manifest's entries of clips whose masked copy can be shown."""
    entries = (release.manifest or {}).get("clips", [])
    return [entry for entry in entries if entry.get("footage", {}).get("sha256")]


def picture_of(*, actor: Actor, tenant: UUID, release_id: UUID, clip_id: UUID) -> bytes:
    """Give the middle frame of a clip as it was delivered, as a JPEG; first comes the receipt.

    Raises NotFound for a clip that is not in the release, Gone where it was erased, Unavailable.
    """
    with scope(tenant):
        release = get_release(release_id)
        copy, frame = _delivered(release, clip_id)
    read_receipt(
        actor=actor,
        tenant=tenant,
        action="release.picture.read",
        subject=("release", release_id),
        purpose="inspect",
        details={"clip": clip_id, "frames": [frame]},
    )
    with scope(tenant):
        kept = StoredObject.objects.filter(
            kind=KIND, made_from__parent=copy, erased_at=None
        ).first()
    if kept is not None:
        with open_object(tenant=tenant, object_id=kept.id) as stored:
            return stored.read()
    with open_object(tenant=tenant, object_id=copy) as footage:
        picture = read_still(footage, number=frame, longest_side=LONGEST_SIDE)
    with create_object(tenant=tenant, kind=KIND, derived_from=[copy]) as writer:
        writer.write(picture)
    return picture


def _delivered(release: Release, clip_id: UUID) -> tuple[UUID, int]:
    """Find the copy that this release delivered, by its hash, and the frame in its middle."""
    for entry in pictured_clips(release):
        if entry["clip"] == str(clip_id):
            sha256 = bytes.fromhex(entry["footage"]["sha256"])
            runs = RedactionRun.objects.filter(clip_id=clip_id, output__sha256=sha256)
            run = runs.order_by("-created_at", "id").first()
            if run is not None and run.output_id is not None:
                return run.output_id, (entry["frames"] - 1) // 2
    raise NotFound
