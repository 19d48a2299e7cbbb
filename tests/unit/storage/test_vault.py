"""The vault: what goes in comes out, ciphertext alone lies in the store."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from core.access.actors import Actor
from core.clock import frozen, now
from core.crypto.keys import rotate_tenant_key
from core.errors import Conflict, Gone, IntegrityFailed, NotFound
from core.storage.erasure import erase
from core.storage.models import Derivation, StoredObject
from core.storage.stores import object_store
from core.storage.vault import create_object, discard_object, open_object, rewrap_objects
from core.tenancy.scope import scope
from tests.unit.storage.seaweed import BUCKET

MARKER = b"custos plaintext marker 51b2"
AUDITOR = Actor.system("test")


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "objects"
    return settings.OBJECT_STORE_FOLDER


def put(tenant, data, kind="source", derived_from=()):
    with create_object(tenant=tenant.id, kind=kind, derived_from=derived_from) as writer:
        writer.write(data)
    return writer.stored


def get(tenant, object_id):
    with open_object(tenant=tenant.id, object_id=object_id) as reader:
        return reader.read()


def every_byte_under(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_an_object_is_stored_and_read_back(cast):
    data = os.urandom(3_000_000)
    row = put(cast.harbour, data)
    assert get(cast.harbour, row.id) == data
    assert row.size == len(data)
    assert row.sha256 == hashlib.sha256(data).digest()
    assert str(row) == f"source {row.id}"


def test_the_ciphertext_hash_is_that_of_the_file(cast, store_folder):
    row = put(cast.harbour, b"a frame")
    assert hashlib.sha256(every_byte_under(store_folder)).digest() == row.ciphertext_sha256


def test_no_plaintext_lies_in_the_store(cast, store_folder):
    put(cast.harbour, MARKER * 100_000)
    stored = every_byte_under(store_folder)
    assert len(stored) > len(MARKER) * 100_000
    assert MARKER not in stored


def test_no_transaction_is_held_while_reading(committed_cast):
    row = put(committed_cast.harbour, b"a frame")
    with open_object(tenant=committed_cast.harbour.id, object_id=row.id) as reader:
        assert not connection.in_atomic_block
        assert reader.pread(2, 5) == b"frame"


def test_another_organizations_object_is_not_there(cast):
    row = put(cast.harbour, b"a frame")
    for object_id in (row.id, uuid4()):
        with pytest.raises(NotFound):
            open_object(tenant=cast.museum.id, object_id=object_id)


def test_a_block_that_fails_leaves_nothing(cast, store_folder):
    def decode():
        with create_object(tenant=cast.harbour.id, kind="x") as writer:
            writer.write(bytes(2_000_000))
            assert writer.tell() == 2_000_000
            raise RuntimeError("the decoder died")

    with pytest.raises(RuntimeError):
        decode()
    assert every_byte_under(store_folder) == b""
    with scope(cast.harbour.id):
        assert not StoredObject.objects.exists()


def test_an_object_is_not_stored_before_the_end(cast):
    with create_object(tenant=cast.harbour.id, kind="x") as writer, pytest.raises(Conflict):
        _ = writer.stored


def test_swapped_objects_do_not_open(cast):
    one, other = put(cast.harbour, b"one"), put(cast.harbour, b"other")
    with scope(cast.harbour.id):
        a, b = one.store_key, other.store_key
        StoredObject.objects.filter(id=one.id).update(store_key="swapping0")
        StoredObject.objects.filter(id=other.id).update(store_key=a)
        StoredObject.objects.filter(id=one.id).update(store_key=b)
    for row in (one, other):
        with pytest.raises(IntegrityFailed):
            open_object(tenant=cast.harbour.id, object_id=row.id)


def test_a_swapped_key_record_does_not_open(cast):
    one, other = put(cast.harbour, b"one"), put(cast.harbour, b"other")
    with scope(cast.harbour.id):
        StoredObject.objects.filter(id=one.id).update(
            wrapped_dek=other.wrapped_dek, commitment=other.commitment
        )
    with pytest.raises(IntegrityFailed):
        open_object(tenant=cast.harbour.id, object_id=one.id)


def test_rotation_rewraps_and_changes_no_ciphertext(cast, store_folder):
    rows = [put(cast.harbour, f"frame {i}".encode()) for i in range(3)]
    before = every_byte_under(store_folder)
    rotate_tenant_key(tenant=cast.harbour.id)
    reader = open_object(tenant=cast.harbour.id, object_id=rows[0].id)
    assert rewrap_objects(tenant=cast.harbour.id, batch=2) == 3
    assert rewrap_objects(tenant=cast.harbour.id) == 0
    assert reader.read() == b"frame 0"
    assert [get(cast.harbour, row.id) for row in rows] == [b"frame 0", b"frame 1", b"frame 2"]
    assert every_byte_under(store_folder) == before


def test_erasing_takes_everything_derived(cast, run_jobs, store_folder):
    source = put(cast.harbour, b"source")
    mezzanine = put(cast.harbour, b"mezzanine", "mezzanine", [source.id])
    thumbnail = put(cast.harbour, b"thumbnail", "thumbnail", [mezzanine.id, source.id])
    other = put(cast.harbour, b"other")
    with scope(cast.harbour.id):
        made = Derivation.objects.get(child=mezzanine)
        assert str(made) == f"{mezzanine.id} from {source.id}"
    instant = datetime(2026, 3, 1, tzinfo=UTC)
    with frozen(instant):
        erased = erase(
            tenant=cast.harbour.id, object_id=source.id, actor=AUDITOR, reason="client_request"
        )
    assert {gone.id for gone in erased} == {source.id, mezzanine.id, thumbnail.id}
    assert {gone.erased_at for gone in erased} == {instant}
    assert {gone.ciphertext_sha256 for gone in erased} >= {source.ciphertext_sha256.hex()}
    for row in (source, mezzanine, thumbnail):
        with pytest.raises(Gone):
            open_object(tenant=cast.harbour.id, object_id=row.id)
    run_jobs()
    assert list(object_store().keys()) == [other.store_key]
    assert get(cast.harbour, other.id) == b"other"


def test_erasing_again_changes_nothing(cast):
    row = put(cast.harbour, b"source")
    arguments = {"tenant": cast.harbour.id, "object_id": row.id, "actor": AUDITOR}
    first = erase(**arguments, reason="retention")
    assert erase(**arguments, reason="client_request") == first


def test_what_is_not_there_is_not_erased(cast):
    row = put(cast.harbour, b"source")
    with pytest.raises(NotFound):
        erase(tenant=cast.museum.id, object_id=row.id, actor=AUDITOR, reason="retention")
    assert get(cast.harbour, row.id) == b"source"


def test_nothing_is_derived_from_what_is_erased_or_missing(cast, store_folder):
    source = put(cast.harbour, b"source")
    erase(tenant=cast.harbour.id, object_id=source.id, actor=AUDITOR, reason="retention")
    before = every_byte_under(store_folder)
    with pytest.raises(Gone):
        put(cast.harbour, b"late", "mezzanine", [source.id])
    with pytest.raises(NotFound):
        put(cast.harbour, b"lost", "mezzanine", [uuid4()])
    with pytest.raises(NotFound):
        put(cast.museum, b"foreign", "mezzanine", [source.id])
    assert every_byte_under(store_folder) == before


def test_what_is_discarded_leaves_no_trace(cast, store_folder):
    source = put(cast.harbour, b"source")
    before = every_byte_under(store_folder)
    draft = put(cast.harbour, b"draft", "mezzanine", [source.id])
    for _ in range(2):
        discard_object(tenant=cast.harbour.id, object_id=draft.id)
    assert every_byte_under(store_folder) == before
    with scope(cast.harbour.id):
        assert not Derivation.objects.exists()
        assert StoredObject.objects.get() == source


@pytest.fixture
def bucket(settings, seaweed, monkeypatch):
    """The vault on a real S3 server."""
    names = {"region_name": "AWS_DEFAULT_REGION"}
    for name, value in seaweed.credentials().items():
        monkeypatch.setenv(names.get(name, name.upper()), value)
    settings.OBJECT_STORE_BUCKET = BUCKET
    settings.OBJECT_STORE_ENDPOINT = seaweed.endpoint
    return seaweed.store()


def test_the_vault_works_on_a_bucket(cast, bucket):
    data = os.urandom(17 * 1024 * 1024)
    row = put(cast.harbour, data)
    with open_object(tenant=cast.harbour.id, object_id=row.id) as reader:
        assert reader.pread(8_000_000, 3_000_000) == data[8_000_000:11_000_000]
        assert reader.read() == data
    raw = bucket.open(row.store_key)
    assert hashlib.sha256(raw.pread(0, raw.size)).digest() == row.ciphertext_sha256


def test_erasing_and_failing_leave_nothing_in_a_bucket(cast, bucket, run_jobs):
    before = set(bucket.keys())
    source = put(cast.harbour, MARKER * 10)
    mezzanine = put(cast.harbour, MARKER * 20, "mezzanine", [source.id])
    assert set(bucket.keys()) - before == {source.store_key, mezzanine.store_key}
    erase(tenant=cast.harbour.id, object_id=source.id, actor=AUDITOR, reason="retention")
    run_jobs()
    with pytest.raises(Gone):
        put(cast.harbour, bytes(17 * 1024 * 1024), "mezzanine", [source.id])
    assert set(bucket.keys()) == before
    assert not set(bucket.leftovers(before=now() + timedelta(hours=1)))


def test_what_crashes_left_is_removed_and_open_work_is_kept(cast, store_folder):
    """A worker died in the middle of an object nine days ago; another room still needs its own."""
    from core.storage import jobs

    store = object_store()
    for name in ("leftoverone", "neededname", "freshstage"):
        store.stage(name).close()
    old = (now() - timedelta(days=10)).timestamp()
    for name in ("leftoverone", "neededname"):
        os.utime(store_folder / "staging" / name, (old, old))
    keeper = jobs.keeps_stagings(lambda: {"neededname"})
    try:
        assert jobs.remove_leftovers() == 1
        assert jobs.remove_leftovers() == 0
    finally:
        jobs._keepers.remove(keeper)
    assert {p.name for p in (store_folder / "staging").iterdir()} == {"neededname", "freshstage"}


def test_a_bucket_is_used_where_settings_name_one(settings, monkeypatch):
    from core.storage.s3 import S3Store

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings.OBJECT_STORE_BUCKET = "footage"
    assert isinstance(object_store(), S3Store)
    assert object_store() is object_store()
