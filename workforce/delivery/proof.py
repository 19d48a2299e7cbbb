"""What a release proves, and how it is checked: neither a database nor a server is needed.

The manifest is canonical JSON (UTF-8, keys sorted, no white space), signed with Ed25519 (RFC 8032).
It names every file of the package with size and SHA-256; of each clip, `frames.jsonl` names every
frame of the delivered footage:

    {"frame": 0, "pts": 0, "source_pts": 900, "sha256": "..."}

frame: 0-based, as in every label. pts: ticks of the footage's `time_base` in the manifest.
source_pts: ticks of the client's own file, in its `source_time_base`; null where that is not known.
sha256: of the decoded picture, its planes Y, Cb, Cr (8 bit, 4:2:0, without padding) one after the
other. Whoever decodes a frame can find its number by its hash, and with it the labels on it.
"""

import hashlib
import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from core.crypto.signing import verify
from core.errors import Invalid
from core.media.digests import picture_digests
from workforce.labels.canonical import canonical_json

FORMAT = "custos-release/1"
CHUNK = 1 << 20
NAMES = {"manifest.json", "manifest.sig"}
#: Failures that are listed for each step; the rest is counted.
SHOWN = 20


def manifest_holds(manifest: dict[str, Any], signature: bytes, public_key: bytes) -> bool:
    """Tell whether `signature` is over this very manifest."""
    return verify(public_key, signature, canonical_json(manifest))


@dataclass(slots=True)
class Step:
    """One kind of check: how much of it was looked at, and what failed."""

    title: str
    checked: int = 0
    failures: list[str] = field(default_factory=list)

    def check(self, holds: object, failure: str) -> bool:
        """Count one check; give whether it held."""
        self.checked += 1
        if not holds:
            self.failures.append(failure)
        return bool(holds)


@dataclass(slots=True)
class Report:
    """All steps, in order, and what the package is."""

    steps: list[Step]
    release: dict[str, Any]

    @property
    def ok(self) -> bool:
        return not any(step.failures for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "release": self.release,
            "steps": [
                {
                    "title": step.title,
                    "checked": step.checked,
                    "failed": len(step.failures),
                    "failures": step.failures[:SHOWN],
                }
                for step in self.steps
            ],
        }


def check_release(package: BinaryIO, public_key: bytes, *, frames: bool = True) -> Report:
    """Check a package against the key that the client has from elsewhere.

    frames: decode all footage and compare every picture and its time. Raises Invalid when this is
    no package at all.
    """
    archive, manifest, content, signature = _open(package)
    signed = Step("The manifest is signed by the holder of the key")
    holds = verify(public_key, signature, content) and content == canonical_json(manifest)
    signed.check(holds, "manifest.json is not what was signed")
    steps = [signed, _check_files(archive, manifest)]
    if frames and not steps[1].failures:
        steps.append(_check_frames(archive, manifest))
    return Report(steps, dict(manifest.get("release", {})))


def _open(package: BinaryIO) -> tuple[zipfile.ZipFile, dict[str, Any], bytes, bytes]:
    try:
        archive = zipfile.ZipFile(package)
        content = archive.read("manifest.json")
        manifest = json.loads(content)
        signature = b64decode(archive.read("manifest.sig").split()[0])
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, EOFError) as error:
        raise Invalid("This is no package of a release, or it was cut off.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Invalid(f"This package is not of the form {FORMAT}.")
    return archive, manifest, content, signature


def _check_files(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> Step:
    step = Step("Every file is as the manifest says, and none is missing or added")
    told = {entry["path"]: entry for entry in manifest["files"]}
    names = [name for name in archive.namelist() if name not in NAMES]
    for name in names:
        entry = told.pop(name, None)
        if step.check(entry is not None, f"{name} is not in the manifest, or twice in the package"):
            assert entry is not None
            found = _size_and_hash(archive, name)
            step.check(found == (entry["size"], entry["sha256"]), f"{name} was changed")
    for name in told:
        step.check(holds=False, failure=f"{name} is missing")
    return step


def _size_and_hash(archive: zipfile.ZipFile, name: str) -> tuple[int, str]:
    hashed, size = hashlib.sha256(), 0
    try:
        with archive.open(name) as file:
            while chunk := file.read(CHUNK):
                hashed.update(chunk)
                size += len(chunk)
    except (zipfile.BadZipFile, EOFError, OSError):
        return -1, ""
    return size, hashed.hexdigest()


def frames_told(archive: zipfile.ZipFile, clip: str) -> Iterator[dict[str, Any]]:
    """Give the lines of a clip's frames.jsonl."""
    with archive.open(f"{clip}/frames.jsonl") as file:
        for line in io.TextIOWrapper(file, "utf-8"):
            yield json.loads(line)


def _check_frames(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> Step:
    step = Step("Every frame of the footage has the time and the picture that it is said to have")
    for entry in manifest["clips"]:
        clip = entry["clip"]
        found = picture_digests(io.BytesIO(archive.read(f"{clip}/footage.mp4")))
        told = list(frames_told(archive, clip))
        step.check(
            len(told) == len(found.pts) == entry["frames"]
            and list(found.time_base) == entry["footage"]["time_base"],
            f"{clip} has {len(found.pts)} frames, not {entry['frames']}",
        )
        for line, pts, digest in zip(told, found.pts, found.sha256, strict=False):
            step.check(
                (line["pts"], line["sha256"]) == (pts, digest),
                f"{clip}: frame {line['frame']} is another picture, or at another time",
            )
    return step


@dataclass(frozen=True, slots=True)
class Match:
    """Frame `position` of a clip at hand is frame `frame` of the release's clip."""

    position: int
    clip: str
    frame: int


def find_frames(package: BinaryIO, footage: BinaryIO) -> tuple[int, list[Match]]:
    """Tell which frames of a release the frames of a clip are, by their pictures.

    Gives how many frames the clip has, and the matches. A picture that comes more than once in the
    release is taken for the one after the frame that was found before it, where that is one of
    them, else for the first. Raises Invalid, MediaRefused.
    """
    archive, manifest, _, _ = _open(package)
    places: dict[str, list[tuple[str, int]]] = {}
    for entry in manifest["clips"]:
        for line in frames_told(archive, entry["clip"]):
            places.setdefault(line["sha256"], []).append((entry["clip"], line["frame"]))
    digests = picture_digests(footage).sha256
    matches: list[Match] = []
    for position, digest in enumerate(digests):
        known = places.get(digest)
        if known:
            after = (matches[-1].clip, matches[-1].frame + 1) if matches else None
            clip, frame = after if after in known and after is not None else known[0]
            matches.append(Match(position, clip, frame))
    return len(digests), matches
