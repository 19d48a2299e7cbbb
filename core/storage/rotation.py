"""Replacing keys while everything runs: an organization's own, and the root key above it.

A new version of an organization's key is there at once, for new objects; a job then moves the data
keys of what is there, batch by batch, and goes on where it was killed. No footage is touched, and
versions that were replaced go on opening what a slow writer still wraps under them: `follow_up`
moves that later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError

from core.access.actors import Actor
from core.accounts import second_factors
from core.audit.log import record
from core.clock import now
from core.crypto.keys import (
    TenantKeyRing,
    moved_to_active_root,
    next_tenant_key,
    open_keys,
    replace_seals,
)
from core.crypto.kms import root_keys
from core.crypto.models import TenantKey
from core.errors import Conflict
from core.outbox.jobs import JobContext, enqueue, job
from core.outbox.periodic import every
from core.storage.models import KeyRotation
from core.storage.vault import behind, rewrap_batch
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import scope

SYSTEM: Final = Actor.system("keys")
BATCH: Final = 500

#: Moves up to so many data keys of rows of its own, in the open scope; gives how many it moved.
Rewrapper = Callable[[TenantKeyRing, int], int]
_rewrappers: list[Rewrapper] = [rewrap_batch]


def rewraps(rewrapper: Rewrapper) -> Rewrapper:
    """Register the mover of a room above that keeps data keys in rows of its own."""
    _rewrappers.append(rewrapper)
    return rewrapper


def rotate_key(*, actor: Actor, tenant: UUID) -> KeyRotation:
    """Give an organization a new key, and begin to move everything under it.

    Raises Conflict while an earlier rotation is under way.
    """
    fresh = next_tenant_key(tenant)
    try:
        with scope(tenant):
            fresh.save(force_insert=True)
            total = behind(TenantKeyRing(tenant, {fresh.version: b""})).count()
            rotation = KeyRotation.objects.create(
                tenant_id=tenant, version=fresh.version, total=total
            )
            record(
                action="key.rotation.begun",
                actor=actor,
                tenant=tenant,
                subject=("organization", tenant),
                details={"version": fresh.version, "data_keys": total},
            )
            enqueue("storage.rewrap", tenant=tenant, args={"rotation": str(rotation.id)})
    except IntegrityError as error:
        raise Conflict("This organization's key is being rotated; wait until that ends.") from error
    return rotation


def move_to_active_root(*, actor: Actor, tenant: UUID) -> int:
    """Seal an organization's keys under the active root key; give how many versions moved.

    Raises Misconfigured when the former root key is not at hand.
    """
    root = root_keys()
    fresh = moved_to_active_root(tenant, root=root)
    if not fresh:
        return 0
    with scope(tenant):
        moved = replace_seals(fresh)
        if moved:
            record(
                action="key.root.changed",
                actor=actor,
                tenant=tenant,
                subject=("organization", tenant),
                details={"root_key": root.active, "versions": moved},
            )
    return moved


def move_secrets_to_active_root(*, actor: Actor) -> int:
    """Seal the secrets of second steps under the active root key; give how many moved.

    People belong to no organization, so the entry is in the provider's log. Once this and
    `move_to_active_root` for all organizations are done the former root key opens nothing and can
    be thrown away. Raises Misconfigured when the former root key is not at hand.
    """
    house = provider().id
    with scope(house):
        moved = second_factors.move_to_active_root()
        if moved:
            record(
                action="key.root.changed",
                actor=actor,
                tenant=house,
                subject=("organization", house),
                details={"root_key": root_keys().active, "second_factors": moved},
            )
    return moved


def move_all_to_active_root(*, actor: Actor) -> int:
    """Move what lies under former root keys; give how many keys and secrets moved."""
    tenants = Organization.objects.values_list("id", flat=True)
    moved = sum(move_to_active_root(actor=actor, tenant=each) for each in tenants)
    return moved + move_secrets_to_active_root(actor=actor)


@job("storage.rewrap", max_attempts=20, timeout=8 * 3600)
def rewrap(ctx: JobContext, *, rotation: str) -> None:
    """Move an organization's data keys; one that was killed is gone on with."""
    assert ctx.tenant is not None
    move_on(tenant=ctx.tenant, rotation=UUID(rotation), told=lambda _row: ctx.heartbeat())


def open_rotation(tenant: UUID) -> KeyRotation | None:
    """Find the rotation of an organization that has not ended."""
    with scope(tenant):
        found: KeyRotation | None = KeyRotation.objects.filter(
            state=KeyRotation.State.RUNNING
        ).first()
    return found


def move_on(
    *, tenant: UUID, rotation: UUID, told: Callable[[KeyRotation], None], batch: int = 0
) -> None:
    """Move what is left under earlier keys, and end the rotation.

    told: called after each transaction, of at most `batch` data keys of a room (0: the usual).

    A worker and a command may do this at the same time: each row is moved once, and one of them
    ends the rotation.
    """
    keys = open_keys(tenant)
    while (row := _move_some(tenant, rotation, keys, batch or BATCH)) is not None:
        told(row)
    with scope(tenant):
        row = KeyRotation.objects.select_for_update().get(id=rotation)
        if row.state == KeyRotation.State.DONE:
            return
        row.state, row.finished_at = KeyRotation.State.DONE, now()
        row.save(update_fields=["state", "finished_at"])
        record(
            action="key.rotation.finished",
            actor=SYSTEM,
            tenant=tenant,
            subject=("organization", tenant),
            details={"version": row.version, "data_keys": row.moved},
        )


def _move_some(tenant: UUID, rotation: UUID, keys: TenantKeyRing, batch: int) -> KeyRotation | None:
    """One batch and its count, in one transaction: a crash loses neither or both.

    None when there was nothing left to move.
    """
    with scope(tenant):
        moved = sum(rewrapper(keys, batch) for rewrapper in _rewrappers)
        row: KeyRotation = KeyRotation.objects.select_for_update().get(id=rotation)
        row.moved += moved
        # What began under the old key while this ran is moved too.
        row.total = max(row.total, row.moved)
        row.save(update_fields=["moved", "total"])
    return row if moved else None


@every(3600)
def follow_up() -> int:
    """Move what writers that began before a rotation left under an earlier version since."""
    moved = 0
    for tenant in Organization.objects.values_list("id", flat=True):
        with scope(tenant):
            rotated = KeyRotation.objects.filter(state=KeyRotation.State.DONE).exists()
        if rotated:
            keys = open_keys(tenant)
            with scope(tenant):
                moved += sum(rewrapper(keys, BATCH) for rewrapper in _rewrappers)
    return moved


@dataclass(frozen=True, slots=True)
class KeyState:
    """How one organization's keys stand.

    version: None before its first object. `behind`: data keys under earlier versions. `root_keys`:
    the root keys that its versions lie under.
    """

    organization: Organization
    version: int | None
    since: datetime | None
    root_keys: frozenset[str]
    behind: int
    rotation: KeyRotation | None

    @property
    def percent(self) -> int:
        """How far the last rotation is."""
        row = self.rotation
        return 100 * row.moved // row.total if row is not None and row.total else 0


def key_states() -> list[KeyState]:
    """Tell how the keys of all organizations stand, by slug. No key is opened."""
    return [key_state(row) for row in Organization.objects.order_by("slug")]


def key_state(organization: Organization) -> KeyState:
    """Tell how one organization's keys stand. No key is opened."""
    with scope(organization.id):
        rows = list(TenantKey.objects.order_by("version"))
        newest = rows[-1] if rows else None
        left = 0
        if newest is not None:
            left = behind(TenantKeyRing(organization.id, {newest.version: b""})).count()
        return KeyState(
            organization,
            newest.version if newest else None,
            newest.created_at if newest else None,
            frozenset(row.root_key for row in rows),
            left,
            KeyRotation.objects.first(),
        )
