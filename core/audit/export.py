"""Makes evidence bundles of a stored log, part by part, in memory that does not grow with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.audit import bundle, merkle
from core.audit.models import AuditEntry, AuditLeaf, Checkpoint
from core.audit.personal import values_of
from core.audit.tree import checkpoint_of, consistency_proof, fetch_nodes, origin_of
from core.tenancy.scope import scope

#: Entries a part: a part is one short transaction.
PART = 500
#: Checkpoints on the way, so that a fault is narrowed to a stretch of the log.
WAYMARKS = 16


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """What goes into a bundle.

    size: of the checkpoint that it is proven against. since: size of a checkpoint that the reader
    kept, 0 for none. where: lookups on AuditEntry that select entries; empty for the whole log.
    disclose: whether personal values that are left go with their entries.
    """

    tenant: UUID
    size: int
    since: int = 0
    where: Mapping[str, Any] | None = None
    disclose: bool = False

    @property
    def kind(self) -> bundle.Kind:
        return "selection" if self.where else "complete"


def bundle_parts(request: BundleRequest) -> Iterator[bytes]:
    """Give the bundle's bytes. Each part runs in a transaction of its own, none between parts.

    Raises NotFound, before the first part, where there is no checkpoint of `size` or `since`.
    """
    seal = bundle.Seal()
    yield seal.passed(_head(request))
    after: int | None = -1
    while after is not None:
        part, after = _entries(request, after)
        yield seal.passed(part)
    yield seal.end()


def _head(request: BundleRequest) -> bytes:
    with scope(request.tenant):
        sizes = _sizes(request)
        notes = [checkpoint_of(size).note for size in sizes]
        lines = [bundle.header_line(request.kind, origin_of(request.tenant))]
        lines += [bundle.checkpoint_line(note) for note in notes]
        if request.kind == "selection":
            lines += [
                bundle.consistency_line(old, request.size, consistency_proof(old, request.size))
                for old in sizes[:-1]
            ]
    return b"".join(lines)


def _sizes(request: BundleRequest) -> list[int]:
    """Choose the checkpoints: the kept one, the proven one and, of a whole log, some between."""
    chosen = {request.size, request.since} - {0}
    if request.kind == "complete":
        before = Checkpoint.objects.filter(size__lt=request.size)
        step = max(1, request.size // WAYMARKS)
        for mark in range(step, request.size, step):
            found = before.filter(size__lte=mark).order_by("-size").first()
            if found is not None:
                chosen.add(found.size)
    return sorted(chosen)


def _entries(request: BundleRequest, after: int) -> tuple[bytes, int | None]:
    """Write the entries behind index `after`; give the last index written, None at the end."""
    with scope(request.tenant):
        leaves = AuditLeaf.objects.filter(index__gt=after, index__lt=request.size)
        if request.where:
            leaves = leaves.filter(entry__in=AuditEntry.objects.filter(**request.where))
        rows = list(
            leaves.order_by("index").values_list("index", "hash", "entry_id", "entry__body")[:PART]
        )
        proofs = _proofs([row[0] for row in rows], request)
        disclosed = values_of([row[2] for row in rows]) if request.disclose else {}
    lines: list[bytes] = []
    for index, leaf, entry_id, body in rows:
        lines.append(bundle.entry_line(index, bytes(body), bytes(leaf), proofs.get(index)))
        lines += [
            bundle.personal_line(index, value.name, bytes(value.salt), value.value)
            for value in disclosed.get(entry_id, [])
        ]
    return b"".join(lines), rows[-1][0] if len(rows) == PART else None


def _proofs(indices: list[int], request: BundleRequest) -> dict[int, list[bytes]]:
    """Make the inclusion proofs of a selection's part, with the nodes of all read at once."""
    if request.kind == "complete":
        return {}
    spans = {index: merkle.inclusion_spans(index, request.size) for index in indices}
    nodes = fetch_nodes(node for wanted in spans.values() for node in merkle.proof_nodes(wanted))
    return {index: merkle.assemble(wanted, nodes) for index, wanted in spans.items()}
