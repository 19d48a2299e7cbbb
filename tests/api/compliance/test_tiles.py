"""The log as static tiles (c2sp.org/tlog-tiles): who knows only them rebuilds the root."""

import struct

import pytest

from core.audit import merkle
from core.audit.notes import VerifierKey, open_checkpoint
from core.audit.tiles import Tile
from tests.api.compliance.test_log_api import actions, drain, url, write

ENTRIES = 600


@pytest.fixture
def log(committed_cast, api):
    """Fetch below /log as Clara; the log has two full tiles and a partial one."""
    for part in (250, 250, 100):
        write(committed_cast.harbour, part)
    drain()
    clara = api(committed_cast.clara)
    return lambda path: clara.get(url(committed_cast.harbour, f"/{path}"))


def test_the_tiles_give_every_entry_and_the_signed_root(log, committed_cast):
    key = VerifierKey.parse(log("key").content.decode())
    head = open_checkpoint(log("checkpoint").content.decode(), key)
    assert head.size == ENTRIES
    bodies, hashes = [], b""
    for path in ("000", "001", "002.p/88"):
        bundle, place = log(f"tile/entries/{path}").content, 0
        while place < len(bundle):
            (length,) = struct.unpack_from(">H", bundle, place)
            bodies.append(bundle[place + 2 : place + 2 + length])
            place += 2 + length
        hashes += log(f"tile/0/{path}").content
    leaves = merkle.leaf_hashes(bodies)
    assert hashes == b"".join(leaves)
    frontier = merkle.Frontier()
    frontier.extend(leaves)
    assert frontier.root() == head.root
    above = log("tile/1/000.p/2").content
    full = merkle.Frontier()
    full.extend(leaves[:256])
    assert above[:32] == full.root()
    assert actions(committed_cast.harbour)[-3:] == ["log.entries.read"] * 3


NO_TILES = [
    "0/003", "0/002", "0/002.p/89", "0/002.p/0", "0/000.p/256", "0/0", "0/x000/000", "1/000",
    "2/000.p/1", "8/000.p/1", "00/000", "entries/002", "0/000.p/1000", "-1/000",
]  # fmt: skip


def test_what_is_not_a_tile_of_this_log_does_not_exist(log):
    assert {path: log(f"tile/{path}").status_code for path in NO_TILES} == dict.fromkeys(
        NO_TILES, 404
    )


@pytest.mark.parametrize(
    ("index", "path"), [(0, "000"), (67, "067"), (1234067, "x001/x234/067"), (1000, "x001/000")]
)
def test_paths_are_those_of_the_specification(index, path):
    tile = Tile(0, index, 256)
    assert tile.path == f"0/{path}"
    assert Tile.parse(f"0/{path}") == tile
    assert Tile.parse(f"entries/{path}.p/8") == Tile(None, index, 8)


def test_a_part_of_a_tile_stays_what_it_was_when_the_log_grows(log, committed_cast):
    before = log("tile/0/002.p/88").content
    write(committed_cast.harbour, 40)
    drain()
    assert log("tile/0/002.p/88").content == before
    assert log("tile/0/002.p/100").content[: len(before)] == before
