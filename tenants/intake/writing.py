"""One request that writes to an upload: it takes the lease, takes bytes, and leaves in order.

    writer = Writer.take(...)        the lease, and the stream brought to where it stopped
    writer.write(data)               any number of times
    writer.checkpoint()              now and then: progress that a crash does not undo
    writer.pause() or .finish()      or .take_back(), or .give_up() after an error

All of it is synchronous and runs in worker threads. No transaction is open while bytes move.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.crypto.keys import TenantKeyRing, open_keys
from core.errors import ChecksumMismatch, Conflict, LeaseLost, TooLarge
from core.ids import new_id
from core.outbox.events import emit
from core.storage.models import StoredObject
from core.storage.store import ObjectStore
from core.storage.stores import object_store
from core.storage.vault import (
    create_object,
    discard_object,
    object_row,
    open_object,
    register_object,
)
from core.tenancy.scope import scope
from tenants.intake.models import Clip, Upload
from tenants.intake.stream import UploadStream, begin, memory, move, resume
from tenants.intake.uploads import LIFETIME, TAIL_KIND, close_upload, lock_upload

#: A writer that has not been heard of for so long has crashed; its heart beats every third of it.
LEASE: Final = timedelta(seconds=15)
SOURCE_KIND: Final = "source"


@dataclass(slots=True)
class Writer:
    """The only writer of an upload, for as long as its lease is kept."""

    actor: Actor
    upload: Upload
    token: UUID
    keys: TenantKeyRing
    store: ObjectStore
    stream: UploadStream
    #: Segments staged when this request began: what follows can be taken back only by a new stream.
    began_at: int

    @classmethod
    def take(
        cls, *, actor: Actor, tenant: UUID, upload_id: UUID, offset: int, length: int | None
    ) -> "Writer":
        """Take the lease of an upload at `offset`, for `length` bytes if that is known.

        Raises NotFound, Gone, UploadLocked, Conflict for another offset, TooLarge, Unavailable.
        """
        upload, token, fresh = _take_lease(tenant, upload_id, offset, length)
        try:
            keys, store = open_keys(tenant), object_store()
            tail = _tail(upload)
            stream = None if fresh else resume(upload, keys=keys, store=store, tail=tail)
            if stream is None:
                stream = _new_stream(upload, token, keys, store, tail, counted=fresh)
        except BaseException:
            _release(upload, token, stale=True)
            raise
        return cls(actor, upload, token, keys, store, stream, stream.segments)

    @property
    def complete(self) -> bool:
        return self.stream.offset == self.upload.size

    def write(self, data: memoryview) -> None:
        """Take bytes. Raises TooLarge, Unavailable."""
        if self.stream.offset + len(data) > self.upload.size:
            raise TooLarge("These are more bytes than the upload was announced with.")
        self.stream.write(data)

    def beat(self) -> None:
        """Keep the lease. Raises LeaseLost. May be called from another thread."""
        _update(self.upload, self.token, writer_until=now() + LEASE)

    def checkpoint(self) -> None:
        """Count what is staged. Raises LeaseLost, Unavailable."""
        if self.stream.segments == self.upload.segments:
            return
        self.stream.staging.flush()
        self._count(tail=None, writer_until=now() + LEASE)

    def pause(self) -> int:
        """Leave everything that was taken in order for the next request; give the offset."""
        self.stream.staging.flush()
        tail, kept = self.stream.tail, self.upload.tail_id
        if self.stream.offset != self.upload.offset or self.stream.segments != self.upload.segments:
            kept = _seal_tail(self.upload, tail)
        self._count(tail=kept, writer=None, expires_at=now() + LIFETIME, stale=False)
        self.stream.staging.close()
        memory.put(
            self.upload.id,
            self.upload.stream_generation,
            self.upload.offset,
            self.stream.hashes,
        )
        return self.upload.offset

    def take_back(self) -> None:
        """Forget what this request wrote; nothing of it was counted."""
        self.stream.staging.close()
        _release(self.upload, self.token, stale=self.stream.segments != self.began_at)

    def give_up(self) -> None:
        """Leave after an error: what was counted stays, and moves to a new stream before more."""
        self.stream.staging.close()
        _release(self.upload, self.token, stale=True)

    def finish(self) -> Clip:
        """Make a clip of the whole upload.

        Raises ChecksumMismatch when the bytes are not those whose SHA-256 the client declared; the
        upload is then refused and its bytes are removed. Raises LeaseLost, Unavailable.
        """
        self.stream.end()
        sha256 = self.stream.hashes.plaintext.digest()
        declared = bytes(self.upload.declared_sha256)
        if declared and declared != sha256:
            self._refuse()
            raise ChecksumMismatch(
                "The file arrived changed: its SHA-256 is not the one that was declared. "
                "Nothing was kept. Upload it again."
            )
        self.stream.staging.commit(self.upload.store_key)
        old_tail = self.upload.tail_id
        clip = self._register(sha256)
        _discard(self.upload.tenant_id, old_tail)
        return clip

    def _count(self, *, tail: UUID | None, **fields: Any) -> None:
        """Write progress to the row, then remove the tail that it replaces."""
        old = self.upload.tail_id
        offset = self.stream.offset - (0 if tail else len(self.stream.tail))
        _update(
            self.upload,
            self.token,
            segments=self.stream.segments,
            offset=offset,
            tail_id=tail,
            **fields,
        )
        if old != tail:
            _discard(self.upload.tenant_id, old)

    def _refuse(self) -> None:
        self.stream.staging.close()
        with scope(self.upload.tenant_id):
            upload = _locked(self.upload, self.token)
            removal = close_upload(upload, Upload.State.REFUSED)
            record(
                action="upload.refused",
                actor=self.actor,
                tenant=upload.tenant_id,
                subject=("upload", upload.id),
                details={"reason": "checksum_mismatch", "size": upload.size},
            )
        removal()

    def _register(self, sha256: bytes) -> Clip:
        with scope(self.upload.tenant_id):
            upload = _locked(self.upload, self.token)
            source = object_row(
                tenant=upload.tenant_id,
                object_id=upload.object_id,
                key=self.stream.key,
                kind=SOURCE_KIND,
                size=upload.size,
                sha256=sha256,
                ciphertext_sha256=self.stream.hashes.ciphertext.digest(),
                store_key=upload.store_key,
            )
            register_object(source)
            clip = _make_clip(upload, source)
            record(
                action="upload.finished",
                actor=self.actor,
                tenant=upload.tenant_id,
                subject=("clip", clip.id),
                details={
                    "upload": str(upload.id),
                    "project": str(upload.project_id),
                    "size": upload.size,
                    "sha256": sha256.hex(),
                    "sha256_declared": bool(upload.declared_sha256),
                },
                personal={"filename": upload.filename},
            )
            emit(
                "upload.finished",
                tenant=upload.tenant_id,
                data={"clip": str(clip.id), "upload": str(upload.id)},
            )
        self.upload = upload
        return clip


def _make_clip(upload: Upload, source: StoredObject) -> Clip:
    clip: Clip = Clip.objects.create(
        tenant_id=upload.tenant_id,
        project_id=upload.project_id,
        camera_id=upload.camera_id,
        batch_id=upload.batch_id,
        filename=upload.filename,
        starts_at=upload.starts_at,
        time_zone=upload.time_zone,
        created_by_id=upload.created_by_id,
        source=source,
    )
    upload.state = Upload.State.FINISHED
    upload.clip = clip
    upload.offset = upload.size
    upload.tail = None
    upload.wrapped_dek = b""
    upload.writer = None
    upload.save()
    return clip


def _take_lease(
    tenant: UUID, upload_id: UUID, offset: int, length: int | None
) -> tuple[Upload, UUID, bool]:
    """Write our token into the row; say whether the stream there must not be written to."""
    token = new_id()
    with scope(tenant):
        upload = lock_upload(upload_id)
        if upload.offset != offset:
            raise Conflict(f"The upload goes on at byte {upload.offset}, not {offset}.")
        if length is not None and offset + length > upload.size:
            raise TooLarge("These are more bytes than the upload was announced with.")
        fresh = upload.stale or upload.writer is not None or not upload.stream_generation
        upload.writer = token
        upload.writer_until = now() + LEASE
        upload.generation += 1 if fresh else 0
        upload.save(update_fields=["writer", "writer_until", "generation"])
    return upload, token, fresh


def _new_stream(
    upload: Upload,
    token: UUID,
    keys: TenantKeyRing,
    store: ObjectStore,
    tail: bytes,
    *,
    counted: bool,
) -> UploadStream:
    """Begin the next stream and move into it what the row counts; the row then names it.

    counted: the number of the new stream is in the row already. Until the row names the stream
    none of its bytes come from the network, so one that is lost here gives nothing away.
    """
    if not counted:
        _update(upload, token, generation=upload.generation + 1)
    old = range(1, upload.generation)
    for number in old:
        if number != upload.stream_generation:
            store.discard(upload.stream_name(number))
    key = keys.new_object_key(upload.object_id)
    stream = begin(upload, key=key, store=store, generation=upload.generation)
    move(upload, stream, keys=keys, store=store, tail=tail)
    stream.staging.flush()
    _update(
        upload,
        token,
        stream_generation=upload.generation,
        stale=False,
        header=stream.header,
        wrapped_dek=key.wrapped.sealed,
        commitment=key.wrapped.commitment,
        key_version=key.version,
    )
    for number in old:
        store.discard(upload.stream_name(number))
        store.delete(upload.stream_name(number))
    return stream


def _tail(upload: Upload) -> bytes:
    if upload.tail_id is None:
        return b""
    with open_object(tenant=upload.tenant_id, object_id=upload.tail_id) as reader:
        return reader.read()


def _seal_tail(upload: Upload, tail: bytes) -> UUID | None:
    """Store what is less than a segment under a key of its own."""
    if not tail:
        return None
    with create_object(tenant=upload.tenant_id, kind=TAIL_KIND) as writer:
        writer.write(tail)
    return writer.stored.id


def _update(upload: Upload, token: UUID, **fields: Any) -> None:
    """Change the row of an upload whose lease is held, and our copy. Raises LeaseLost."""
    with scope(upload.tenant_id):
        held = Upload.objects.filter(id=upload.id, writer=token, state=Upload.State.OPEN)
        if not held.update(**fields):
            raise LeaseLost("Another request has taken this upload over.")
    for name, value in fields.items():
        setattr(upload, name, value)


def _locked(upload: Upload, token: UUID) -> Upload:
    """Lock the row in the caller's scope. Raises LeaseLost."""
    row: Upload | None = (
        Upload.objects.select_for_update()
        .filter(id=upload.id, writer=token, state=Upload.State.OPEN)
        .first()
    )
    if row is None:
        raise LeaseLost("Another request has taken this upload over.")
    return row


def _release(upload: Upload, token: UUID, *, stale: bool) -> None:
    """Give the lease back, if it is still ours."""
    with scope(upload.tenant_id):
        held = Upload.objects.filter(id=upload.id, writer=token)
        held.update(writer=None, **({"stale": True} if stale else {}))


def _discard(tenant: UUID, object_id: UUID | None) -> None:
    if object_id is not None:
        discard_object(tenant=tenant, object_id=object_id)
