"""Erasing a clip: everything made from its footage, and the name of its file."""

import hashlib
from collections import Counter
from typing import Final
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.audit.personal import erase_values
from core.errors import Invalid, NotFound
from core.outbox.events import emit
from core.storage.certificate import certify
from core.storage.erasure import ErasedObject, erase, family
from core.tenancy.scope import scope
from tenants.intake.models import Clip, ErasureCertificate, Upload
from tenants.intake.shared_packages import SharedPackage, shared_packages

#: Why footage is erased: what the log and the certificate say, and what a person reads.
REASONS: Final = {
    "client_request": "We ask for it",
    "data_subject": "A person in the footage asks for it",
    "retention": "Its time is over",
    "mistake": "It should not have been uploaded",
}

#: What an erasure leaves, as every certificate says: the work on a clip and the proof of who saw it
#: outlast its pictures, and neither shows any.
KEPT: Final = (
    "labels of the clip's tasks: classes, places and times in numbers, without pictures",
    "entries of the access log: who was shown which frames and when, without the file's name",
    "measurements and manifests: sizes, counts for billing, SHA-256 of the footage and of releases",
)


def erase_clip(*, actor: Actor, tenant: UUID, clip_id: UUID, reason: str) -> ErasureCertificate:
    """Destroy the keys of a clip's footage and of all that was made from it, for good.

    reason: one of REASONS. Releases with the clip's pictures go too, and with them the packaged
    copies of their other clips. A clip that was erased before gives its certificate again. Raises
    NotFound, or Invalid for another reason.
    """
    if reason not in REASONS:
        raise Invalid(f"A reason is one of: {', '.join(REASONS)}.", field="reason")
    with scope(tenant):
        clip = Clip.objects.select_for_update().filter(id=clip_id).first()
        if clip is None:
            raise NotFound
        found: ErasureCertificate | None = ErasureCertificate.objects.filter(clip=clip).first()
        if found is not None:
            return found
        shared = shared_packages(clip)
        erased = erase(tenant=tenant, object_id=clip.source_id, actor=actor, reason=reason)
        _forget_names(clip)
        certificate = _certificate(clip, erased, reason, shared)
        record(
            action="clip.erased",
            actor=actor,
            tenant=tenant,
            subject=("clip", clip.id),
            details={
                "reason": reason,
                "objects": len(erased),
                "packages_with_other_clips": _in_ids(shared),
                "certificate_sha256": hashlib.sha256(certificate.document).hexdigest(),
            },
        )
        emit("clip.erased", tenant=tenant, data={"clip": str(clip.id)})
    return certificate


def get_certificate(clip_id: UUID) -> ErasureCertificate:
    """Find the certificate of a clip of the open scope. Raises NotFound."""
    found: ErasureCertificate | None = ErasureCertificate.objects.filter(clip_id=clip_id).first()
    if found is None:
        raise NotFound("This clip was not erased: there is no certificate.")
    return found


def would_erase(clip: Clip) -> dict[str, int]:
    """Count by kind what goes with a clip, in the open scope."""
    return dict(Counter(row.kind for row in family(clip.source_id)))


def _forget_names(clip: Clip) -> None:
    """The name of a file may name people: it leaves the rows and the log."""
    clip.state = Clip.State.ERASED
    clip.filename = ""
    clip.save(update_fields=["state", "filename"])
    uploads = Upload.objects.filter(clip=clip)
    uploads.update(filename="", metadata="")
    subjects = [clip.id, *uploads.values_list("id", flat=True)]
    erase_values(tenant=clip.tenant_id, name="filename", subjects=subjects)


def _in_ids(shared: list[SharedPackage]) -> dict[str, list[str]]:
    return {str(each.object_id): [str(other.id) for other in each.others] for each in shared}


def _certificate(
    clip: Clip, erased: list[ErasedObject], reason: str, shared: list[SharedPackage]
) -> ErasureCertificate:
    others = {
        f"package {package} also held clips": ", ".join(clips)
        for package, clips in _in_ids(shared).items()
    }
    certificate: ErasureCertificate = ErasureCertificate.objects.create(
        tenant_id=clip.tenant_id,
        clip=clip,
        document=certify(
            tenant=clip.tenant_id,
            erased=erased,
            subject={"clip": str(clip.id), "reason": reason, **others},
            kept=KEPT,
        ),
    )
    return certificate
