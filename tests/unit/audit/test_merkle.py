"""The tree against a naive reading of RFC 6962 section 2.1, and proofs that must not pass."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit import merkle


def naive_root(entries: list[bytes]) -> bytes:
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(m: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*naive_path(m, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(m - k, entries[k:]), naive_root(entries[:k])]


def naive_subproof(m: int, entries: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(entries):
        return [] if whole else [naive_root(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, entries[:k], whole=whole), naive_root(entries[k:])]
    return [*naive_subproof(m - k, entries[k:], whole=False), naive_root(entries[:k])]


def entries_of(count: int) -> list[bytes]:
    return [b"entry %d" % index for index in range(count)]


def grown(entries: list[bytes], cuts: list[int]) -> tuple[merkle.Frontier, dict]:
    """A tree appended in the batches that `cuts` makes, resumed from its frontier each time."""
    nodes: dict[merkle.Node, bytes] = {}
    size = 0
    frontier = merkle.Frontier()
    for end in sorted({*(cut % (len(entries) + 1) for cut in cuts), len(entries)}):
        frontier = merkle.Frontier(size, [nodes[n] for n in merkle.frontier_nodes(size)])
        for run in frontier.extend([merkle.leaf_hash(e) for e in entries[size:end]]):
            for offset, digest in enumerate(run.hashes):
                address = merkle.Node(run.level, run.first + offset)
                assert address not in nodes, "a node is written once"
                nodes[address] = digest
        size = end
    return frontier, nodes


sizes = st.integers(0, 130)
cuts = st.lists(st.integers(0, 1000), max_size=6)


@given(sizes, cuts)
def test_root_is_that_of_the_rfc_however_the_batches_fall(size, batch_cuts):
    entries = entries_of(size)
    frontier, _ = grown(entries, batch_cuts)
    assert frontier.size == size
    assert frontier.root() == naive_root(entries)


@given(st.integers(1, 130), st.data())
def test_inclusion_proof_is_that_of_the_rfc_and_verifies(size, data):
    index = data.draw(st.integers(0, size - 1))
    entries = entries_of(size)
    _, nodes = grown(entries, [])
    spans = merkle.inclusion_spans(index, size)
    proof = merkle.assemble(spans, nodes)
    assert proof == naive_path(index, entries)
    assert len(merkle.proof_nodes(spans)) <= 2 * size.bit_length()
    leaf = merkle.leaf_hash(entries[index])
    assert merkle.includes(index, size, naive_root(entries), leaf, proof)


@given(st.integers(1, 130), st.data())
def test_consistency_proof_is_that_of_the_rfc_and_verifies(new, data):
    old = data.draw(st.integers(1, new))
    entries = entries_of(new)
    _, nodes = grown(entries, [])
    spans = merkle.consistency_spans(old, new)
    proof = merkle.assemble(spans, nodes)
    assert proof == naive_subproof(old, entries, whole=True)
    assert len(merkle.proof_nodes(spans)) <= 3 * new.bit_length()
    assert merkle.extends(old, naive_root(entries[:old]), new, naive_root(entries), proof)


@given(st.integers(1, 70), st.data())
def test_an_altered_inclusion_proof_fails(size, data):
    entries = entries_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = naive_path(index, entries)
    root, leaf = naive_root(entries), merkle.leaf_hash(entries[index])
    claimed = data.draw(st.integers(-1, size + 1))
    # Index and size are part of the claim; a proof of the same length for a different place fails.
    if claimed != index:
        assert not merkle.includes(claimed, size, root, leaf, proof)
    assert not merkle.includes(index, size, root, leaf, [*proof, root])
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        bent = bytes([proof[place][0] ^ 1]) + proof[place][1:]
        assert not merkle.includes(
            index, size, root, leaf, [*proof[:place], bent, *proof[place + 1 :]]
        )
        assert not merkle.includes(index, size, root, leaf, proof[:-1])


@given(st.integers(2, 70), st.data())
def test_an_altered_consistency_proof_fails(new, data):
    entries = entries_of(new)
    old = data.draw(st.integers(1, new - 1))
    proof = naive_subproof(old, entries, whole=True)
    was, now = naive_root(entries[:old]), naive_root(entries)
    other = naive_root([b"rewritten", *entries[1:old]])
    assert not merkle.extends(old, other, new, now, proof)
    assert not merkle.extends(old, was, new, other, proof)
    assert not merkle.extends(old, was, new, now, [*proof, now])
    assert not merkle.extends(old, was, new, now, proof[:-1])
    assert not merkle.extends(new, now, old, was, proof)
    place = data.draw(st.integers(0, len(proof) - 1))
    bent = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    assert not merkle.extends(old, was, new, now, [*proof[:place], bent, *proof[place + 1 :]])


def test_edges_of_consistency():
    root = naive_root(entries_of(3))
    assert merkle.extends(0, merkle.EMPTY_ROOT, 3, root, [])
    assert not merkle.extends(0, root, 3, root, [])
    assert merkle.extends(3, root, 3, root, [])
    assert not merkle.extends(3, root, 3, merkle.EMPTY_ROOT, [])
    assert merkle.consistency_spans(0, 3) == merkle.consistency_spans(3, 3) == []


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_is_refused(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_spans(index, size)


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_sizes_that_cannot_follow_are_refused(old, new):
    with pytest.raises(ValueError, match="not a size before"):
        merkle.consistency_spans(old, new)


def test_a_frontier_must_fit_its_size():
    with pytest.raises(ValueError, match="rests on 2 nodes"):
        merkle.Frontier(3, [merkle.EMPTY_ROOT])


def test_known_answers_of_the_rfc_6962_reference_tree():
    # The eight entries and roots of certificate-transparency's reference implementation.
    entries = [
        bytes.fromhex(h)
        for h in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        assert grown(entries[:size], [])[0].root().hex() == root
