"""Cosignatures of witnesses: c2sp.org/tlog-cosignature, version 1, Ed25519.

A cosignature says: at this time I saw this checkpoint, and it extends every one that I saw before.
It is a signature line of the checkpoint's note, made with the witness's own key.
"""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from core.audit.notes import (
    KEY_ID_SIZE,
    PUBLIC_KEY_SIZE,
    SIGNATURE_SIZE,
    Checkpoint,
    NoteInvalid,
    strict_base64,
)
from core.crypto.signing import Signer, verify
from core.errors import Invalid

#: The type byte of a timestamped Ed25519 cosignature in c2sp.org/signed-note.
COSIGNATURE: Final = b"\x04"
_TIME_SIZE: Final = 8

_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n?")


@dataclass(frozen=True)
class WitnessKey:
    """A witness's public key with the name it cosigns under, written `name+keyid+base64`."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || newline || type || public key)."""
        material = self.name.encode() + b"\n" + COSIGNATURE + self.public_key
        return sha256(material).digest()[:KEY_ID_SIZE]

    def __str__(self) -> str:
        encoded = base64.b64encode(COSIGNATURE + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a witness's key. Raises Invalid (field "key") if it is not one."""
        parts = text.strip().split("+", 2)
        encoded = strict_base64(parts[2]) if len(parts) == 3 else None
        if encoded is None or not _NAME.fullmatch(parts[0]):
            raise Invalid("A witness's key reads name+keyid+base64.", field="key")
        if encoded[:1] != COSIGNATURE or len(encoded) != 1 + PUBLIC_KEY_SIZE:
            raise Invalid("Only keys of Ed25519 cosignatures (type 4) are known.", field="key")
        key = cls(parts[0], encoded[1:])
        if key.key_id.hex() != parts[1]:
            raise Invalid("The key's id does not fit its name and bytes.", field="key")
        return key


def _message(checkpoint: Checkpoint, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode()


def cosign(checkpoint: Checkpoint, *, name: str, signer: Signer, seconds: int) -> str:
    """Give the signature line of a cosignature at `seconds` (POSIX time), with its newline."""
    key = WitnessKey(name, signer.public_key)
    if not _NAME.fullmatch(name):
        raise Invalid("A witness's name holds no spaces and no plus.", field="name")
    signature = signer.sign(_message(checkpoint, seconds))
    stamped = key.key_id + seconds.to_bytes(_TIME_SIZE, "big") + signature
    return f"— {name} {base64.b64encode(stamped).decode()}\n"


def open_cosignature(line: str, checkpoint: Checkpoint, key: WitnessKey) -> int:
    """Check a cosignature of `key` over a checkpoint; give its POSIX time. Raises NoteInvalid."""
    match = _LINE.fullmatch(line)
    stamped = strict_base64(match[2]) if match else None
    if match is None or stamped is None:
        raise NoteInvalid("A cosignature is one signature line of a note.")
    if len(stamped) != KEY_ID_SIZE + _TIME_SIZE + SIGNATURE_SIZE:
        raise NoteInvalid("A cosignature holds a key id, a time and a signature of 64 bytes.")
    if match[1] != key.name or stamped[:KEY_ID_SIZE] != key.key_id:
        raise NoteInvalid(f"This cosignature is not one of {key.name} ({key.key_id.hex()}).")
    seconds = int.from_bytes(stamped[KEY_ID_SIZE : KEY_ID_SIZE + _TIME_SIZE], "big")
    signature = stamped[KEY_ID_SIZE + _TIME_SIZE :]
    if not verify(key.public_key, signature, _message(checkpoint, seconds)):
        raise NoteInvalid(f"The cosignature of {key.name} does not fit the checkpoint.")
    return seconds
