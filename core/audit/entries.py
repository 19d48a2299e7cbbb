"""What an entry of the log is made of: canonical JSON and commitments to personal values.

Neither Django nor a database is needed here, because the offline verifier reads entries too.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

VERSION = 1
SALT_SIZE = 32
_DOMAIN = b"custos personal value v1\n"


def canonical(value: Any) -> bytes:
    """Write JSON in its one form: keys sorted, no spaces, UTF-8 unescaped, no NaN.

    Ids (UUID) are written as text. Raises TypeError for what JSON has no form for.
    """
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_id_as_text,
    )
    return text.encode()


def _id_as_text(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an entry can't hold a {type(value).__name__}")


def commitment(*, entry: UUID, name: str, salt: bytes, value: str) -> str:
    """Commit to a personal value; gives 64 hex digits.

    SHA-256 over the entry, the name and a random salt of 32 bytes before the value. Once salt and
    value are erased, the commitment tells nothing about the value, and the entry still proves.
    Entry and name are bound so that a disclosed value can't be moved to another place.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    head = _DOMAIN + entry.bytes + sha256(name.encode()).digest()
    return sha256(head + salt + value.encode()).hexdigest()


def commitment_in(body: Mapping[str, Any], name: str) -> str | None:
    """Give the commitment that an entry's body holds under `name`, the actor's under "actor"."""
    place, label = ("actor", "commitment") if name == "actor" else ("personal", name)
    within = body.get(place)
    held = within.get(label) if isinstance(within, dict) else None
    return held if isinstance(held, str) else None
