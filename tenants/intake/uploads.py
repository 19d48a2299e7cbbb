"""Uploads as rows: creating, looking, ending. The bytes are the business of `writing`."""

import hashlib
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.crypto.keys import TenantKeyRing
from core.crypto.wrapping import WrappedKey
from core.errors import Conflict, Gone, Invalid, NotFound, TooLarge
from core.outbox.jobs import enqueue
from core.storage.models import StoredObject
from core.storage.rotation import rewraps
from core.storage.stores import object_store
from core.storage.vault import discard_object
from core.tenancy.scope import scope
from tenants.intake.errors import UploadLocked
from tenants.intake.models import Batch, Upload
from tenants.projects.models import Camera, Project
from tenants.projects.services import project_called

#: An upload on which nothing happens for so long is forgotten.
LIFETIME: Final = timedelta(days=7)
TAIL_KIND: Final = "upload_tail"
SHA256_LENGTH: Final = hashlib.sha256().digest_size
FILENAME_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class NewUpload:
    """What a client says before it sends bytes.

    project: id or slug. starts_at: when the first frame was taken; without an offset it is read in
    the camera's time zone, or `time_zone`. sha256: of the whole file, 32 bytes, or empty.
    """

    size: int
    filename: str
    project: str
    sha256: bytes = b""
    camera: UUID | None = None
    batch: str = ""
    starts_at: datetime | None = None
    time_zone: str = ""
    metadata: str = ""


def create_upload(*, actor: Actor, tenant: UUID, new: NewUpload) -> Upload:
    """Begin an upload. Raises Invalid, TooLarge, or NotFound for a project or camera."""
    _check(new)
    with scope(tenant):
        project = _project(new.project)
        camera = _camera(new.camera)
        zone = camera.site.time_zone if camera and not new.time_zone else new.time_zone or "UTC"
        upload = Upload.objects.create(
            tenant_id=tenant,
            project=project,
            camera=camera,
            batch=_batch(project, new.batch),
            filename=new.filename,
            size=new.size,
            declared_sha256=new.sha256,
            metadata=new.metadata,
            starts_at=_instant(new.starts_at, zone),
            time_zone=zone,
            expires_at=now() + LIFETIME,
            created_by_id=actor.id,
        )
        record(
            action="upload.created",
            actor=actor,
            tenant=tenant,
            subject=("upload", upload.id),
            details={"project": str(project.id), "size": new.size},
            personal={"filename": new.filename},
        )
        plan_expiry(upload)
    return upload


def get_upload(*, tenant: UUID, upload_id: UUID) -> Upload:
    """Look at an upload that is open or finished. Raises NotFound, Gone."""
    with scope(tenant):
        return _current(Upload.objects.filter(id=upload_id).first())


def lock_upload(upload_id: UUID) -> Upload:
    """Lock the row of an open upload in the caller's scope.

    Raises NotFound, Gone, Conflict when it is finished, UploadLocked while somebody writes.
    """
    upload = _current(Upload.objects.select_for_update().filter(id=upload_id).first())
    if upload.state == Upload.State.FINISHED:
        raise Conflict("This upload is finished.")
    if upload.writer_until is not None and upload.writer and upload.writer_until > now():
        raise UploadLocked("Another request is writing to this upload. Try again in a moment.")
    return upload


def terminate_upload(*, actor: Actor, tenant: UUID, upload_id: UUID) -> None:
    """End an upload for good and remove what was taken. Raises as `lock_upload`."""
    with scope(tenant):
        upload = lock_upload(upload_id)
        removal = close_upload(upload, Upload.State.TERMINATED)
        record(
            action="upload.terminated",
            actor=actor,
            tenant=tenant,
            subject=("upload", upload.id),
            details={"offset": upload.offset},
        )
    removal()


def close_upload(upload: Upload, state: Upload.State) -> Callable[[], None]:
    """Destroy the keys of a locked upload; give what removes its bytes, to call after the commit.

    Raises nothing of its own: without keys the bytes are noise.
    """
    tenant, tail = upload.tenant_id, upload.tail_id
    names = [upload.stream_name(number) for number in range(1, upload.generation + 1)]
    upload.state = state
    upload.tail = None
    upload.wrapped_dek = b""
    upload.writer = None
    upload.save()
    if tail is not None:
        StoredObject.objects.filter(id=tail).update(wrapped_dek=b"", erased_at=now())

    def remove() -> None:
        store = object_store()
        for name in names:
            store.discard(name)
            store.delete(name)
        if tail is not None:
            discard_object(tenant=tenant, object_id=tail)

    return remove


def plan_expiry(upload: Upload) -> None:
    """Look at the upload again when it would have expired."""
    enqueue(
        "intake.expire_upload",
        tenant=upload.tenant_id,
        args={"upload_id": str(upload.id)},
        priority=9,
        delay=max(upload.expires_at - now(), timedelta(minutes=1)),
    )


@rewraps
def rewrap_uploads(keys: TenantKeyRing, batch: int) -> int:
    """Move the data keys of uploads under way, in the open scope.

    The rows are locked: a request that begins a new stream writes another data key meanwhile.
    """
    rows = Upload.objects.filter(state=Upload.State.OPEN, stream_generation__gt=0)
    late = rows.exclude(key_version=keys.active).select_for_update(skip_locked=True)
    moved = list(late[:batch])
    for upload in moved:
        wrapped = WrappedKey(bytes(upload.wrapped_dek), bytes(upload.commitment))
        fresh = keys.rewrap_object_key(upload.object_id, wrapped, upload.key_version)
        upload.wrapped_dek = fresh.wrapped.sealed
        upload.commitment = fresh.wrapped.commitment
        upload.key_version = fresh.version
        upload.save(update_fields=["wrapped_dek", "commitment", "key_version"])
    return len(moved)


def _current(upload: Upload | None) -> Upload:
    if upload is None:
        raise NotFound
    lapsed = upload.state == Upload.State.OPEN and upload.expires_at <= now()
    if lapsed or upload.state in Upload.OVER:
        raise Gone("This upload has ended: it expired, or was ended. Begin a new one.")
    return upload


def _check(new: NewUpload) -> None:
    if new.size > settings.UPLOAD_MAX_BYTES:
        raise TooLarge(
            f"The file has {new.size} bytes; at most {settings.UPLOAD_MAX_BYTES} are taken."
        )
    if new.size < 1:
        raise Invalid("The file is empty.", field="size")
    if not new.filename.strip() or len(new.filename) > FILENAME_LENGTH:
        raise Invalid("Name the file, in at most 255 characters.", field="filename")
    if len(new.sha256) not in {0, SHA256_LENGTH}:
        raise Invalid("A SHA-256 has 64 hexadecimal digits.", field="sha256")
    if new.time_zone and new.time_zone not in zoneinfo.available_timezones():
        raise Invalid(
            f"{new.time_zone} is no time zone; use a name such as Europe/Madrid.",
            field="time_zone",
        )


def _project(name: str) -> Project:
    found = project_called(name)
    if found is None:
        raise NotFound("There is no such project here. Name it by its slug or id.")
    return found


def _camera(camera_id: UUID | None) -> Camera | None:
    if camera_id is None:
        return None
    found: Camera | None = Camera.objects.select_related("site").filter(id=camera_id).first()
    if found is None:
        raise NotFound("There is no such camera here.")
    return found


def _batch(project: Project, name: str) -> Batch | None:
    """The batch of that name, made at its first upload."""
    name = name.strip()
    if not name:
        return None
    if len(name) > 120:
        raise Invalid("Name the batch in at most 120 characters.", field="batch")
    batch, _ = Batch.objects.get_or_create(tenant_id=project.tenant_id, project=project, name=name)
    return batch


def _instant(starts_at: datetime | None, zone: str) -> datetime | None:
    """An instant without an offset is what the clock beside the camera showed."""
    if starts_at is None or starts_at.tzinfo is not None:
        return starts_at
    return starts_at.replace(tzinfo=zoneinfo.ZoneInfo(zone))
