"""Entries: what they hold, that they stay, and whose they are."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import Error, ProgrammingError, connection, connections, transaction
from django.db.models import ProtectedError

from core.access.actors import Actor
from core.audit.entries import canonical, commitment
from core.audit.log import record
from core.audit.merkle import leaf_hash
from core.audit.models import (
    AuditEntry,
    AuditLeaf,
    AuditPending,
    PersonalValue,
    SequencerCursor,
)
from core.audit.personal import erase_person, values_of
from core.audit.receipts import read_receipt, receipt
from core.audit.sequencer import sequence_once
from core.clock import frozen
from core.tenancy.managers import WrongTenant
from core.tenancy.scope import ScopeRequired, scope

SYSTEM = Actor.system("tests")


def entry_of(tenant, **named):
    with scope(tenant.id):
        return record(
            **{
                "action": "upload.finish",
                "actor": SYSTEM,
                "tenant": tenant.id,
                "subject": ("clip", uuid4()),
                **named,
            }
        )


def body(tenant, entry_id):
    with scope(tenant.id):
        return json.loads(bytes(AuditEntry.objects.get(id=entry_id).body))


def test_an_entry_is_canonical_json_with_its_leaf_hash(cast):
    clip = uuid4()
    with frozen(datetime(2026, 11, 22, 13, 5, 9, 123_999, UTC)):
        entry_id = entry_of(
            cast.harbour,
            actor=Actor.person(cast.clara),
            subject=("clip", clip),
            details={"size": 5, "batch": clip},
            personal={"site": "Gate 3"},
        )
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.get(id=entry_id)
        raw = bytes(entry.body)
        assert bytes(entry.leaf_hash) == leaf_hash(raw)
        values = {value.name: value for value in values_of([entry_id])[entry_id]}
    commitments = {
        name: commitment(entry=entry_id, name=name, salt=bytes(value.salt), value=value.value)
        for name, value in values.items()
    }
    assert raw == canonical(
        {
            "v": 1,
            "id": str(entry_id),
            "time": "2026-11-22T13:05:09.123Z",
            "tenant": str(cast.harbour.id),
            "action": "upload.finish",
            "actor": {
                "kind": "person",
                "id": str(cast.clara.id),
                "commitment": commitments["actor"],
            },
            "subject": {"kind": "clip", "id": str(clip)},
            "details": {"size": 5, "batch": str(clip)},
            "personal": {"site": commitments["site"]},
        }
    )
    assert values["actor"].value == "clara@example.org"
    assert b"clara" not in raw
    assert b"Gate 3" not in raw


def test_a_part_of_the_system_has_a_name_and_no_commitment(cast):
    entry_id = entry_of(cast.harbour)
    assert body(cast.harbour, entry_id)["actor"] == {
        "kind": "system",
        "id": "tests",
        "commitment": None,
    }
    with scope(cast.harbour.id):
        assert values_of([entry_id]) == {}


@pytest.mark.parametrize(
    "action", ["", "upload", "Upload.finish", "upload..finish", "a b.c", "a.b\n"]
)
def test_an_action_of_another_form_is_refused(cast, action):
    with pytest.raises(ValueError, match="is no action"):
        entry_of(cast.harbour, action=action)


def test_what_json_can_not_hold_is_refused(cast):
    with pytest.raises(TypeError, match="can't hold a object"):
        entry_of(cast.harbour, details={"x": object()})
    with pytest.raises(ValueError, match="JSON"):
        entry_of(cast.harbour, details={"x": float("nan")})
    with pytest.raises(ValueError, match="taken"):
        entry_of(cast.harbour, personal={"actor": "Bob"})


def test_an_entry_needs_its_tenants_scope(cast):
    entry = {"action": "a.b", "actor": SYSTEM, "tenant": cast.harbour.id, "subject": ("clip", "1")}
    with pytest.raises(ScopeRequired):
        record(**entry)
    with pytest.raises(WrongTenant), scope(cast.museum.id):
        record(**entry)


def test_an_entry_goes_with_its_transaction(cast):
    with scope(cast.harbour.id):
        entry_of(cast.harbour)
        transaction.set_rollback(True)
    with scope(cast.harbour.id):
        assert not AuditEntry.objects.exists()
    assert not AuditPending.objects.exists()


def test_a_tenant_sees_its_own_entries_only(cast):
    entry_of(cast.harbour)
    with scope(cast.museum.id):
        assert not AuditEntry.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from audit_auditentry")
            assert cursor.fetchone() == (0,)


def test_a_receipt_names_every_group_of_pictures(cast):
    clip, lease = uuid4(), uuid4()
    entry_id = receipt(
        actor=Actor.person(cast.anna),
        tenant=cast.harbour.id,
        clip=clip,
        gops=[(0, 24), (25, 49)],
        purpose="task",
        lease=lease,
    )
    held = body(cast.harbour, entry_id)
    assert held["action"] == "footage.frames.serve"
    assert held["subject"] == {"kind": "clip", "id": str(clip)}
    assert held["details"] == {
        "gops": [[0, 24], [25, 49]],
        "purpose": "task",
        "lease": str(lease),
    }


def test_a_receipt_refuses_to_wait_for_a_commit(committed_cast):
    arguments = {
        "actor": SYSTEM,
        "tenant": committed_cast.harbour.id,
        "action": "label.read",
        "purpose": "inspect",
        "subject": ("task", uuid4()),
    }
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        read_receipt(**arguments)
    read_receipt(**arguments)
    # The commit stands: another connection sees it.
    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*) from audit_auditpending")
        assert cursor.fetchone() == (1,)


#: Every table of the log but the erasable values and the sequencer's own place.
APPEND_ONLY = [
    model for model in apps.get_app_config("audit").get_models()
    if model not in {PersonalValue, SequencerCursor}
]  # fmt: skip


@pytest.fixture
def sequenced(committed_cast):
    for _ in range(3):
        entry_of(committed_cast.harbour, actor=Actor.person(committed_cast.clara))
    assert sequence_once() == 3
    return committed_cast


def _as_system(cursor, tenant):
    """Open a tenant's rows to the owner role, which the policies bind as well."""
    cursor.execute(
        "select set_config('app.tenant', %s, true), set_config('app.system', 'on', true)",
        [str(tenant)],
    )


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    "statement", ["update {0} set id = id", "delete from {0}", "truncate {0} cascade"]
)
def test_rows_of_the_log_stay_as_they_are(sequenced, model, statement):
    table = model._meta.db_table
    sql = statement.format(table)
    # The application's role lacks the right.
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        scope(sequenced.harbour.id),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    # The owner, who has it, meets the trigger; row triggers need to see the rows.
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        _as_system(cursor, sequenced.harbour.id)
        cursor.execute(f"select count(*) from {table}")
        assert cursor.fetchone()[0] > 0
        with pytest.raises(Error, match="append-only"):
            cursor.execute(sql)
        transaction.set_rollback(True, using="owner")


def test_an_organization_does_not_take_its_log_with_it(sequenced):
    """Neither through the program's cascade, nor through the database's, as its owner."""
    with scope(sequenced.harbour.id), pytest.raises((ProtectedError, ProgrammingError)):
        sequenced.harbour.delete()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        _as_system(cursor, sequenced.harbour.id)
        cursor.execute("set constraints all immediate")
        # Memberships and the like are in the way as well; none of them takes the log along.
        with pytest.raises(Error, match="violates foreign key"):
            cursor.execute("delete from tenancy_organization where id = %s", [sequenced.harbour.id])
        transaction.set_rollback(True, using="owner")
    with scope(sequenced.harbour.id):
        assert AuditLeaf.objects.count() == 3


def test_no_reference_to_the_log_cascades(sequenced):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select conrelid::regclass::text, conname from pg_constraint"
            " where contype = 'f' and confdeltype <> 'a'"
            " and (conrelid::regclass::text like 'audit_%' or confrelid::regclass::text"
            " like 'audit_%')"
        )
        assert cursor.fetchall() == []


def test_erasing_a_person_leaves_the_proofs_whole(sequenced):
    harbour = sequenced.harbour
    with scope(harbour.id):
        before = [bytes(entry.body) for entry in AuditEntry.objects.order_by("time", "id")]
        assert PersonalValue.objects.count() == 3
    erased = erase_person(actor=SYSTEM, tenant=harbour.id, person=sequenced.clara.id)
    assert erased == 3
    with scope(harbour.id):
        after = [bytes(entry.body) for entry in AuditEntry.objects.order_by("time", "id")]
        assert after[:-1] == before
        assert json.loads(after[-1])["action"] == "log.personal.erase"
        assert not PersonalValue.objects.exists()


def test_rows_say_what_they_are(sequenced):
    with scope(sequenced.harbour.id):
        for model in [*APPEND_ONLY, PersonalValue]:
            assert str(model.objects.first())
