"""Checks an evidence bundle against a verifier key and, better, against a kept checkpoint.

Needs neither database nor Django nor us. What the key alone can't show: whoever holds the signing
key can rewrite a log and sign it anew. Only a checkpoint kept from earlier finds that.
"""

from base64 import b64decode
from bisect import insort
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final
from uuid import UUID

from core.audit import bundle
from core.audit.bundle import BundleInvalid
from core.audit.entries import commitment, commitment_in
from core.audit.merkle import HASH_SIZE, Frontier, extends, includes, leaf_hash
from core.audit.notes import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint, strict_base64

_SHOWN_FAILURES: Final = 20
# 44 base64 digits of a leaf hash and `","entry":` stand between index and body.
_LEAF_AND_LABEL: Final = 44 + len(b'","entry":')


@dataclass
class Step:
    """One kind of check: how often it was made, and what did not hold."""

    name: str
    title: str
    checked: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)

    def check(self, *, holds: bool, failure: str) -> None:
        """Count one check. `failure` names the entry, checkpoint or line at fault."""
        self.checked += 1
        if not holds:
            self.fail(failure)

    def fail(self, failure: str) -> None:
        """Note a failure; the first ones are kept in words."""
        self.failed += 1
        if len(self.failures) < _SHOWN_FAILURES:
            self.failures.append(failure)


@dataclass
class Report:
    """The outcome, step by step in the order of the checks."""

    steps: list[Step]
    kind: str = ""
    checkpoint: Checkpoint | None = None

    @property
    def ok(self) -> bool:
        """Whether every check held and there was something to check."""
        return self.checkpoint is not None and not any(step.failed for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """Give the report for `--json`."""
        head = self.checkpoint
        return {
            "ok": self.ok,
            "kind": self.kind,
            "origin": head.origin if head else None,
            "size": head.size if head else None,
            "root": head.root.hex() if head else None,
            "steps": [
                {
                    "step": step.name,
                    "title": step.title,
                    "checked": step.checked,
                    "failed": step.failed,
                    "failures": step.failures,
                }
                for step in self.steps
            ],
        }


@dataclass(frozen=True, order=True)
class _Target:
    """A root that the entries must give at `size`."""

    size: int
    root: bytes
    step: Step = field(compare=False)
    failure: str = field(compare=False)


def verify_bundle(stream: BinaryIO, *, key: VerifierKey, since: str | None = None) -> Report:
    """Check a bundle; `since` is a checkpoint note that was kept from earlier.

    Never raises for what the stream holds: all that is wrong with it stands in the report.
    """
    verification = _Verification(key, since)
    try:
        verification.run(stream)
    except BundleInvalid as error:
        verification.format.fail(error.message)
    return verification.report()


class _Verification:
    """One pass over one bundle."""

    def __init__(self, key: VerifierKey, since: str | None) -> None:
        self.key = key
        self.format = Step("format", "Each line has the form the format asks for")
        self.signatures = Step("signatures", "Checkpoints are signed by the key")
        self.leaves = Step("leaves", "The bytes of each entry give its leaf hash")
        self.roots = Step("roots", "The entries give the root of each checkpoint")
        self.consistency = Step("consistency", "Each checkpoint extends the one before")
        self.since = Step("since", "The log extends the checkpoint that was kept")
        self.personal = Step("personal", "Disclosed values fit their commitments")
        self.seal = Step("seal", "Nothing was cut off or altered on the way")
        self.kind = ""
        self.number = 0
        self.checkpoints: list[Checkpoint] = []
        self.targets: list[_Target] = []
        self.pending: list[bytes] = []
        self.frontier = Frontier()
        self.next_index = 0
        self.last_body = b""
        self.last_name = ""
        self.connected: set[int] = set()
        self.kept = self._open_kept(since)
        self._in_head = True

    # The pass

    def run(self, stream: BinaryIO) -> None:
        """Read the whole bundle. Raises BundleInvalid where reading on makes no sense."""
        reader = bundle.Reader(stream)
        for block in reader.blocks():
            if not self._take_block(block):
                self._take_lines(block.splitlines(keepends=True))
            self._flush()
        if self._in_head:
            self._end_head()
        self._end_body()
        self.seal.check(
            holds=reader.end == reader.seal.end(),
            failure="The last line is not the seal over the bytes before it: the bundle was cut"
            " off, or something in it was altered.",
        )

    def report(self) -> Report:
        steps = [self.format, self.signatures, self.leaves, self.roots, self.consistency]
        if self.kept is not None or self.since.failed:
            steps.append(self.since)
        return Report(
            [*steps, self.personal, self.seal],
            kind=self.kind,
            checkpoint=self.checkpoints[-1] if self.checkpoints else None,
        )

    def _take_lines(self, lines: list[bytes]) -> None:
        for line in lines:
            self.number += 1
            self._line(line)

    def _take_block(self, block: bytes) -> bool:
        """Take lines that are all flawless entries of a complete bundle, or none of them.

        Reading line by line then only has to name what is wrong.
        """
        if self._in_head or self.kind != "complete":
            return False
        read = bundle.read_entry_lines(self.next_index, block)
        if read is None:
            return False
        leaves, last_body = read
        self.number += len(leaves)
        self.leaves.checked += len(leaves)
        self.pending += leaves
        self._entry_was(self.next_index + len(leaves) - 1, last_body)
        return True

    def _line(self, line: bytes) -> None:
        if self._in_head:
            if not line.startswith(b'{"index":'):
                self._head_line(line)
                return
            self._end_head()
        if line.startswith(b'{"personal":'):
            self._personal(line)
        elif self.kind == "complete":
            self._entry(line)
        else:
            self._proven_entry(line)

    # The head: whose log, which checkpoints

    def _head_line(self, line: bytes) -> None:
        value = bundle.parse_line(line, self.number)
        if self.number == 1:
            self._header(line, value)
        elif "checkpoint" in value:
            self._checkpoint(line, value["checkpoint"])
        elif "consistency" in value:
            self._consistency(line, value)
        else:
            raise BundleInvalid(f"Line {self.number} is of no known kind.")

    def _header(self, line: bytes, value: dict[str, Any]) -> None:
        kind, origin = value.get("kind"), value.get("origin")
        if kind not in {"complete", "selection"} or not isinstance(origin, str):
            raise BundleInvalid(f"Line 1 is not the header of a {bundle.FORMAT} bundle.")
        self._same_line(line, bundle.header_line(kind, origin))
        self.kind = kind
        if origin != self.key.name:
            self.signatures.fail(f"The bundle is of the log {origin}, the key of {self.key.name}.")

    def _checkpoint(self, line: bytes, note: Any) -> None:
        if not isinstance(note, str):
            raise BundleInvalid(f"Line {self.number}: a checkpoint is a signed note.")
        self._same_line(line, bundle.checkpoint_line(note))
        self.signatures.checked += 1
        try:
            checkpoint = open_checkpoint(note, self.key)
        except NoteInvalid as error:
            self.signatures.fail(f"Line {self.number}: {error.message}")
            return
        if self.checkpoints and checkpoint.size <= self.checkpoints[-1].size:
            raise BundleInvalid(f"Line {self.number}: the sizes of checkpoints must rise.")
        self.checkpoints.append(checkpoint)

    def _consistency(self, line: bytes, value: dict[str, Any]) -> None:
        proof = self._hashes(value.get("proof"))
        match value["consistency"]:
            case [int(old), int(new)]:
                self._same_line(line, bundle.consistency_line(old, new, proof))
            case _:
                raise BundleInvalid(f"Line {self.number}: a consistency proof names two sizes.")
        sizes = {checkpoint.size: checkpoint for checkpoint in self.checkpoints}
        if old not in sizes or new not in sizes or new != self.checkpoints[-1].size:
            raise BundleInvalid(
                f"Line {self.number}: the proof from {old} to {new} is not between a checkpoint of"
                " the bundle and the last one."
            )
        if self.connected and old <= max(self.connected):
            raise BundleInvalid(f"Line {self.number}: consistency proofs stand by rising size.")
        head = sizes[new]
        self.connected.add(old)
        self.consistency.check(
            holds=extends(old, sizes[old].root, new, head.root, proof),
            failure=f"The proof from checkpoint {old} to checkpoint {new} does not hold.",
        )
        if self.kept is not None and self.kept.size == old:
            self.since.check(
                holds=extends(old, self.kept.root, new, head.root, proof),
                failure=self._rewritten(self.kept),
            )

    def _end_head(self) -> None:
        self._in_head = False
        if not self.checkpoints:
            raise BundleInvalid("There is no checkpoint of this key before the entries.")
        head = self.checkpoints[-1]
        if self.kept is not None and self.kept.size > head.size:
            self.since.fail(
                f"The bundle's last checkpoint has {head.size} entries, the kept one"
                f" {self.kept.size}: entries are missing, or the bundle is older."
            )
        if self.kind == "complete":
            self._aim()
        else:
            self._require_connections(head)

    def _aim(self) -> None:
        """List the roots that the entries of a complete bundle must give on their way."""
        before = 0
        for checkpoint in self.checkpoints:
            failure = (
                f"Entries {before} to {checkpoint.size - 1} do not give the root of checkpoint"
                f" {checkpoint.size}."
            )
            self.targets.append(_Target(checkpoint.size, checkpoint.root, self.roots, failure))
            before = checkpoint.size
        if self.kept is not None and self.kept.size <= before:
            failure = self._rewritten(self.kept)
            insort(self.targets, _Target(self.kept.size, self.kept.root, self.since, failure))

    def _require_connections(self, head: Checkpoint) -> None:
        """Ask a selection for the proofs that a complete bundle does not need."""
        for checkpoint in self.checkpoints[:-1]:
            if checkpoint.size not in self.connected:
                self.consistency.fail(
                    f"No proof connects checkpoint {checkpoint.size} with checkpoint {head.size}."
                )
        if self.kept is None or self.kept.size > head.size:
            return
        if self.kept.size == head.size:
            self.since.check(holds=self.kept.root == head.root, failure=self._rewritten(self.kept))
        elif self.kept.size not in self.connected:
            self.since.fail(
                f"The bundle holds no consistency proof from size {self.kept.size}: ask for one"
                f" with since={self.kept.size}."
            )

    # The body: entries and disclosed values

    def _entry(self, line: bytes) -> None:
        """Take the next entry of a complete bundle."""
        index = self.next_index
        start = len(b'{"index":%d,"leaf":"' % index) + _LEAF_AND_LABEL
        body = line[start:-2]
        leaf = leaf_hash(body)
        self.leaves.checked += 1
        # The quick way to see that a line is well formed: it is what the writer would write.
        if bundle.entry_line(index, body, leaf) != line:
            self.leaves.fail(self._fault(line, index))
        self.pending.append(leaf)
        self._entry_was(index, body)

    def _fault(self, line: bytes, index: int) -> str:
        """Say what is wrong with the line where entry `index` of a complete bundle belongs."""
        try:
            found = bundle.parse_line(line, self.number).get("index")
        except BundleInvalid:
            return f"Entry {index} (line {self.number}): its line is not well formed."
        if found != index:
            return f"Entry {index} (line {self.number}): there stands one with index {found}."
        return f"Entry {index} (line {self.number}): its bytes do not give its leaf hash."

    def _proven_entry(self, line: bytes) -> None:
        """Take an entry of a selection, with its proof."""
        match = bundle.PROVEN_ENTRY.fullmatch(line)
        if match is None:
            self.leaves.fail(f"{self._named(line)}: its line is not well formed.")
            return
        index, body = int(match[1]), match[3]
        leaf = leaf_hash(body)
        proof = [b64decode(digest) for digest in bundle.PROOF_HASH.findall(match[2])]
        if index < self.next_index:
            raise BundleInvalid(f"{self._named(line)} is out of order.")
        self.leaves.check(
            holds=bundle.entry_line(index, body, leaf, proof) == line,
            failure=f"{self._named(line)}: its bytes do not give its leaf hash.",
        )
        head = self.checkpoints[-1]
        self.roots.check(
            holds=includes(index, head.size, head.root, leaf, proof),
            failure=f"{self._named(line)}: its proof does not lead to the root of checkpoint"
            f" {head.size}.",
        )
        self._entry_was(index, body)

    def _entry_was(self, index: int, body: bytes) -> None:
        """Remember the entry that disclosed values may follow."""
        self.next_index = index + 1
        self.last_body = body
        self.last_name = ""

    def _named(self, line: bytes) -> str:
        """Name an entry by its index and line, as far as they can be read."""
        match = bundle.ENTRY_INDEX.match(line)
        return f"Entry {match[1].decode()} (line {self.number})" if match else f"Line {self.number}"

    def _personal(self, line: bytes) -> None:
        """Check a disclosed value against the entry before it."""
        match bundle.parse_line(line, self.number):
            case {
                "personal": {
                    "index": int(index),
                    "name": str(name),
                    "salt": str(salt_text),
                    "value": str(value),
                }
            }:
                salt = self._hash(salt_text)
            case _:
                raise BundleInvalid(f"Line {self.number} is not a disclosed value.")
        self._same_line(line, bundle.personal_line(index, name, salt, value))
        if index != self.next_index - 1 or name <= self.last_name:
            raise BundleInvalid(
                f"Line {self.number}: values follow their entry, by rising name; this one of entry"
                f" {index} does not."
            )
        self.last_name = name
        body = bundle.parse_line(self.last_body, self.number)
        self.personal.check(
            holds=_fits(body, name, salt, value),
            failure=f"Entry {index}: the disclosed value {name!r} does not fit its commitment.",
        )

    def _flush(self) -> None:
        """Grow the tree by the entries read so far, comparing roots where one is due."""
        while self.targets and self.targets[0].size <= self.frontier.size + len(self.pending):
            target = self.targets.pop(0)
            missing = target.size - self.frontier.size
            self.frontier.extend(self.pending[:missing])
            del self.pending[:missing]
            target.step.check(holds=self.frontier.root() == target.root, failure=target.failure)
        self.frontier.extend(self.pending)
        self.pending.clear()

    def _end_body(self) -> None:
        if self.kind != "complete":
            return
        self._flush()
        size = self.checkpoints[-1].size
        self.roots.check(
            holds=self.frontier.size == size,
            failure=f"The bundle holds {self.frontier.size} entries, its checkpoint {size}.",
        )

    # Small things

    def _open_kept(self, since: str | None) -> Checkpoint | None:
        if since is None:
            return None
        try:
            return open_checkpoint(since, self.key)
        except NoteInvalid as error:
            self.since.fail(f"The kept checkpoint is not one of this key: {error.message}")
            return None

    def _rewritten(self, kept: Checkpoint) -> str:
        return (
            f"The log does not extend the checkpoint of {kept.size} entries that was kept: its"
            " history was changed. If all other checks hold, it was changed by whoever holds the"
            " signing key, and the two signed checkpoints prove it."
        )

    def _same_line(self, line: bytes, canonical: bytes) -> None:
        if line != canonical:
            raise BundleInvalid(f"Line {self.number} is not in its canonical form.")
        self.format.checked += 1

    def _hashes(self, values: Any) -> list[bytes]:
        if not isinstance(values, list):
            raise BundleInvalid(f"Line {self.number}: there is no proof.")
        return [self._hash(value) for value in values]

    def _hash(self, value: Any) -> bytes:
        decoded = strict_base64(value) if isinstance(value, str) else None
        if decoded is None or len(decoded) != HASH_SIZE:
            raise BundleInvalid(f"Line {self.number}: {value!r} is not the base64 of 32 bytes.")
        return decoded


def _fits(body: dict[str, Any], name: str, salt: bytes, value: str) -> bool:
    """Say whether a disclosed value is the one that the entry commits to."""
    held, entry = commitment_in(body, name), body.get("id")
    if held is None or not isinstance(entry, str):
        return False
    try:
        entry_id = UUID(entry)
    except ValueError:
        return False
    return commitment(entry=entry_id, name=name, salt=salt, value=value) == held
