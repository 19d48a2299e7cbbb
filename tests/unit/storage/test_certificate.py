"""A certificate of erasure verifies, and says what it does not cover."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.clock import frozen
from core.crypto.signing import Signer
from core.errors import IntegrityFailed
from core.storage.certificate import certify
from core.storage.certificate_check import check_certificate
from core.storage.erasure import ErasedObject

INSTANT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GONE = ErasedObject(uuid4(), "source", 7, "ab" * 32, INSTANT)


@pytest.fixture
def certificate(settings):
    settings.BACKUP_DAYS = 10
    signer, tenant = Signer.generate(), uuid4()
    with frozen(INSTANT):
        raw = certify(
            tenant=tenant,
            erased=[GONE],
            subject={"reason": "retention"},
            kept=["labels"],
            signer=signer,
        )
    return raw, signer, tenant


def test_it_names_what_was_erased_and_what_is_not_covered(certificate):
    raw, signer, tenant = certificate
    body = check_certificate(raw, public_key=signer.public_key)
    assert body["tenant"] == str(tenant)
    assert body["objects"] == [
        {
            "id": str(GONE.id),
            "kind": "source",
            "bytes": 7,
            "ciphertext_sha256": "ab" * 32,
            "erased_at": "2026-03-01T12:00:00+00:00",
        }
    ]
    assert {place["until"] for place in body["not_covered_yet"]} == {"2026-03-11"}
    places = " ".join(place["what"] for place in body["not_covered_yet"])
    for copy in ("backups", "write-ahead log", "former versions of rows"):
        assert copy in places
    assert body["kept"] == ["labels"]
    assert body["subject"] == {"reason": "retention"}


def test_anything_changed_is_found(certificate):
    raw, signer, _ = certificate
    document = json.loads(raw)
    document["certificate"]["objects"][0]["bytes"] = 8
    for bad in (json.dumps(document).encode(), b"", b"[]", b"{}", raw[:-5], b'{"certificate": 1}'):
        with pytest.raises(IntegrityFailed):
            check_certificate(bad, public_key=signer.public_key)
    with pytest.raises(IntegrityFailed):
        check_certificate(raw, public_key=Signer.generate().public_key)


def test_the_key_of_releases_signs_where_none_is_given(settings):
    settings.RELEASE_SIGNING_SEED = bytes(32)
    raw = certify(tenant=uuid4(), erased=[])
    assert check_certificate(raw, public_key=Signer.from_seed(bytes(32)).public_key)
