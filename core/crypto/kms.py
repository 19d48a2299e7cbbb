"""Who holds the root key.

`RootKeys` is what the hierarchy asks of a key service: wrap and unwrap a tenant key. The default
holds the keys that settings read from the environment or from a key file of mode 0600; a cloud KMS
or Vault transit answers the same calls.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Protocol

from django.conf import settings

from core.crypto.wrapping import KEY_LENGTH, WrappedKey, unwrap, wrap
from core.errors import Misconfigured

FINGERPRINT_LABEL: Final = b"custos root key v1\0"


class RootKeys(Protocol):
    """The root of the key hierarchy."""

    @property
    def active(self) -> str:
        """Id of the key that new wraps are made under."""

    def wrap(self, key: bytes, *, context: bytes) -> tuple[str, WrappedKey]:
        """Seal `key` under the active root key; give that key's id with the record."""

    def unwrap(self, root_key: str, wrapped: WrappedKey, *, context: bytes) -> bytes:
        """Give back a key sealed under the root key of that id. Raises IntegrityFailed."""


class LocalRootKeys:
    """Root keys in this process's memory: the active one, and former ones that only unwrap.

    A key's id is a fingerprint of it, so a key that comes back from a backup is known again.
    """

    def __init__(self, active: bytes, former: Sequence[bytes] = ()) -> None:
        """Raises Misconfigured when a key is missing or has not 32 bytes."""
        if not active:
            raise Misconfigured(
                "There is no root key: set CUSTOS_ROOT_KEK (32 bytes in base64), or "
                "CUSTOS_ROOT_KEK_FILE to a file that holds it."
            )
        if any(len(key) != KEY_LENGTH for key in (active, *former)):
            raise Misconfigured("A root key must have 32 bytes.")
        self._keys = {fingerprint(key): key for key in (*former, active)}
        self._active = fingerprint(active)

    @property
    def active(self) -> str:
        return self._active

    def wrap(self, key: bytes, *, context: bytes) -> tuple[str, WrappedKey]:
        return self._active, wrap(key, under=self._keys[self._active], context=context)

    def unwrap(self, root_key: str, wrapped: WrappedKey, *, context: bytes) -> bytes:
        if root_key not in self._keys:
            raise Misconfigured(
                f"The root key {root_key} is not at hand. Restore it as CUSTOS_ROOT_KEK, or as one "
                "of CUSTOS_FORMER_ROOT_KEKS if it was replaced."
            )
        return unwrap(wrapped, under=self._keys[root_key], context=context)


def fingerprint(key: bytes) -> str:
    """Name a root key: 32 hex digits that tell nothing of its 256 random bits."""
    return hashlib.sha256(FINGERPRINT_LABEL + key).hexdigest()[:32]


def root_keys() -> RootKeys:
    """Give the root keys of this installation. Raises Misconfigured when they are missing."""
    return LocalRootKeys(settings.ROOT_KEK, settings.FORMER_ROOT_KEKS)
