"""Keys are replaced while everything stays readable; what was killed in the middle goes on."""

import json
from datetime import timedelta

import pytest
from django.test import override_settings

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import now
from core.crypto.keys import open_keys
from core.crypto.wrapping import new_key
from core.errors import Conflict, Misconfigured
from core.outbox.jobs import JobContext, run
from core.outbox.models import Job
from core.outbox.sweeper import sweep
from core.storage import rotation
from core.storage.erasure import erase
from core.storage.models import KeyRotation, StoredObject
from core.storage.rotation import follow_up, key_states, move_to_active_root, rotate_key
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope

ACTOR = Actor.system("test")


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "objects"
    return settings.OBJECT_STORE_FOLDER


def put(tenant, data):
    with create_object(tenant=tenant.id, kind="source") as writer:
        writer.write(data)
    return writer.stored


def get(tenant, row):
    with open_object(tenant=tenant.id, object_id=row.id) as reader:
        return reader.read()


def versions(tenant):
    with scope(tenant.id):
        return set(StoredObject.objects.values_list("key_version", flat=True))


def logged(tenant, action):
    with scope(tenant.id):
        rows = AuditEntry.objects.filter(action=action)
        return [json.loads(bytes(row.body))["details"] for row in rows]


def test_a_rotation_moves_everything_and_is_in_the_log(cast, run_jobs):
    rows = [put(cast.harbour, f"frame {i}".encode()) for i in range(5)]
    assert rotate_key(actor=ACTOR, tenant=cast.harbour.id).total == 5
    run_jobs()
    assert versions(cast.harbour) == {2}
    assert [get(cast.harbour, row) for row in rows] == [b"frame %d" % i for i in range(5)]
    with scope(cast.harbour.id):
        done = KeyRotation.objects.get()
    assert (done.state, done.moved, done.version) == ("done", 5, 2)
    assert str(done) == f"rotation to key 2 of {cast.harbour.id}"
    assert logged(cast.harbour, "key.rotation.begun") == [{"version": 2, "data_keys": 5}]
    assert logged(cast.harbour, "key.rotation.finished") == [{"version": 2, "data_keys": 5}]


def test_one_rotation_at_a_time(cast):
    put(cast.harbour, b"x")
    rotate_key(actor=ACTOR, tenant=cast.harbour.id)
    with pytest.raises(Conflict, match="wait"):
        rotate_key(actor=ACTOR, tenant=cast.harbour.id)
    assert open_keys(cast.harbour.id).active == 2
    rotate_key(actor=ACTOR, tenant=cast.museum.id)


def test_a_rotation_that_was_killed_goes_on(committed_cast, monkeypatch, run_jobs):
    """The worker dies after its second batch, as by kill -9: its job stays as it stood."""
    cast = committed_cast
    monkeypatch.setattr(rotation, "BATCH", 2)
    rows = [put(cast.harbour, f"frame {i}".encode()) for i in range(7)]
    rotate_key(actor=ACTOR, tenant=cast.harbour.id)
    beats = []

    def killed(context):
        beats.append(context)
        if len(beats) == 2:
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(JobContext, "heartbeat", killed)
        with pytest.raises(SystemExit):
            run(Job.objects.get(kind="storage.rewrap").id, beat=False)
    with scope(cast.harbour.id):
        half = KeyRotation.objects.get()
    assert (half.state, half.moved, half.total) == ("running", 4, 7)
    assert versions(cast.harbour) == {1, 2}
    assert [get(cast.harbour, row) for row in rows] == [b"frame %d" % i for i in range(7)]
    Job.objects.filter(kind="storage.rewrap").update(heartbeat_at=now() - timedelta(minutes=5))
    sweep()
    run_jobs()
    assert versions(cast.harbour) == {2}
    with scope(cast.harbour.id):
        whole = KeyRotation.objects.get()
    assert (whole.state, whole.moved, whole.total) == ("done", 7, 7)
    assert [get(cast.harbour, row) for row in rows] == [b"frame %d" % i for i in range(7)]
    assert len(logged(cast.harbour, "key.rotation.finished")) == 1


def test_what_a_slow_writer_leaves_behind_follows(cast, run_jobs):
    with create_object(tenant=cast.harbour.id, kind="mezzanine") as writer:
        writer.write(b"begun before")
        rotate_key(actor=ACTOR, tenant=cast.harbour.id)
        run_jobs()
    assert versions(cast.harbour) == {1}
    assert follow_up() == 1
    assert follow_up() == 0
    assert versions(cast.harbour) == {2}
    assert get(cast.harbour, writer.stored) == b"begun before"


def test_what_is_erased_has_no_key_to_move(cast, run_jobs):
    row = put(cast.harbour, b"x")
    erase(tenant=cast.harbour.id, object_id=row.id, actor=ACTOR, reason="retention")
    rotate_key(actor=ACTOR, tenant=cast.harbour.id)
    run_jobs()
    with scope(cast.harbour.id):
        assert bytes(StoredObject.objects.get(id=row.id).wrapped_dek) == b""


def test_the_root_key_is_replaced_and_the_old_one_thrown_away(cast, settings):
    old, new = settings.ROOT_KEK, new_key()
    rows = {tenant: put(tenant, b"frames") for tenant in (cast.harbour, cast.museum)}
    with override_settings(ROOT_KEK=new):
        with pytest.raises(Misconfigured, match="CUSTOS_FORMER_ROOT_KEKS"):
            get(cast.harbour, rows[cast.harbour])
        with pytest.raises(Misconfigured):
            move_to_active_root(actor=ACTOR, tenant=cast.harbour.id)
    with override_settings(ROOT_KEK=new, FORMER_ROOT_KEKS=[old]):
        assert get(cast.harbour, rows[cast.harbour]) == b"frames"
        assert [move_to_active_root(actor=ACTOR, tenant=each.id) for each in rows] == [1, 1]
        assert move_to_active_root(actor=ACTOR, tenant=cast.harbour.id) == 0
    with override_settings(ROOT_KEK=new):
        assert [get(tenant, row) for tenant, row in rows.items()] == [b"frames", b"frames"]
        put(cast.harbour, b"more")
    with override_settings(ROOT_KEK=old), pytest.raises(Misconfigured):
        get(cast.harbour, rows[cast.harbour])
    (entry,) = logged(cast.harbour, "key.root.changed")
    assert entry["versions"] == 1


def test_how_keys_stand_is_told_without_opening_one(cast, settings):
    put(cast.harbour, b"x")
    rotate_key(actor=ACTOR, tenant=cast.harbour.id)
    with override_settings(ROOT_KEK=new_key()):
        states = {state.organization.slug: state for state in key_states()}
    harbour, museum = states["harbour"], states["museum"]
    assert (harbour.version, harbour.behind, harbour.percent) == (2, 1, 0)
    assert harbour.rotation.state == "running"
    assert (museum.version, museum.root_keys, museum.behind, museum.rotation) == (
        None, frozenset(), 0, None,
    )  # fmt: skip
