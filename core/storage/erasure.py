"""Erasure by destroying keys: of an object, and of everything derived from it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import NotFound
from core.outbox.events import emit
from core.outbox.jobs import enqueue
from core.storage.models import Derivation, StoredObject
from core.tenancy.scope import scope


@dataclass(frozen=True, slots=True)
class ErasedObject:
    """What a certificate names: the hash that finds copies of the ciphertext, in backups too."""

    id: UUID
    kind: str
    size: int
    ciphertext_sha256: str
    erased_at: datetime


def erase(*, tenant: UUID, object_id: UUID, actor: Actor, reason: str) -> list[ErasedObject]:
    """Destroy the wrapped keys of an object and of all that was made from it, however often.

    reason: a code such as `client_request` or `retention`, not free text. Objects that were erased
    before are listed with their own instant. The ciphertext is removed by jobs; without its key it
    is noise already. Raises NotFound.
    """
    with scope(tenant):
        rows = family(object_id)
        instant = now()
        fresh = [row for row in rows if row.erased_at is None]
        for row in fresh:
            row.wrapped_dek = b""
            row.erased_at = instant
            row.save(update_fields=["wrapped_dek", "erased_at"])
            enqueue("storage.remove_ciphertext", tenant=tenant, args={"object_id": str(row.id)})
        erased = [_erased(row) for row in rows]
        if fresh:
            _tell(tenant, object_id, actor, reason, [_erased(row) for row in fresh])
    return erased


def family(root: UUID) -> list[StoredObject]:
    """The object and its descendants, locked: a child can't be registered meanwhile.

    In the open scope. Raises NotFound.
    """
    found: dict[UUID, StoredObject] = {}
    frontier = {root}
    while frontier:
        rows = StoredObject.objects.select_for_update().filter(id__in=frontier).order_by("id")
        found.update({row.id: row for row in rows})
        children = Derivation.objects.filter(parent_id__in=frontier)
        frontier = set(children.values_list("child_id", flat=True)) - found.keys()
    if root not in found:
        raise NotFound
    return list(found.values())


def ancestors(object_id: UUID) -> set[UUID]:
    """Give the ids of all that an object was made from, however far back, in the open scope."""
    found: set[UUID] = set()
    frontier = {object_id}
    while frontier:
        parents = Derivation.objects.filter(child_id__in=frontier)
        frontier = set(parents.values_list("parent_id", flat=True)) - found
        found |= frontier
    return found


def _erased(row: StoredObject) -> ErasedObject:
    assert row.erased_at is not None
    digest = bytes(row.ciphertext_sha256).hex()
    return ErasedObject(row.id, row.kind, row.size, digest, row.erased_at)


def _tell(
    tenant: UUID, object_id: UUID, actor: Actor, reason: str, erased: list[ErasedObject]
) -> None:
    ids = [str(gone.id) for gone in erased]
    record(
        action="object.erased",
        actor=actor,
        tenant=tenant,
        subject=("object", object_id),
        details={
            "reason": reason,
            "objects": [
                {"id": str(gone.id), "kind": gone.kind, "ciphertext_sha256": gone.ciphertext_sha256}
                for gone in erased
            ],
        },
    )
    emit("object.erased", tenant=tenant, data={"object_ids": ids})
