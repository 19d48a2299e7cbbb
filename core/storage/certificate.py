"""Certificates of erasure: what was made unreadable, when, and what they do not cover.

Canonical JSON, signed with Ed25519. The ciphertext hashes find copies of the bytes wherever they
lie; the places that still hold wrapped keys are named with the day on which they forget them, and
so is what is kept on purpose.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from core.audit.entries import canonical
from core.clock import now
from core.crypto.signing import Signer
from core.storage.certificate_check import FORMAT
from core.storage.erasure import ErasedObject


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
        NotCovered("former versions of rows in the database's own files, until vacuumed", until),
    ]


def certify(
    *,
    tenant: UUID,
    erased: Sequence[ErasedObject],
    subject: Mapping[str, str] | None = None,
    kept: Sequence[str] = (),
    signer: Signer | None = None,
) -> bytes:
    """Write the certificate of an erasure.

    erased: as `core.storage.erasure.erase` gives it. subject: what was erased and why, in ids and
    codes. kept: what the rules leave in place, in words. Signed with the key of releases if none is
    given.
    """
    signer = signer or Signer.from_seed(settings.RELEASE_SIGNING_SEED)
    instant = now()
    latest = max((gone.erased_at for gone in erased), default=instant)
    body = {
        "format": FORMAT,
        "tenant": str(tenant),
        "subject": dict(subject or {}),
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
        "kept": list(kept),
    }
    signature = base64.b64encode(signer.sign(canonical(body))).decode("ascii")
    return canonical({"certificate": body, "signature": signature})
