"""Signed notes and checkpoints of C2SP: c2sp.org/signed-note, c2sp.org/tlog-checkpoint.

A note is a text and, after an empty line, signature lines. A checkpoint is a note that says
"the log of this origin has `size` entries and this root".
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from core.audit.merkle import HASH_SIZE
from core.crypto.signing import Signer, verify
from core.errors import IntegrityFailed, Invalid

# The type byte of Ed25519 in c2sp.org/signed-note, and the lengths that go with it.
ED25519 = b"\x01"
PUBLIC_KEY_SIZE = 32
KEY_ID_SIZE = 4
SIGNATURE_SIZE = 64

# Verifiers should bound a note and must accept at least 16 signatures.
MAX_NOTE_CHARACTERS = 65_536

_NAME = re.compile(r"[^\s+]+")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteInvalid(IntegrityFailed):
    """A note is malformed, or no signature of the key asked for stands under it."""

    code = "note_invalid"


def strict_base64(text: str) -> bytes | None:
    """Decode base64 that is written in its one proper way, or give None.

    Decoders ignore the unused bits of the last digit; a changed bit there must be found too.
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name it signs under, written `name+keyid+base64`."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || newline || type || public key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:KEY_ID_SIZE]

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key. Raises Invalid (field "key") if it is not one of Ed25519."""
        parts = text.strip().split("+", 2)
        encoded = strict_base64(parts[2]) if len(parts) == 3 else None
        if encoded is None or not _NAME.fullmatch(parts[0]):
            raise Invalid("A verifier key reads name+keyid+base64.", field="key")
        if encoded[:1] != ED25519 or len(encoded) != 1 + PUBLIC_KEY_SIZE:
            raise Invalid("Only Ed25519 verifier keys are known here.", field="key")
        key = cls(parts[0], encoded[1:])
        if key.key_id.hex() != parts[1]:
            raise Invalid("The verifier key's id does not fit its name and bytes.", field="key")
        return key


@dataclass(frozen=True)
class Checkpoint:
    """A log's tree head: `size` leaves, RFC 6962 root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note text. Raises NoteInvalid; extension lines are refused, we write none."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteInvalid("A checkpoint has three lines: origin, size and root.")
        root = strict_base64(lines[2])
        if root is None or len(root) != HASH_SIZE:
            raise NoteInvalid("The root of a checkpoint is the base64 of 32 bytes.")
        return cls(lines[0], int(lines[1]), root)


def sign_note(text: str, *, name: str, signer: Signer) -> str:
    """Give the note with one signature under `name`. The text must end in a newline."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't be a key name: no spaces, no plus")
    if not text.endswith("\n") or _has_control_characters(text):
        raise ValueError("a note's text ends in a newline and holds no other control characters")
    key = VerifierKey(name, signer.public_key)
    signature = key.key_id + signer.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Give the text of a note that `key` signed.

    Signatures of other keys are ignored, as the format asks; one of `key` that fails rejects the
    note. Raises NoteInvalid.
    """
    text, signatures = _split_note(note)
    found = [
        signature[KEY_ID_SIZE:]
        for name, signature in signatures
        if name == key.name and signature[:KEY_ID_SIZE] == key.key_id
    ]
    if not found:
        raise NoteInvalid(f"There is no signature of {key.name} ({key.key_id.hex()}) under it.")
    for signature in found:
        if not verify(key.public_key, signature, text.encode()):
            raise NoteInvalid(f"The signature of {key.name} does not fit the text.")
    return text


def _has_control_characters(text: str) -> bool:
    return any(character < " " and character != "\n" for character in text)


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Part a note into its text and its (key name, key id and signature) lines."""
    if len(note) > MAX_NOTE_CHARACTERS or _has_control_characters(note):
        raise NoteInvalid("This is not a signed note: too long, or with control characters.")
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NoteInvalid("A signed note has signature lines after an empty line.")
    signatures: list[tuple[str, bytes]] = []
    for line in tail[:-1].split("\n"):
        match = _SIGNATURE_LINE.fullmatch(line)
        decoded = strict_base64(match[2]) if match else None
        if match is None or decoded is None or len(decoded) <= KEY_ID_SIZE:
            raise NoteInvalid("A signature line of the note is malformed.")
        signatures.append((match[1], decoded))
    return text + "\n", signatures


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """Sign a checkpoint under its own origin's name."""
    return sign_note(checkpoint.text, name=checkpoint.origin, signer=signer)


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Check the signature and read the checkpoint. Raises NoteInvalid, also for another origin."""
    checkpoint = Checkpoint.parse(open_note(note, key))
    if checkpoint.origin != key.name:
        raise NoteInvalid(f"This checkpoint is of {checkpoint.origin}, the key of {key.name}.")
    return checkpoint


def inclusion_note(index: int, proof: list[bytes], checkpoint: str) -> str:
    """Write a transparency log proof: c2sp.org/tlog-proof, version 1."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}"]
    lines += [base64.b64encode(digest).decode() for digest in proof]
    return "\n".join([*lines, "", checkpoint])
