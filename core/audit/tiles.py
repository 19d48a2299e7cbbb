"""Static tiles of a log: c2sp.org/tlog-tiles. Needs the tenant's open scope.

A tile of level L and index N holds up to 256 hashes: those of the full subtrees of 256**L leaves.
An entry bundle holds the bytes of up to 256 entries, each with its length before it.
"""

import re
import struct
from dataclasses import dataclass
from typing import Final, Self

from core.audit.merkle import Node
from core.audit.models import AuditLeaf
from core.audit.tree import checkpoint_of, fetch_nodes
from core.errors import Conflict, NotFound

WIDTH: Final = 256
#: Levels of 256 that 2**63 leaves fill.
_LEVELS: Final = 8
_MOST_BYTES: Final = 0xFFFF

_PATH: Final = re.compile(r"([0-9]|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """level is None for a bundle of entries; width counts hashes or entries, 1 to 256."""

    level: int | None
    index: int
    width: int

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read a tile's path: `LEVEL/INDEX[.p/WIDTH]`, or `entries/...`. Raises NotFound."""
        match = _PATH.fullmatch(path)
        if match is None or len(path) > 60:
            raise NotFound
        index = int(match[2].replace("x", "").replace("/", ""))
        width = int(match[3]) if match[3] else WIDTH
        level = None if match[1] == "entries" else int(match[1])
        tile = cls(level, index, width)
        # One address for one tile: no groups of zeros before it, no full tile as a partial one.
        if tile.path != path or (level or 0) >= _LEVELS:
            raise NotFound
        return tile

    @property
    def path(self) -> str:
        """Write the path in its one form."""
        groups = f"{self.index:03d}"
        groups = groups.zfill(-(-len(groups) // 3) * 3)
        parts = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        index = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        level = "entries" if self.level is None else str(self.level)
        return f"{level}/{index}" + (f".p/{self.width}" if self.width != WIDTH else "")

    @property
    def first(self) -> int:
        """Position of its first hash in its level."""
        return self.index * WIDTH

    def require(self) -> None:
        """Raise NotFound unless the newest checkpoint holds all of it."""
        leaves = WIDTH ** (self.level or 0)
        if (self.first + self.width) * leaves > checkpoint_of().size:
            raise NotFound("The newest checkpoint does not reach that far.")


def hash_tile(tile: Tile) -> bytes:
    """Give a tile's hashes, 32 bytes each. Raises NotFound where the log is shorter."""
    assert tile.level is not None
    tile.require()
    nodes = [Node(8 * tile.level, tile.first + offset) for offset in range(tile.width)]
    found = fetch_nodes(nodes)
    return b"".join(found[node] for node in nodes)


def entry_bundle(tile: Tile) -> bytes:
    """Give entries, each after its length in 2 bytes. Raises NotFound where the log is shorter."""
    tile.require()
    rows = AuditLeaf.objects.filter(index__gte=tile.first, index__lt=tile.first + tile.width)
    bodies = [bytes(body) for body in rows.order_by("index").values_list("entry__body", flat=True)]
    if any(len(body) > _MOST_BYTES for body in bodies):
        raise Conflict("An entry here is longer than a tile can hold: fetch a bundle instead.")
    return b"".join(struct.pack(">H", len(body)) + body for body in bodies)
