"""Certificates of erasure: what was made unreadable, when, and what is not covered yet.

Canonical JSON, signed with Ed25519. The ciphertext hashes find copies of the bytes wherever they
lie; the places that still hold wrapped keys are named with the day on which they forget them.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from core.audit.entries import canonical
from core.clock import now
from core.crypto.signing import Signer, verify
from core.errors import IntegrityFailed
from core.storage.erasure import ErasedObject

FORMAT: Final = "custos-erasure/1"


@dataclass(frozen=True, slots=True)
class NotCovered:
    """A place that this installation can't erase from at once, and when it will have forgotten."""

    what: str
    until: date


def not_covered_yet(instant: datetime) -> list[NotCovered]:
    """What keeps wrapped keys after an erasure at `instant`: copies of the database."""
    until = (instant + timedelta(days=settings.BACKUP_DAYS)).date()
    return [
        NotCovered("backups of the database", until),
        NotCovered("write-ahead log of the database, and archives of it", until),
    ]


def certify(*, tenant: UUID, erased: Sequence[ErasedObject], signer: Signer | None = None) -> bytes:
    """Write the certificate of an erasure.

    erased: as `core.storage.erasure.erase` gives it. Signed with the key of releases if none is
    given.
    """
    signer = signer or Signer.from_seed(settings.RELEASE_SIGNING_SEED)
    instant = now()
    latest = max((gone.erased_at for gone in erased), default=instant)
    body = {
        "format": FORMAT,
        "tenant": str(tenant),
        "issued_at": instant.isoformat(),
        "objects": [
            {
                "id": str(gone.id),
                "kind": gone.kind,
                "bytes": gone.size,
                "ciphertext_sha256": gone.ciphertext_sha256,
                "erased_at": gone.erased_at.isoformat(),
            }
            for gone in erased
        ],
        "not_covered_yet": [
            {"what": place.what, "until": place.until.isoformat()}
            for place in not_covered_yet(latest)
        ],
    }
    signature = base64.b64encode(signer.sign(canonical(body))).decode("ascii")
    return canonical({"certificate": body, "signature": signature})


def check_certificate(raw: bytes, *, public_key: bytes) -> dict[str, Any]:
    """Give the body of a certificate. Raises IntegrityFailed unless the key's holder signed it."""
    try:
        document = json.loads(raw)
        body = document["certificate"]
        signature = base64.b64decode(document["signature"], validate=True)
        known = body["format"] == FORMAT
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise IntegrityFailed("This is not a certificate of erasure.") from None
    if not known or not verify(public_key, signature, canonical(body)):
        raise IntegrityFailed("The certificate was not signed by this key, or was changed.")
    return dict(body)
