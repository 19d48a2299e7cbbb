"""Short texts sealed for one purpose: secrets that a row must hold and a copy of it must not tell.

Each text has a data key of its own, sealed under the root key, so that a replaced root key moves
seals only. A sealed text is plain ASCII: mark, payload in base64, id of the root key.
"""

import binascii
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.crypto.kms import RootKeys, root_keys
from core.crypto.wrapping import NONCE_LENGTH, WRAPPED_LENGTH, WrappedKey, new_key
from core.errors import IntegrityFailed

MARK: Final = "custos-sealed-1"
COMMITMENT_LENGTH: Final = 32
_BROKEN: Final = "A sealed text does not open: it was changed, or was sealed for something else."


def is_sealed(text: str) -> bool:
    """Say whether `text` has the form of a sealed one."""
    return text.startswith(MARK + ".")


def root_key_of(sealed: str) -> str:
    """Give the id of the root key that a sealed text lies under. Raises IntegrityFailed."""
    return _parts(sealed)[1]


def seal_text(text: str, *, purpose: str, root: RootKeys | None = None) -> str:
    """Seal `text` under the active root key; only the same purpose opens it."""
    context = _context(purpose)
    key, nonce = new_key(), os.urandom(NONCE_LENGTH)
    root_key, wrapped = (root or root_keys()).wrap(key, context=context)
    body = nonce + AESGCM(key).encrypt(nonce, text.encode(), context)
    return _written(wrapped, body, root_key)


def open_text(sealed: str, *, purpose: str, root: RootKeys | None = None) -> str:
    """Give the text back. Raises IntegrityFailed, or Misconfigured without its root key."""
    key, body = _opened(sealed, purpose, root or root_keys())
    try:
        text = AESGCM(key).decrypt(body[:NONCE_LENGTH], body[NONCE_LENGTH:], _context(purpose))
    except (InvalidTag, ValueError):
        raise IntegrityFailed(_BROKEN) from None
    return text.decode()


def moved_text(sealed: str, *, purpose: str, root: RootKeys | None = None) -> str:
    """Seal the key of a sealed text under the active root key; the text itself stays as it lies."""
    root = root or root_keys()
    key, body = _opened(sealed, purpose, root)
    root_key, wrapped = root.wrap(key, context=_context(purpose))
    return _written(wrapped, body, root_key)


def _context(purpose: str) -> bytes:
    return f"custos/1/text/{purpose}".encode("ascii")


def _written(wrapped: WrappedKey, body: bytes, root_key: str) -> str:
    payload = urlsafe_b64encode(wrapped.sealed + wrapped.commitment + body).decode("ascii")
    return f"{MARK}.{payload}.{root_key}"


def _parts(sealed: str) -> tuple[bytes, str]:
    mark, _, rest = sealed.partition(".")
    payload, _, root_key = rest.partition(".")
    try:
        raw = urlsafe_b64decode(payload.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if mark != MARK or len(raw) < WRAPPED_LENGTH + COMMITMENT_LENGTH + NONCE_LENGTH:
        raise IntegrityFailed("A sealed text is missing or has no known form.")
    return raw, root_key


def _opened(sealed: str, purpose: str, root: RootKeys) -> tuple[bytes, bytes]:
    """Give the text's key, and its nonce with what the key opens."""
    raw, root_key = _parts(sealed)
    end = WRAPPED_LENGTH + COMMITMENT_LENGTH
    wrapped = WrappedKey(raw[:WRAPPED_LENGTH], raw[WRAPPED_LENGTH:end])
    return root.unwrap(root_key, wrapped, context=_context(purpose)), raw[end:]
