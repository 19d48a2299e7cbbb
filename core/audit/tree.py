"""A tenant's tree as it is stored: nodes, checkpoints, proofs. Needs the tenant's open scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from core.audit import merkle
from core.audit.merkle import Node, Span
from core.audit.models import AuditEntry, AuditLeaf, AuditNode, Checkpoint
from core.audit.notes import VerifierKey
from core.crypto.signing import Signer
from core.errors import NotFound


def origin_of(tenant: UUID) -> str:
    """Give the origin line of a tenant's checkpoints, which is the name of its key too."""
    return f"{settings.LOG_ORIGIN}/t/{tenant}"


def log_signer() -> Signer:
    """Give the signer of checkpoints."""
    return Signer.from_seed(settings.LOG_SIGNING_SEED)


def verifier_key(tenant: UUID) -> VerifierKey:
    """Give the key that verifies a tenant's checkpoints."""
    return VerifierKey(origin_of(tenant), log_signer().public_key)


def fetch_nodes(nodes: Iterable[Node]) -> dict[Node, bytes]:
    """Read nodes of the open tenant's tree, in two queries at most."""
    by_level: dict[int, set[int]] = {}
    for node in nodes:
        by_level.setdefault(node.level, set()).add(node.position)
    found: dict[Node, bytes] = {}
    leaves = by_level.pop(0, set())
    if leaves:
        rows = AuditLeaf.objects.filter(index__in=leaves).values_list("index", "hash")
        found |= {Node(0, index): bytes(digest) for index, digest in rows}
    if by_level:
        places = (Q(level=level, position__in=wanted) for level, wanted in by_level.items())
        inner = AuditNode.objects.filter(reduce(or_, places))
        for level, position, digest in inner.values_list("level", "position", "hash"):
            found[Node(level, position)] = bytes(digest)
    return found


def frontier(size: int) -> merkle.Frontier:
    """Read what appending to a tree of `size` leaves needs."""
    nodes = merkle.frontier_nodes(size)
    found = fetch_nodes(nodes)
    return merkle.Frontier(size, [found[node] for node in nodes])


def latest_checkpoint() -> Checkpoint | None:
    """Give the open tenant's newest checkpoint."""
    found: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    return found


def checkpoint_of(size: int | None = None) -> Checkpoint:
    """Give the checkpoint of exactly `size`, or the newest. Raises NotFound."""
    found = latest_checkpoint() if size is None else Checkpoint.objects.filter(size=size).first()
    if found is None:
        raise NotFound(
            "This log has no checkpoint yet: the first follows its first entry within a second."
            if size is None
            else f"This log has no checkpoint of size {size}."
        )
    return found


def consistency_proof(old: int, new: int) -> list[bytes]:
    """Make the proof that the tree of `new` leaves extends the one of `old`."""
    return _proof(merkle.consistency_spans(old, new))


def inclusion_proof(index: int, size: int) -> list[bytes]:
    """Make the proof that leaf `index` is in the tree of `size` leaves."""
    return _proof(merkle.inclusion_spans(index, size))


def _proof(spans: Sequence[Span]) -> list[bytes]:
    return merkle.assemble(spans, fetch_nodes(merkle.proof_nodes(spans)))


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry with the proof that it is in the tree of a checkpoint."""

    index: int
    body: bytes
    leaf: bytes
    proof: list[bytes]
    checkpoint: Checkpoint


def prove_entry(entry_id: UUID) -> ProvenEntry:
    """Prove an entry against the newest checkpoint.

    Raises NotFound for an entry that is not of this log or has no index yet.
    """
    leaf = AuditLeaf.objects.filter(entry_id=entry_id).first()
    if leaf is None:
        waits = AuditEntry.objects.filter(id=entry_id).exists()
        raise NotFound(
            "This entry has no index yet: the next checkpoint follows within a second."
            if waits
            else "There is nothing here for you."
        )
    checkpoint = checkpoint_of()
    return ProvenEntry(
        index=leaf.index,
        body=bytes(AuditEntry.objects.values_list("body", flat=True).get(id=entry_id)),
        leaf=bytes(leaf.hash),
        proof=inclusion_proof(leaf.index, checkpoint.size),
        checkpoint=checkpoint,
    )
