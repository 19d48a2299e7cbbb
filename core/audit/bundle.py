"""The evidence bundle: a part of a log, or all of it, that proves itself without us.

JSON lines, UTF-8, each line in its one canonical form, in this order:

    {"bundle":"custos.evidence/1","kind":KIND,"origin":ORIGIN}
    {"checkpoint":NOTE}                       one or more, sizes rising; the last one is proven
    {"consistency":[OLD,NEW],"proof":[HASH, ...]}
                                              selection: from each earlier checkpoint to the last
    {"index":N,"leaf":HASH,"entry":{...}}     complete: every entry from 0 on, in order
    {"index":N,"leaf":HASH,"proof":[HASH, ...],"entry":{...}}
                                              selection: some entries, each with its proof
    {"personal":{"index":N,"name":NAME,"salt":SALT,"value":VALUE}}
                                              disclosed values, right after their entry
    {"end":{"lines":COUNT,"sha256":HEX}}      over all bytes before this line

The bytes of an entry are the ones that were logged. Hashes and salts are base64. A writer streams
it without knowing its length; a reader needs memory for one block and one checkpoint list.
"""

import base64
import json
import re
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO, Literal

import numpy as np

from core.audit.entries import canonical
from core.audit.merkle import leaf_hashes
from core.errors import IntegrityFailed

FORMAT = "custos.evidence/1"
Kind = Literal["complete", "selection"]

# Longer than any entry that core.audit.log writes, with room for a proof.
MAX_LINE = 1 << 20
# Small enough to stay in the processor's cache while its lines are checked.
_BLOCK = 1 << 16

# An entry of a selection: index, hashes of its proof, its own bytes. The verifier reads by these
# and then compares with what `entry_line` writes, so they need not be strict.
ENTRY_INDEX = re.compile(rb'\{"index":(0|[1-9][0-9]{0,18}),')
PROVEN_ENTRY = re.compile(
    rb'\{"index":(0|[1-9][0-9]{0,18}),"leaf":"[^"]*","proof":\[([^\]]*)\],"entry":(.*)\}\n',
    re.DOTALL,
)
_ENTRY = b'","entry":'
_LEAF = 44  # base64 digits of a leaf hash, with its padding
PROOF_HASH = re.compile(rb'"([A-Za-z0-9+/]{43}=)"')


class BundleInvalid(IntegrityFailed):
    """The bundle does not follow its format; `message` names the line."""

    code = "bundle_invalid"


def _encode(digest: bytes) -> bytes:
    return base64.b64encode(digest)


def header_line(kind: Kind, origin: str) -> bytes:
    """Write the first line."""
    return canonical({"bundle": FORMAT, "kind": kind, "origin": origin}) + b"\n"


def checkpoint_line(note: str) -> bytes:
    """Write a checkpoint, a signed note."""
    return canonical({"checkpoint": note}) + b"\n"


def consistency_line(old: int, new: int, proof: Sequence[bytes]) -> bytes:
    """Write a consistency proof between two checkpoints of the bundle, by their sizes."""
    hashes = [_encode(digest).decode() for digest in proof]
    return canonical({"consistency": [int(old), int(new)], "proof": hashes}) + b"\n"


def entry_line(index: int, body: bytes, leaf: bytes, proof: Sequence[bytes] | None = None) -> bytes:
    """Write an entry's own bytes with its index, leaf hash and, in a selection, its proof."""
    if proof is None:
        return entry_lines(index, [body], [leaf])[0]
    hashes = b",".join(b'"%b"' % _encode(digest) for digest in proof)
    return b'{"index":%d,"leaf":"%b","proof":[%b],"entry":%b}\n' % (
        index,
        _encode(leaf),
        hashes,
        body,
    )


def entry_lines(first: int, bodies: Sequence[bytes], leaves: Sequence[bytes]) -> list[bytes]:
    """Write neighbouring entries of a complete bundle, from index `first` on."""
    return [
        b'{"index":%d,"leaf":"%b","entry":%b}\n' % (index, b2a_base64(leaf, newline=False), body)
        for index, (body, leaf) in enumerate(zip(bodies, leaves, strict=True), first)
    ]


def read_entry_lines(first: int, block: bytes) -> tuple[list[bytes], bytes] | None:
    """Read whole lines that are flawless entries of a complete bundle, from index `first` on.

    Gives the leaf hashes of the entries and the last one's body, or None where any byte of any line
    is not what `entry_lines` would write. What stands between the bodies is compared all at once,
    which takes a third of the time of writing each line anew.
    """
    start, *parts, end = block.split(_ENTRY) if _ENTRY in block else (b"", b"")
    digits = len(str(first))
    gap = len(b'}\n{"index":,"leaf":"') + digits + _LEAF
    bodies = [part[:-gap] for part in parts]
    bodies.append(end[:-2])
    found = b"".join([b"}\n", start, *[part[-gap:] for part in parts]])
    if end[-2:] != b"}\n" or len(found) != len(bodies) * gap:
        return None
    leaves = leaf_hashes(bodies)
    return (leaves, bodies[-1]) if found == _between(first, digits, leaves) else None


def _between(first: int, digits: int, leaves: Sequence[bytes]) -> bytes:
    """Write what stands before each body, from the end of the line before on."""
    pattern = b'}\n{"index":%b,"leaf":"%b' % (b"0" * digits, b"=" * _LEAF)
    table = np.empty((len(leaves), len(pattern)), np.uint8)
    table[:] = np.frombuffer(pattern, np.uint8)
    rest, at = np.arange(first, first + len(leaves)), pattern.index(b"0")
    for place in reversed(range(digits)):
        # Subtracting is quicker than taking the remainder.
        tenth = rest // 10
        table[:, at + place] += (rest - 10 * tenth).astype(np.uint8)
        rest = tenth
    # A byte between the hashes makes 33 each, so none has padding; the last digit is dropped.
    encoded = b2a_base64(b"\0".join([*leaves, b""]), newline=False)
    digest = np.frombuffer(encoded, np.uint8).reshape(-1, _LEAF)[:, :-1]
    at = pattern.index(b"=")
    table[:, at : at + _LEAF - 1] = digest
    return table.tobytes()


def personal_line(index: int, name: str, salt: bytes, value: str) -> bytes:
    """Write a disclosed personal value of the entry before it."""
    disclosed = {"index": int(index), "name": name, "salt": _encode(salt).decode(), "value": value}
    return canonical({"personal": disclosed}) + b"\n"


def end_line(lines: int, digest: bytes) -> bytes:
    """Write the last line; `lines` counts those before it."""
    return canonical({"end": {"lines": lines, "sha256": digest.hex()}}) + b"\n"


class Seal:
    """Counts and hashes the lines of a bundle on their way out."""

    def __init__(self) -> None:
        self._lines = 0
        self._digest = sha256()

    def passed(self, chunk: bytes) -> bytes:
        """Take note of whole lines and give them back."""
        self._lines += chunk.count(b"\n")
        self._digest.update(chunk)
        return chunk

    def end(self) -> bytes:
        """Give the last line."""
        return end_line(self._lines, self._digest.digest())


@dataclass
class Reader:
    """Reads a bundle's lines in blocks. After the last block, `end` and `seal` are complete."""

    stream: BinaryIO
    end: bytes = b""
    seal: Seal = field(default_factory=Seal)

    def blocks(self) -> Iterator[bytes]:
        """Give the lines before the last one, with their newlines, some at a time.

        Raises BundleInvalid for a line that is longer than MAX_LINE.
        """
        held = b""
        while block := self.stream.read(_BLOCK):
            held += block
            last = held.rfind(b"\n", 0, held.rfind(b"\n")) + 1
            if len(held) - last > 2 * MAX_LINE:
                raise BundleInvalid("A line is longer than any that a bundle may hold.")
            if last:
                yield self.seal.passed(held[:last])
                held = held[last:]
        self.end = held


def parse_line(line: bytes, number: int) -> dict[str, Any]:
    """Read a line that is a JSON object. Raises BundleInvalid, naming line `number` (from 1)."""
    try:
        value = json.loads(line.decode())
        if rb"\u" in line:
            # An escaped lone surrogate is no text: it can't be written back as UTF-8.
            canonical(value)
    except (ValueError, RecursionError) as error:
        raise BundleInvalid(f"Line {number} is not JSON.") from error
    if not isinstance(value, dict):
        raise BundleInvalid(f"Line {number} is not a JSON object.")
    return value
