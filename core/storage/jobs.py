"""Jobs of the store, and the upkeep that removes what crashes left in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from core.clock import now
from core.outbox.jobs import JobContext, job
from core.outbox.periodic import every
from core.storage import rotation
from core.storage.models import StoredObject
from core.storage.stores import object_store
from core.tenancy.models import Organization
from core.tenancy.scope import scope

#: Imported here so that its job is registered with the others.
REWRAP: Final = rotation.rewrap


#: What is staged is written to at least once a week, or belongs to a row that says otherwise.
LEFT_FOR: Final = timedelta(days=9)

#: Tells the names of stagings that rows of the open scope still need.
Keeper = Callable[[], set[str]]
_keepers: list[Keeper] = []


def keeps_stagings(keeper: Keeper) -> Keeper:
    """Register a room above that stages objects over more than one request."""
    _keepers.append(keeper)
    return keeper


@every(6 * 3600)
def remove_leftovers() -> int:
    """Remove stagings that crashed writers left, and half-made joins; give how many.

    Their data keys were in the memory of a process that is gone: nothing could ever open them.
    """
    store, before = object_store(), now() - LEFT_FOR
    left = set(store.leftovers(before=before))
    if left:
        for tenant in Organization.objects.values_list("id", flat=True):
            with scope(tenant):
                left -= {name for keeper in _keepers for name in keeper()}
    for name in left:
        store.discard(name)
    return len(left) + store.abort_joins(before=before)


@job("storage.remove_ciphertext", max_attempts=20)
def remove_ciphertext(ctx: JobContext, *, object_id: str) -> None:
    """Remove the bytes of an erased object from the store."""
    assert ctx.tenant is not None
    with scope(ctx.tenant):
        row = StoredObject.objects.get(id=UUID(object_id), erased_at__isnull=False)
    object_store().delete(row.store_key)
