"""How fast a log verifies, against the raw limit: OpenSSL's own C loop over such messages.

The log's entries have 64 bytes, so its 2n - 1 leaf and node messages have 65 each. The verifier
reads the bundle from a file, checks each line, hashes the tree and compares the signed root.

Usage: benchmarks/log.py [ENTRIES]
"""

import json
import subprocess
import sys
import tempfile
import time
from typing import BinaryIO

from core.audit import bundle, merkle
from core.audit.notes import Checkpoint, VerifierKey, sign_checkpoint
from core.audit.verify import verify_bundle
from core.crypto.signing import Signer

GOAL = 0.25
MESSAGE = 65
PART = 10_000
SIGNER = Signer.from_seed(bytes(32))
KEY = VerifierKey("log.example/bench", SIGNER.public_key)


def entry(index: int) -> bytes:
    return (b'{"n":%d,"x":"' % index).ljust(MESSAGE - 3, b"-") + b'"}'


def write(stream: BinaryIO, entries: int) -> None:
    frontier = merkle.Frontier()
    for start in range(0, entries, PART):
        part = range(start, min(start + PART, entries))
        frontier.extend(merkle.leaf_hashes(entry(index) for index in part))
    note = sign_checkpoint(Checkpoint(KEY.name, entries, frontier.root()), SIGNER)
    seal = bundle.Seal()
    head = bundle.header_line("complete", KEY.name) + bundle.checkpoint_line(note)
    stream.write(seal.passed(head))
    for start in range(0, entries, PART):
        bodies = [entry(index) for index in range(start, min(start + PART, entries))]
        lines = bundle.entry_lines(start, bodies, merkle.leaf_hashes(bodies))
        stream.write(seal.passed(b"".join(lines)))
    stream.write(seal.end())


def raw_seconds(messages: int) -> float:
    """What OpenSSL needs for so many messages, one EVP digest each, in C."""
    command = ["openssl", "speed", "-mr", "-elapsed", "-seconds", "2", "-bytes", str(MESSAGE)]
    done = subprocess.run([*command, "-evp", "sha256"], capture_output=True, text=True, check=True)
    result = next(line for line in done.stdout.splitlines() if line.startswith("+F:"))
    return messages * MESSAGE / float(result.rpartition(":")[2])


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryFile() as stream:
        write(stream, entries)
        stream.seek(0)
        before = raw_seconds(2 * entries - 1)
        start = time.perf_counter()
        report = verify_bundle(stream, key=KEY)
        seconds = time.perf_counter() - start
        raw = (before + raw_seconds(2 * entries - 1)) / 2
    if not report.ok:
        raise SystemExit(f"the bundle does not verify: {report.as_json()}")
    ratio = raw / seconds
    inputs = {
        "entries": entries,
        "message_bytes": MESSAGE,
        "seconds": round(seconds, 3),
        "raw_seconds": round(raw, 3),
    }
    result = {
        "name": "log",
        "ratio": round(ratio, 3),
        "to": "OpenSSL SHA-256 in C over the same messages",
        "goal": GOAL,
        "met": ratio >= GOAL,
        "inputs": inputs,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
