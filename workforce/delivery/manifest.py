"""The signed manifest: from footage hash to label, what a release is made of.

Canonical JSON (UTF-8, keys sorted, no white space), signed with Ed25519 (RFC 8032). Anyone with the
public key can check it, and with it every file of the package, offline.
"""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from core.crypto.signing import Signer
from workforce.delivery.proof import FORMAT
from workforce.labels.canonical import canonical_json


def signer() -> Signer:
    """Give the key that signs manifests."""
    return Signer.from_seed(settings.RELEASE_SIGNING_SEED)


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a package; size in bytes, sha256 in hex."""

    path: str
    size: int
    sha256: str


def build_manifest(
    *,
    release: dict[str, Any],
    clips: Sequence[dict[str, Any]],
    files: Sequence[PackedFile],
    identities: dict[str, Any],
) -> dict[str, Any]:
    """Give the manifest's document."""
    return {
        "format": FORMAT,
        "release": release,
        "clips": list(clips),
        "files": [asdict(file) for file in files],
        "identities": identities,
    }


def sign_manifest(manifest: dict[str, Any], signer: Signer) -> bytes:
    """Give the 64-byte signature over the canonical form."""
    return signer.sign(canonical_json(manifest))


def signature_file(signature: bytes, public_key: bytes) -> bytes:
    """Give the text of manifest.sig: signature and key, base64, one a line."""
    lines = (base64.b64encode(part).decode() for part in (signature, public_key))
    return ("\n".join(lines) + "\n").encode()
