"""The inclusion proof of an entry as a drawing: the path from its leaf up to the root.

Geometry of the design: one step is 23 px, the path runs at x = 194 of 388, neighbours stand at the
side on which they are hashed.
"""

from dataclasses import dataclass

from core.audit.merkle import inclusion_spans

_STEP, _TOP, _LEFT, _RIGHT = 23, 14, 12, 272


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A subtree whose hash the proof gives: its leaves first..last, and its box at (x, y)."""

    first: int
    last: int
    hash: str
    on_left: bool
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class ProofPath:
    """`nodes`: heights of what is computed between leaf and root."""

    height: int
    leaf_y: int
    neighbours: list[Neighbour]
    nodes: list[int]


def proof_path(index: int, size: int, proof: list[str]) -> ProofPath:
    """Lay out the proof of leaf `index` in a tree of `size` leaves; proof: base64 hashes."""
    leaf_y = _TOP + _STEP * len(proof)
    neighbours = [
        Neighbour(
            first=span.start,
            last=span.end - 1,
            hash=digest,
            on_left=span.end <= index,
            x=_LEFT if span.end <= index else _RIGHT,
            y=leaf_y - _STEP * level,
        )
        for level, (span, digest) in enumerate(
            zip(inclusion_spans(index, size), proof, strict=True)
        )
    ]
    nodes = [leaf_y - _STEP * level for level in range(1, len(proof))]
    return ProofPath(leaf_y + 16, leaf_y, neighbours, nodes)
