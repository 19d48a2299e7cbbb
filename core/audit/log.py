"""The one way to write into the log."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.entries import SALT_SIZE, VERSION, canonical, commitment
from core.audit.merkle import leaf_hash
from core.clock import now
from core.ids import new_id
from core.tenancy.managers import check_tenant
from core.tenancy.statements import Statement, run_prepared

# Entry, pending row and personal values in one statement: every write of the house makes an entry,
# and each trip to the database costs more than the rows.
_WRITE = """
with entry as (
  insert into audit_auditentry (id, tenant_id, body, leaf_hash, time, action, actor_id,
    subject_kind, subject_id)
  values (%(id)s, %(tenant)s, %(body)s, %(leaf)s, %(time)s, %(action)s, %(actor)s,
    %(kind)s, %(subject)s)
), pending as (
  insert into audit_auditpending (tenant_id, entry_id, leaf_hash)
  values (%(tenant)s, %(id)s, %(leaf)s)
)
insert into audit_personalvalue (id, tenant_id, entry_id, name, salt, value, person_id)
select p.id, %(tenant)s, %(id)s, p.name, p.salt, p.value,
  case when p.name = 'actor' then %(actor)s::uuid end
from unnest(%(ids)s::uuid[], %(names)s::text[], %(salts)s::bytea[], %(values)s::text[])
  as p(id, name, salt, value)
"""
# With the name of a person who acts and no other personal value, as nearly all of them.
_WRITE_NAMED = """
with entry as (
  insert into audit_auditentry (id, tenant_id, body, leaf_hash, time, action, actor_id,
    subject_kind, subject_id)
  values (%(id)s, %(tenant)s, %(body)s, %(leaf)s, %(time)s, %(action)s, %(actor)s,
    %(kind)s, %(subject)s)
), pending as (
  insert into audit_auditpending (tenant_id, entry_id, leaf_hash)
  values (%(tenant)s, %(id)s, %(leaf)s)
)
insert into audit_personalvalue (id, tenant_id, entry_id, name, salt, value, person_id)
values (%(name_id)s, %(tenant)s, %(id)s, 'actor', %(salt)s, %(name)s, %(actor)s)
"""
_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

#: A personal value behind its salt.
Sealed = tuple[bytes, str]


def record(
    *,
    action: str,
    actor: Actor,
    tenant: UUID,
    subject: tuple[str, UUID | str],
    details: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
) -> UUID:
    """Write an entry into the tenant's log, in the caller's transaction and scope; give its id.

    action: what happened, from the widest to the narrowest word, as in "upload.finished".
    subject: kind and id of what it happened to.
    details: JSON of ids and numbers, public to everyone who may read this log.
    personal: values about people by name; the entry holds commitments, the values are erasable.
        The actor's name is kept in this way too, under "actor".

    The entry has no index before the sequencer gives it one: writers never wait for each other.
    Raises ScopeRequired or WrongTenant unless the tenant's scope is open, ValueError for an action
    that does not follow the form.
    """
    entry_id = new_id()
    statement = recording(
        action=action,
        actor=actor,
        tenant=tenant,
        subject=subject,
        details=details,
        personal=personal,
        entry_id=entry_id,
    )
    run_prepared(*statement)
    return entry_id


def recording(
    *,
    action: str,
    actor: Actor,
    tenant: UUID,
    subject: tuple[str, UUID | str],
    details: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
    entry_id: UUID | None = None,
) -> Statement:
    """Give the statement by which `record` writes, for writes that leave in one trip."""
    personal = personal or {}
    check_action(action)
    if "actor" in personal:
        raise ValueError("the name 'actor' is taken: it holds the name of the one who acts")
    entry_id, instant = entry_id or new_id(), now()
    held = sealed(actor, personal)
    body = canonical(
        body_of(
            entry_id=entry_id,
            instant=instant,
            tenant=tenant,
            action=action,
            actor=actor,
            subject=subject,
            details=details or {},
            commitments=commitments_of(entry_id, held),
        )
    )
    check_tenant(tenant)
    values = {
        "id": entry_id,
        "tenant": tenant,
        "body": body,
        "leaf": leaf_hash(body),
        "time": instant,
        "action": action,
        "actor": actor.id,
        "kind": subject[0],
        "subject": str(subject[1]),
    }
    if list(held) == ["actor"]:
        salt, name = held["actor"]
        return _WRITE_NAMED, {**values, "name_id": new_id(), "salt": salt, "name": name}
    return _WRITE, {
        **values,
        "ids": [new_id() for _ in held],
        "names": list(held),
        "salts": [salt for salt, _ in held.values()],
        "values": [value for _, value in held.values()],
    }


def check_action(action: str) -> None:
    """Raise ValueError unless it is words in lower case with dots between them."""
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action!r} is no action: words in lower case with dots between them")


def sealed(actor: Actor, personal: Mapping[str, str]) -> dict[str, Sealed]:
    """Give each personal value, the name of a person who acts too, with a salt of its own."""
    held = {name: (secrets.token_bytes(SALT_SIZE), value) for name, value in personal.items()}
    if actor.kind == "person":
        held["actor"] = (secrets.token_bytes(SALT_SIZE), actor.name)
    return held


def commitments_of(entry_id: UUID, held: Mapping[str, Sealed]) -> dict[str, str]:
    """Give the commitment to each sealed value, by its name."""
    return {
        name: commitment(entry=entry_id, name=name, salt=salt, value=value)
        for name, (salt, value) in held.items()
    }


def body_of(
    *,
    entry_id: UUID,
    instant: datetime,
    tenant: UUID | str,
    action: str,
    actor: Actor,
    subject: tuple[str, UUID | str],
    details: Mapping[str, Any],
    commitments: Mapping[str, str],
) -> dict[str, Any]:
    """Put an entry's body together; its one form in bytes is `canonical` of it."""
    return {
        "v": VERSION,
        "id": entry_id,
        "time": timestamp(instant),
        "tenant": tenant,
        "action": action,
        "actor": {
            "kind": actor.kind,
            "id": actor.id if actor.kind == "person" else actor.name,
            "commitment": commitments.get("actor"),
        },
        "subject": {"kind": subject[0], "id": str(subject[1])},
        "details": details,
        "personal": {name: held for name, held in commitments.items() if name != "actor"},
    }


def timestamp(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
