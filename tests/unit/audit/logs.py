"""A log in memory that makes bundles as the server does, for tests of the verifier."""

from io import BytesIO
from uuid import UUID

from core.audit import bundle, merkle
from core.audit.entries import canonical, commitment
from core.audit.notes import Checkpoint, VerifierKey, sign_checkpoint
from core.audit.verify import Report, verify_bundle
from core.crypto.signing import Signer

ORIGIN = "log.custos.example/t/0b9e41c2-7a51-4d10-9f54-6e0f7f0b6f7d"
SIGNER = Signer.from_seed(b"s" * 32)
KEY = VerifierKey(ORIGIN, SIGNER.public_key)
SALT = bytes(range(32))


def body_of(index: int, **details) -> bytes:
    entry = UUID(int=index + 1)
    name = commitment(entry=entry, name="actor", salt=SALT, value=f"Bob {index}")
    site = commitment(entry=entry, name="site", salt=SALT, value=f"Gate {index} é")
    return canonical(
        {
            "v": 1,
            "id": str(entry),
            "action": "footage.gop.serve",
            "actor": {"kind": "person", "id": str(UUID(int=7)), "commitment": name},
            "details": {"n": index, **details},
            "personal": {"site": site},
        }
    )


class MemoryLog:
    def __init__(self, bodies: list[bytes], *, signer: Signer = SIGNER, origin: str = ORIGIN):
        self.bodies, self.signer, self.origin = bodies, signer, origin
        self.leaves = [merkle.leaf_hash(body) for body in bodies]
        frontier = merkle.Frontier()
        self.nodes = {
            merkle.Node(run.level, run.first + offset): digest
            for run in frontier.extend(self.leaves)
            for offset, digest in enumerate(run.hashes)
        }

    def checkpoint(self, size: int | None = None) -> str:
        size = len(self.leaves) if size is None else size
        nodes = [self.nodes[node] for node in merkle.frontier_nodes(size)]
        return sign_checkpoint(Checkpoint(self.origin, size, merkle.fold(nodes)), self.signer)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return merkle.assemble(merkle.consistency_spans(old, new), self.nodes)

    def inclusion(self, index: int) -> list[bytes]:
        return merkle.assemble(merkle.inclusion_spans(index, len(self.leaves)), self.nodes)

    def complete(self, *sizes: int, disclose: bool = False) -> bytes:
        lines = [bundle.header_line("complete", self.origin)]
        lines += [bundle.checkpoint_line(self.checkpoint(s)) for s in (*sizes, len(self.leaves))]
        for index, body in enumerate(self.bodies):
            lines.append(bundle.entry_line(index, body, self.leaves[index]))
            lines += disclosed(index) if disclose else []
        return sealed(lines)

    def selection(self, indices: list[int], *sizes: int, disclose: bool = False) -> bytes:
        size = len(self.leaves)
        lines = [bundle.header_line("selection", self.origin)]
        lines += [bundle.checkpoint_line(self.checkpoint(s)) for s in (*sizes, size)]
        lines += [bundle.consistency_line(s, size, self.consistency(s, size)) for s in sizes]
        for index in indices:
            proof = self.inclusion(index)
            lines.append(bundle.entry_line(index, self.bodies[index], self.leaves[index], proof))
            lines += disclosed(index) if disclose else []
        return sealed(lines)


def disclosed(index: int) -> list[bytes]:
    return [
        bundle.personal_line(index, "actor", SALT, f"Bob {index}"),
        bundle.personal_line(index, "site", SALT, f"Gate {index} é"),
    ]


def sealed(lines: list[bytes]) -> bytes:
    """The bundle of these lines with the seal that fits them."""
    seal = bundle.Seal()
    return b"".join([*(seal.passed(line) for line in lines), seal.end()])


def checked(data: bytes, since: str | None = None, key: VerifierKey = KEY) -> Report:
    return verify_bundle(BytesIO(data), key=key, since=since)


def failures(report: Report, step: str) -> list[str]:
    return next(found.failures for found in report.steps if found.name == step)


def log_of(count: int) -> MemoryLog:
    return MemoryLog([body_of(index) for index in range(count)])
