"""Jobs of the store."""

from typing import Final
from uuid import UUID

from core.outbox.jobs import JobContext, job
from core.storage import rotation
from core.storage.models import StoredObject
from core.storage.stores import object_store
from core.tenancy.scope import scope

#: Imported here so that its job is registered with the others.
REWRAP: Final = rotation.rewrap


@job("storage.remove_ciphertext", max_attempts=20)
def remove_ciphertext(ctx: JobContext, *, object_id: str) -> None:
    """Remove the bytes of an erased object from the store."""
    assert ctx.tenant is not None
    with scope(ctx.tenant):
        row = StoredObject.objects.get(id=UUID(object_id), erased_at__isnull=False)
    object_store().delete(row.store_key)
