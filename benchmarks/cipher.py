"""Encrypting a file into a file, against a plain copy and against Google's Tink; and its memory.

All read and write in pieces and end with fsync. Rounds are interleaved and the fastest of each
counts, so what else the machine does counts least. `hashed` is how footage enters the vault: the
same with SHA-256 of plaintext and of ciphertext, whose speed is that of the processor's SHA-256.

Usage: benchmarks/cipher.py [MEBIBYTES]
"""

import hashlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.report import report
from core.crypto.cipher import DecryptingReader, EncryptingWriter, HashingSink
from core.storage.folder import FolderBytes
from tests.unit.crypto.tink_stream import tink_primitive

MEBIBYTE = 1 << 20
PIECE = 4 * MEBIBYTE
ROUNDS = 7
GOAL_COPY, GOAL_TINK = 0.85, 1.1
#: Two passes of SHA-256 over what AES-GCM alone does at the speed of a copy.
GOAL_HASHED = 0.25
#: The file is so many times larger than what memory grows by from a small one to it.
GOAL_MEMORY = 16
DEK, AAD = bytes(range(32)), b"bench"


def pieces(source):
    buffer = bytearray(PIECE)
    view = memoryview(buffer)
    with source.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            yield view[:count]


def plain(source, target):
    with target.open("wb", buffering=0) as out:
        for piece in pieces(source):
            out.write(piece)
        os.fsync(out.fileno())


def ours(source, target):
    with target.open("wb", buffering=0) as out:
        with EncryptingWriter(DEK, out, AAD) as writer:
            for piece in pieces(source):
                writer.write(piece)
        os.fsync(out.fileno())


def hashed(source, target):
    digest = hashlib.sha256()
    with target.open("wb", buffering=0) as out:
        with EncryptingWriter(DEK, HashingSink(out), AAD) as writer:
            for piece in pieces(source):
                digest.update(piece)
                writer.write(piece)
        os.fsync(out.fileno())


def tinks(source, target):
    primitive = tink_primitive(DEK, MEBIBYTE)
    with target.open("wb", buffering=0) as out:
        copy = os.fdopen(os.dup(out.fileno()), "wb", buffering=0)
        with primitive.new_encrypting_stream(copy, AAD) as stream:
            for piece in pieces(source):
                stream.write(bytes(piece))
        os.fsync(out.fileno())


def seconds(run, source, target):
    target.unlink(missing_ok=True)
    os.sync()
    start = time.perf_counter()
    run(source, target)
    return time.perf_counter() - start


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    runs = (plain, ours, tinks, hashed)
    growth = memory_growth(size)
    times = {run.__name__: [] for run in runs}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        with source.open("wb") as file:
            for _ in range(size):
                file.write(os.urandom(MEBIBYTE))
        for _ in range(ROUNDS):
            for run in runs:
                times[run.__name__].append(seconds(run, source, target))
        ours(source, target)
        with DecryptingReader(DEK, FolderBytes(target), AAD) as reader:
            if (
                reader.pread(size * MEBIBYTE // 2, 1000)
                != source.read_bytes()[size * MEBIBYTE // 2 :][:1000]
            ):
                sys.exit("what was encrypted does not come back")

    def ratio(other, mine="ours"):
        return min(times[other]) / min(times[mine])

    seconds_of = {name: round(min(each), 3) for name, each in times.items()}
    inputs = {"mebibytes": size, "rounds": ROUNDS, "seconds": seconds_of}
    figures = [
        ("cipher", ratio("plain"), "plain copy of the file", GOAL_COPY),
        ("cipher-tink", ratio("tinks"), "Tink, the same stream", GOAL_TINK),
        ("cipher-hashed", ratio("plain", "hashed"), "plain copy of the file", GOAL_HASHED),
    ]
    packages = ("cryptography", "tink")
    for name, figure, to, goal in figures:
        report(name, ratio=figure, to=to, goal=goal, inputs=inputs, packages=packages)
    report(
        "cipher-memory",
        ratio=size / max(growth, 1),
        to="what peak memory grows by, from 8 MiB to so many",
        goal=GOAL_MEMORY,
        inputs={"mebibytes": size, "grown_mebibytes": round(growth, 1)},
        packages=packages,
    )


def memory_growth(size):
    """MiB by which peak memory grows from a file of 8 MiB to one of `size`, in this process."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        peaks = []
        for mebibytes in (8, size):
            with source.open("wb") as file:
                for _ in range(mebibytes):
                    file.write(os.urandom(MEBIBYTE))
            ours(source, target)
            with DecryptingReader(DEK, FolderBytes(target), AAD) as reader:
                while reader.read(MEBIBYTE):
                    pass
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return peaks[1] - peaks[0]


if __name__ == "__main__":
    main()
