"""Ed25519 signatures: checkpoints, manifests, certificates (RFC 8032).

A signer is made from its 32-byte seed, which settings read from the environment or a key file; its
public key is 32 raw bytes, which is what notes, bundles and verifiers carry.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import Misconfigured

SEED_LENGTH: Final = 32


class Signer:
    """Holds one Ed25519 private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> "Signer":
        """Give a signer with a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "Signer":
        """Give the signer of a seed. Raises Misconfigured unless it has 32 bytes."""
        if len(seed) != SEED_LENGTH:
            raise Misconfigured("A signing key is missing: its seed must have 32 bytes.")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Give the 64-byte signature of `message`."""
        return self._key.sign(message)


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` is that of `message` by the holder of `public_key` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
