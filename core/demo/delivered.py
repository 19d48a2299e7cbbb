"""A downloaded release, checked as a client would check it: offline, with the public key."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64decode
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from core.crypto.signing import verify
from core.demo.coverage import Coverage, tally
from core.demo.truth import Truth
from core.media.frames import read_frames


@dataclass(frozen=True)
class Delivered:
    """The zip of a release on the client's disk."""

    path: Path

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.path) as package:
            return package.read(name)

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("manifest.json"))
        return found

    def signature_holds(self, key: str, manifest: bytes | None = None) -> bool:
        """Whether the package's signature is over ``manifest`` (its own by default).

        ``key``: Ed25519, base64, fetched apart from the package.
        """
        signature = b64decode(self.read("manifest.sig").split()[0])
        return verify(b64decode(key), signature, manifest or self.read("manifest.json"))

    def wrong_files(self) -> list[str]:
        """Files that are missing, too many, or not as the manifest says."""
        told = {file["path"]: file for file in self.manifest["files"]}
        wrong = []
        with zipfile.ZipFile(self.path) as package:
            for name in package.namelist():
                if name in {"manifest.json", "manifest.sig"}:
                    continue
                expected = told.pop(name, None)
                content = package.read(name)
                if (
                    expected is None
                    or expected["size"] != len(content)
                    or (expected["sha256"] != hashlib.sha256(content).hexdigest())
                ):
                    wrong.append(name)
        return [*wrong, *told]

    def footage(self, clip: str) -> io.BytesIO:
        """The redacted footage of one clip."""
        return io.BytesIO(self.read(f"{clip}/footage.mp4"))


def measure_coverage(
    source: Path, delivered: io.BytesIO, truth: Truth, totals: dict[str, Coverage]
) -> int:
    """Compare both clips picture by picture at every true face and plate, into ``totals``.

    Gives the number of frames in which the pictures do not pair up (one clip longer, or of another
    size).
    """
    unpaired = 0
    with source.open("rb") as file:
        for before, after in zip_longest(read_frames(file), read_frames(delivered)):
            if before is None or after is None or before.pixels.shape != after.pixels.shape:
                unpaired += 1
                continue
            tally(before.pixels, after.pixels, truth.marks[before.frame], totals)
    return unpaired
