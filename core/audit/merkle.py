"""Merkle trees of RFC 6962, with proofs made and checked as in RFC 9162 section 2.1.

A tree is addressed by *nodes*: `(level, position)` is the root of the full subtree over the leaves
`[position << level, (position + 1) << level)`. Only full subtrees are ever stored, because they
never change; what lies at the ragged right edge is folded together when it is needed. A proof over
n leaves reads O(log n) nodes, and says beforehand which ones, so that a store fetches them in one
query.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


class Node(NamedTuple):
    """Address of a full subtree of 2**level leaves."""

    level: int
    position: int


class Run(NamedTuple):
    """Hashes of neighbouring nodes of one level; `first` is the position of hashes[0]."""

    level: int
    first: int
    hashes: list[bytes]


class Span(NamedTuple):
    """Leaves [start, end) whose subtree root stands in a proof."""

    start: int
    end: int


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry's bytes: SHA-256(0x00 || entry), RFC 9162 section 2.1.1."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Hash many entries' bytes."""
    hashes = []
    # A copy of a begun hash is quicker than a new one, by a tenth.
    begin = sha256(b"\x00").copy
    for entry in entries:
        leaf = begin()
        leaf.update(entry)
        hashes.append(leaf.digest())
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children: SHA-256(0x01 || left || right), RFC 9162 section 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The tree as far as appending needs it: one waiting left child for each set bit of `size`."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Resume at `size` leaves; `hashes` are those of `frontier_nodes(size)`, in that order."""
        nodes = frontier_nodes(size)
        if len(nodes) != len(hashes):
            raise ValueError(f"a tree of {size} leaves rests on {len(nodes)} nodes")
        self.size = size
        self._waiting = {node.level: digest for node, digest in zip(nodes, hashes, strict=True)}

    def extend(self, leaves: Sequence[bytes]) -> list[Run]:
        """Append leaf hashes; give every node that became full, leaves first, level by level."""
        runs: list[Run] = []
        level, first, hashes = 0, self.size, list(leaves)
        self.size += len(hashes)
        while hashes:
            runs.append(Run(level, first, hashes))
            if first % 2:
                first -= 1
                hashes = [self._waiting.pop(level), *hashes]
            if len(hashes) % 2:
                self._waiting[level] = hashes[-1]
            hashes = _parents(hashes)
            level, first = level + 1, first // 2
        return runs

    def root(self) -> bytes:
        """Give the tree's root hash."""
        return fold([self._waiting[level] for level in sorted(self._waiting, reverse=True)])


def _parents(hashes: list[bytes]) -> list[bytes]:
    """Hash neighbours pairwise; an odd last one is left out."""
    each, parents = iter(hashes), []
    # Inline, not node_hash: the call would cost a third of the time.
    begin = sha256(b"\x01").copy
    for left, right in zip(each, each, strict=False):
        node = begin()
        node.update(left + right)
        parents.append(node.digest())
    return parents


def fold(hashes: Sequence[bytes]) -> bytes:
    """Give the root over full subtrees that stand side by side, largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def frontier_nodes(size: int) -> list[Node]:
    """Name the full subtrees that make up a tree of `size` leaves, left to right."""
    return stored_nodes(Span(0, size))


def stored_nodes(span: Span) -> list[Node]:
    """Cut a subtree's span into full nodes, left to right.

    `span.start` is a multiple of the smallest power of two that holds the span, as it is for
    every subtree of a Merkle tree.
    """
    nodes: list[Node] = []
    start, left = span.start, span.end - span.start
    while left:
        level = left.bit_length() - 1
        nodes.append(Node(level, start >> level))
        start, left = start + (1 << level), left - (1 << level)
    return nodes


def _split(size: int) -> int:
    """Give the largest power of two smaller than size (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Name the subtrees of an inclusion proof, from the leaf's sibling upward.

    RFC 9162 section 2.1.3.1. Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Name the subtrees of a consistency proof between two tree sizes.

    RFC 9162 section 2.1.4.1. Empty for old == 0 and old == new.
    Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"{old} is not a size before {new}")
    if old in {0, new}:
        return []
    spans: list[Span] = []
    start, end = 0, new
    # A subtree that begins at 0 and ends at `old` is the old tree itself: its root is known.
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    if start:
        spans.append(Span(start, end))
    return spans[::-1]


def proof_nodes(spans: Iterable[Span]) -> list[Node]:
    """Name the nodes to fetch for a proof."""
    return [node for span in spans for node in stored_nodes(span)]


def assemble(spans: Iterable[Span], hashes: Mapping[Node, bytes]) -> list[bytes]:
    """Make a proof's hashes of the nodes fetched. Raises KeyError for a node that is missing."""
    return [fold([hashes[node] for node in stored_nodes(span)]) for span in spans]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Give the root that an inclusion proof leads to, or None if its shape is wrong.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    fn, sn, root = index, size - 1, leaf
    for digest in proof:
        if sn == 0:
            return None
        if fn % 2 or fn == sn:
            root = node_hash(digest, root)
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, digest)
        fn, sn = fn >> 1, sn >> 1
    return root if sn == 0 else None


def includes(index: int, size: int, root: bytes, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows `leaf` at `index` of the tree (size, root)."""
    return root_from_inclusion(index, size, leaf, proof) == root


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows that tree (new, new_root) only adds leaves to (old, old_root).

    RFC 9162 section 2.1.4.2. Every tree extends the empty one, and itself.
    """
    if old == 0:
        return old_root == EMPTY_ROOT and not proof
    if old == new:
        return old_root == new_root and not proof
    if old > new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    fn, sn = old - 1, new - 1
    while fn % 2:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for digest in path[1:]:
        if sn == 0:
            return False
        if fn % 2 or fn == sn:
            first, second = node_hash(digest, first), node_hash(digest, second)
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, digest)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == new_root
