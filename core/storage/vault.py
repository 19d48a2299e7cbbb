"""The way in and out of the object store: plaintext here, ciphertext there.

    with create_object(tenant=tenant, kind="mezzanine", derived_from=[source]) as writer:
        writer.write(...)
    writer.stored.id

    with open_object(tenant=tenant, object_id=...) as reader:
        reader.pread(offset, length)

Who may do so is the caller's question; both open short transactions of their own and hold none
while bytes move.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.crypto.cipher import DecryptingReader, EncryptingWriter, HashingSink
from core.crypto.keys import ObjectKey, TenantKeyRing, open_keys
from core.crypto.wrapping import WrappedKey
from core.errors import Conflict, Gone, NotFound
from core.ids import new_id
from core.storage.models import Derivation, StoredObject
from core.storage.store import ObjectStore
from core.storage.stores import object_store
from core.tenancy.scope import scope


class ObjectWriter:
    """Takes plaintext. `stored` is there once the `with` block has ended."""

    def __init__(self, writer: EncryptingWriter) -> None:
        self._writer = writer
        self._sha256 = hashlib.sha256()
        self._stored: StoredObject | None = None

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Take all of `data`."""
        self._sha256.update(data)
        return self._writer.write(data)

    def tell(self) -> int:
        return self._writer.size

    @property
    def size(self) -> int:
        return self._writer.size

    def digest(self) -> bytes:
        """SHA-256 of the plaintext so far."""
        return self._sha256.digest()

    @property
    def stored(self) -> StoredObject:
        if self._stored is None:
            raise Conflict("The object is not stored before its `with` block has ended.")
        return self._stored

    @stored.setter
    def stored(self, row: StoredObject) -> None:
        self._stored = row


@contextmanager
def create_object(
    *, tenant: UUID, kind: str, derived_from: Sequence[UUID] = ()
) -> Iterator[ObjectWriter]:
    """Store a new object of an organization.

    When the block raises, nothing is kept. Raises NotFound or Gone when an object that it is
    derived from is missing or erased, then too without a trace; Unavailable.
    """
    object_id = new_id()
    key = open_keys(tenant).new_object_key(object_id)
    store, store_key = object_store(), new_store_key()
    staging = store.stage(store_key)
    try:
        sink = HashingSink(staging)
        with EncryptingWriter(key.dek, sink, stream_context(tenant, object_id)) as cipher:
            writer = ObjectWriter(cipher)
            yield writer
        staging.commit(store_key)
    except BaseException:
        staging.discard()
        raise
    row = object_row(
        tenant=tenant,
        object_id=object_id,
        kind=kind,
        size=writer.size,
        sha256=writer.digest(),
        ciphertext_sha256=sink.digest(),
        store_key=store_key,
        key=key,
    )
    with removed_on_failure(store, store_key), scope(tenant):
        register_object(row, derived_from=derived_from)
    writer.stored = row


def open_object(*, tenant: UUID, object_id: UUID) -> DecryptingReader:
    """Open an object for reading at any offset.

    Raises NotFound, Gone when it was erased, IntegrityFailed when what lies in the store is not
    what was put there, Unavailable.
    """
    with scope(tenant):
        row = StoredObject.objects.filter(id=object_id).first()
    if row is None:
        raise NotFound
    if row.erased_at is not None:
        raise Gone("This object was erased; its key is destroyed.")
    return open_row(row, open_keys(tenant), object_store())


def open_row(row: StoredObject, keys: TenantKeyRing, store: ObjectStore) -> DecryptingReader:
    """Open an object whose row was read before."""
    dek = keys.open_object_key(row.id, wrapped_key(row), row.key_version)
    source = store.open(row.store_key)
    try:
        context = stream_context(row.tenant_id, row.id)
        return DecryptingReader(dek, source, context, on_close=source.close)
    except BaseException:
        source.close()
        raise


def discard_object(*, tenant: UUID, object_id: UUID) -> None:
    """Remove an object that nothing refers to: row, key and bytes, without a trace.

    For what is stored for a moment only; footage and what is made from it is erased instead.
    """
    with scope(tenant):
        row = StoredObject.objects.filter(id=object_id).first()
        if row is None:
            return
        Derivation.objects.filter(child=row).delete()
        row.delete()
    object_store().delete(row.store_key)


def rewrap_objects(*, tenant: UUID, batch: int = 500) -> int:
    """Move objects' keys under the organization's active key; give how many were moved."""
    keys, moved = open_keys(tenant), 0
    while True:
        with scope(tenant):
            now_moved = rewrap_batch(keys, batch)
        moved += now_moved
        if now_moved < batch:
            return moved


def behind(keys: TenantKeyRing) -> QuerySet[StoredObject]:
    """Objects of the open scope whose data key lies under an earlier version."""
    rows: QuerySet[StoredObject] = StoredObject.objects.exclude(key_version=keys.active)
    return rows.filter(erased_at__isnull=True)


def rewrap_batch(keys: TenantKeyRing, batch: int) -> int:
    """Move up to `batch` objects' keys, in the open scope. Reads and uploads go on meanwhile.

    Rows that an erasure holds are passed over: they have no key to move, or will have none.
    """
    rows = list(behind(keys).select_for_update(skip_locked=True)[:batch])
    for row in rows:
        fresh = keys.rewrap_object_key(row.id, wrapped_key(row), row.key_version)
        StoredObject.objects.filter(id=row.id).update(**_key_fields(fresh))
    return len(rows)


def new_store_key() -> str:
    """Give a random key for the store, which tells nothing of tenant or object."""
    return new_id().hex


def stream_context(tenant: UUID, object_id: UUID) -> bytes:
    """The AAD of an object's stream. Not the key version: rotation leaves ciphertext alone."""
    return f"custos/1/stream/{tenant.hex}/{object_id.hex}".encode("ascii")


def wrapped_key(row: StoredObject) -> WrappedKey:
    """The record of an object's DEK."""
    return WrappedKey(bytes(row.wrapped_dek), bytes(row.commitment))


def object_row(*, tenant: UUID, object_id: UUID, key: ObjectKey, **fields: Any) -> StoredObject:
    """Make the row of an object, unsaved."""
    return StoredObject(tenant_id=tenant, id=object_id, **_key_fields(key), **fields)


def register_object(row: StoredObject, *, derived_from: Sequence[UUID] = ()) -> None:
    """Write an object's row and what it is made from, in the caller's transaction and scope.

    Raises NotFound or Gone for a parent: an erasure that overtakes a transcode wins.
    """
    wanted = set(derived_from)
    parents = list(StoredObject.objects.select_for_update().filter(id__in=wanted))
    if len(parents) != len(wanted):
        raise NotFound
    if any(parent.erased_at for parent in parents):
        raise Gone("What this object was made from has been erased.")
    row.save(force_insert=True)
    Derivation.objects.bulk_create(
        [Derivation(tenant_id=row.tenant_id, parent=parent, child=row) for parent in parents]
    )


@contextmanager
def removed_on_failure(store: ObjectStore, store_key: str) -> Iterator[None]:
    """Remove a committed object when its row can't be written."""
    try:
        yield
    except BaseException:
        store.delete(store_key)
        raise


def _key_fields(key: ObjectKey) -> dict[str, Any]:
    return {
        "wrapped_dek": key.wrapped.sealed,
        "commitment": key.wrapped.commitment,
        "key_version": key.version,
    }
