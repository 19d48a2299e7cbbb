"""The key hierarchy: root key -> tenant key -> one data key (DEK) for each object.

Each wrap is bound to (tenant, object, version). Rotation re-wraps rows and touches no footage.
Destroying an object's wrapped DEK makes its ciphertext noise, wherever copies of that lie.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from core.crypto.kms import RootKeys, root_keys
from core.crypto.models import TenantKey
from core.crypto.wrapping import WrappedKey, key_context, new_key, unwrap, wrap
from core.errors import IntegrityFailed
from core.tenancy.scope import scope


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """A fresh DEK, and the record of it to store. `dek` stays in memory."""

    dek: bytes
    wrapped: WrappedKey
    version: int


@dataclass(frozen=True, slots=True)
class TenantKeyRing:
    """An organization's keys, opened: made by `open_keys`, held as briefly as possible."""

    tenant: UUID
    keys: dict[int, bytes]

    @property
    def active(self) -> int:
        return max(self.keys)

    def new_object_key(self, object_id: UUID) -> ObjectKey:
        """Make a DEK for an object and wrap it under the active tenant key."""
        return self._wrapped(new_key(), object_id)

    def open_object_key(self, object_id: UUID, wrapped: WrappedKey, version: int) -> bytes:
        """Give an object's DEK. Raises IntegrityFailed when the record is not that object's."""
        if version not in self.keys:
            raise IntegrityFailed(f"Version {version} of the organization's key is missing.")
        context = _object_context(self.tenant, object_id, version)
        return unwrap(wrapped, under=self.keys[version], context=context)

    def rewrap_object_key(self, object_id: UUID, wrapped: WrappedKey, version: int) -> ObjectKey:
        """Wrap the same DEK under the active tenant key."""
        return self._wrapped(self.open_object_key(object_id, wrapped, version), object_id)

    def _wrapped(self, dek: bytes, object_id: UUID) -> ObjectKey:
        context = _object_context(self.tenant, object_id, self.active)
        sealed = wrap(dek, under=self.keys[self.active], context=context)
        return ObjectKey(dek, sealed, self.active)


def open_keys(tenant: UUID, *, root: RootKeys | None = None) -> TenantKeyRing:
    """Open all versions of an organization's key, making the first one where there is none.

    Reads in a short transaction of its own; the root keys are asked outside it, because they may be
    on the network. Raises Misconfigured or IntegrityFailed.
    """
    root = root or root_keys()
    rows = _rows(tenant)
    if not rows:
        _first_key(tenant, root)
        rows = _rows(tenant)
    return TenantKeyRing(tenant, {row.version: _open(row, root) for row in rows})


def next_tenant_key(tenant: UUID, *, root: RootKeys | None = None) -> TenantKey:
    """Make the next version of an organization's key, unsaved: the root keys may be far away."""
    root = root or root_keys()
    return _sealed_row(tenant, open_keys(tenant, root=root).active + 1, new_key(), root)


def rotate_tenant_key(*, tenant: UUID, root: RootKeys | None = None) -> int:
    """Give the organization a new key version for new objects, and say which it is.

    `core.storage.rotation` does this for an operator, and moves the objects that are there.
    """
    row = next_tenant_key(tenant, root=root)
    with scope(tenant):
        row.save(force_insert=True)
    return row.version


def moved_to_active_root(tenant: UUID, *, root: RootKeys | None = None) -> list[TenantKey]:
    """Seal an organization's keys anew, unsaved, where they lie under a former root key."""
    root = root or root_keys()
    return [
        _sealed_row(tenant, row.version, _open(row, root), root)
        for row in _rows(tenant)
        if row.root_key != root.active
    ]


def replace_seals(rows: list[TenantKey]) -> int:
    """Write what `moved_to_active_root` made, in the open scope; give how many were moved."""
    return sum(
        TenantKey.objects.filter(version=row.version)
        .exclude(root_key=row.root_key)
        .update(sealed=row.sealed, commitment=row.commitment, root_key=row.root_key)
        for row in rows
    )


def rewrap_tenant_keys(*, tenant: UUID, root: RootKeys | None = None) -> int:
    """Move an organization's keys under the active root key; give how many were moved."""
    fresh = moved_to_active_root(tenant, root=root)
    with scope(tenant):
        return replace_seals(fresh)


def _object_context(tenant: UUID, object_id: UUID, version: int) -> bytes:
    return key_context(tenant=tenant, subject=object_id, purpose="object", version=version)


def _tenant_context(tenant: UUID, version: int) -> bytes:
    return key_context(tenant=tenant, subject=tenant, purpose="tenant", version=version)


def _rows(tenant: UUID) -> list[TenantKey]:
    with scope(tenant):
        return list(TenantKey.objects.order_by("version"))


def _open(row: TenantKey, root: RootKeys) -> bytes:
    wrapped = WrappedKey(bytes(row.sealed), bytes(row.commitment))
    context = _tenant_context(row.tenant_id, row.version)
    return root.unwrap(row.root_key, wrapped, context=context)


def _sealed_row(tenant: UUID, version: int, key: bytes, root: RootKeys) -> TenantKey:
    root_key, wrapped = root.wrap(key, context=_tenant_context(tenant, version))
    return TenantKey(
        tenant_id=tenant,
        version=version,
        sealed=wrapped.sealed,
        commitment=wrapped.commitment,
        root_key=root_key,
    )


def _first_key(tenant: UUID, root: RootKeys) -> None:
    row = _sealed_row(tenant, 1, new_key(), root)
    try:
        with scope(tenant), transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another process made it in the same moment; its key is the one.
        return
