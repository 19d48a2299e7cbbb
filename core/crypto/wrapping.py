"""Keys sealed under keys.

A wrap is AES-256-GCM bound by its context to what the key is for: (tenant, object, version). GCM
does not commit to its key (one ciphertext can be made to open under two keys), so each record also
carries a commitment to the wrapped key itself, and unwrapping checks it.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import IntegrityFailed

KEY_LENGTH: Final = 32
NONCE_LENGTH: Final = 12
FORMAT: Final = b"\x01"
WRAPPED_LENGTH: Final = 1 + NONCE_LENGTH + KEY_LENGTH + 16
COMMITMENT_LABEL: Final = b"custos key commitment v1"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """`sealed`: format | nonce | ciphertext | tag, 61 bytes; `commitment`: 32 bytes, public."""

    sealed: bytes
    commitment: bytes


def key_context(*, tenant: UUID, subject: UUID, purpose: str, version: int) -> bytes:
    """Name what a key is for. Equal parts give equal bytes, and unequal ones never do."""
    return f"custos/1/{purpose}/{tenant.hex}/{subject.hex}/{version}".encode("ascii")


def new_key() -> bytes:
    """Give 32 random bytes."""
    return os.urandom(KEY_LENGTH)


def commitment_to(key: bytes, context: bytes) -> bytes:
    """Give the key commitment: HMAC-SHA256 under the key, of the context.

    Binding because SHA-256 is collision resistant; hiding because a key is 32 random bytes.
    """
    return hmac.new(key, COMMITMENT_LABEL + b"\0" + context, hashlib.sha256).digest()


def wrap(key: bytes, *, under: bytes, context: bytes) -> WrappedKey:
    """Seal `key` (32 bytes) under another key."""
    if len(key) != KEY_LENGTH:
        raise ValueError("a key has 32 bytes")
    nonce = os.urandom(NONCE_LENGTH)
    commitment = commitment_to(key, context)
    sealed = AESGCM(under).encrypt(nonce, key, context + commitment)
    return WrappedKey(sealed=FORMAT + nonce + sealed, commitment=commitment)


def unwrap(wrapped: WrappedKey, *, under: bytes, context: bytes) -> bytes:
    """Give the key back.

    Raises IntegrityFailed when record, wrapping key, context or commitment are not those of the
    wrap.
    """
    sealed = bytes(wrapped.sealed)
    if len(sealed) != WRAPPED_LENGTH or sealed[:1] != FORMAT:
        raise IntegrityFailed("A wrapped key is missing or has no known form.")
    nonce, body = sealed[1 : 1 + NONCE_LENGTH], sealed[1 + NONCE_LENGTH :]
    try:
        key = AESGCM(under).decrypt(nonce, body, context + bytes(wrapped.commitment))
    except InvalidTag:
        raise IntegrityFailed(
            "A wrapped key does not open: it was changed, or belongs to another object, tenant "
            "or root key."
        ) from None
    if not hmac.compare_digest(commitment_to(key, context), bytes(wrapped.commitment)):
        raise IntegrityFailed("A wrapped key is not the one that its record commits to.")
    return key
