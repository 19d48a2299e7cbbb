"""An entry that a statement completes is the one that `record` would have written."""

import json
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from core.access.actors import Actor
from core.audit.drafts import Later, draft, statement_parts
from core.audit.entries import canonical, commitment
from core.audit.log import record
from core.audit.merkle import leaf_hash
from core.audit.models import AuditEntry, AuditPending
from core.audit.personal import values_of
from core.clock import frozen
from core.tenancy.scope import scope
from core.tenancy.statements import run_together

AT = datetime(2026, 11, 22, 13, 5, 9, 123_999, UTC)
WORDS = 'a 100% sure "task" of Zoë’s \\ %1$s'


def write(tenant, actor, subject, *, token=7):
    """Draft, and have a statement complete it; gives the entry."""
    parts = statement_parts(
        "found", tenant="tenant", subject="subject", values=("tenant", "subject", "token")
    )
    drafted = draft(
        action="lease.taken",
        actor=actor,
        instant=AT,
        tenant=Later(1),
        subject=("task", Later(2)),
        details={"words": WORDS, "token": Later(3, number=True), "vendor": str(subject)},
    )
    sql = f"""with found as materialized (
        select %(tenant)s::uuid as tenant, %(subject)s::uuid as subject, %(token)s::bigint as token
      ), {parts} select id from entry"""
    values = {"tenant": tenant, "subject": subject, "token": token}
    with scope(tenant):
        [[(entry,)]] = run_together([(sql, drafted | values)])
        return AuditEntry.objects.get(id=entry)


def recorded(tenant, actor, subject):
    with scope(tenant), frozen(AT):
        entry = record(
            action="lease.taken",
            actor=actor,
            tenant=tenant,
            subject=("task", subject),
            details={"words": WORDS, "token": 7, "vendor": str(subject)},
        )
        return AuditEntry.objects.get(id=entry)


def without_chance(entry) -> bytes:
    """The bytes, without the id and the commitment, which chance makes."""
    body = bytes(entry.body).replace(str(entry.id).encode(), b"ID")
    return re.sub(rb"[0-9a-f]{64}", b"COMMITMENT", body)


@pytest.mark.parametrize("kind", ["person", "system"])
def test_it_is_the_same_byte_for_byte(cast, kind):
    actor = Actor.person(cast.anna) if kind == "person" else Actor.system("tests")
    subject = uuid4()
    drafted = write(cast.harbour.id, actor, subject)
    other = recorded(cast.harbour.id, actor, subject)

    assert without_chance(drafted) == without_chance(other)
    raw = bytes(drafted.body)
    assert raw == canonical(json.loads(raw))
    assert bytes(drafted.leaf_hash) == leaf_hash(raw)
    for name in ("time", "action", "actor_id", "subject_kind", "subject_id"):
        assert getattr(drafted, name) == getattr(other, name), name
    pending = AuditPending.objects.get(entry_id=drafted.id)
    assert (pending.tenant_id, bytes(pending.leaf_hash)) == (cast.harbour.id, leaf_hash(raw))


def test_the_name_of_who_acts_is_committed_to_and_erasable(cast):
    entry = write(cast.harbour.id, Actor.person(cast.anna), uuid4())
    with scope(cast.harbour.id):
        [value] = values_of([entry.id])[entry.id]
    assert (value.name, value.value, value.person_id) == ("actor", cast.anna.email, cast.anna.id)
    sealed = commitment(entry=entry.id, name="actor", salt=bytes(value.salt), value=cast.anna.email)
    assert json.loads(bytes(entry.body))["actor"]["commitment"] == sealed


def test_what_looks_like_a_mark_stays_text(cast):
    entry = write(cast.harbour.id, Actor.system("tests"), uuid4())
    assert json.loads(bytes(entry.body))["details"]["words"] == WORDS


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"token": "\x003"}, "once"),
        ({"token": Later(1)}, "once"),
        ({"token": {"deep": Later(3)}}, "can't hold a Later"),
    ],
    ids=["a mark of somebody else's", "a value twice", "out of reach"],
)
def test_a_mark_that_does_not_stand_once_is_refused(details, why):
    with pytest.raises((ValueError, TypeError), match=why):
        draft(
            action="lease.taken",
            actor=Actor.system("tests"),
            instant=AT,
            tenant=Later(1),
            subject=("task", Later(3)),
            details=details,
        )


def test_an_action_of_another_form_is_refused():
    with pytest.raises(ValueError, match="is no action"):
        draft(
            action="Lease",
            actor=Actor.system("tests"),
            instant=AT,
            tenant=Later(1),
            subject=("task", Later(2)),
            details={},
        )


def test_the_tenant_is_that_of_the_open_scope_or_nothing_is_written(cast):
    from django.db import ProgrammingError

    parts = statement_parts("found", tenant="tenant", subject="subject", values=("tenant", "1"))
    drafted = draft(
        action="lease.taken",
        actor=Actor.system("tests"),
        instant=AT,
        tenant=Later(1),
        subject=("task", Later(2)),
        details={},
    )
    sql = f"""with found as (select %(tenant)s::uuid as tenant, 'x' as subject), {parts}
      select id from entry"""
    with pytest.raises(ProgrammingError, match="row-level security"), scope(cast.museum.id):
        run_together([(sql, drafted | {"tenant": UUID(str(cast.harbour.id))})])
