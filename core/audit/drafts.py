"""Entries that a statement completes with values that the database alone knows.

A statement that picks what it writes about (the next task, say) can log it only in the same breath
if it also writes the entry. Python drafts the canonical body and leaves marks in it; the statement
puts the values in their place and hashes the bytes. What comes out is what `core.audit.log.record`
would have written, byte for byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.access.actors import Actor
from core.audit.entries import canonical
from core.audit.log import body_of, check_action, commitments_of, sealed
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class Later:
    """A value that the statement puts in: an id, or a whole number; never text of a person's.

    place: which of the statement's values it is, the first is 1.
    """

    place: int
    number: bool = False

    @property
    def mark(self) -> str:
        # No canonical JSON holds this character as it is, so a mark stands out as an escape.
        return f"\0{self.place}"


def draft(
    *,
    action: str,
    actor: Actor,
    instant: datetime,
    tenant: Later,
    subject: tuple[str, Later],
    details: Mapping[str, Any],
) -> dict[str, Any]:
    """Give the parameters of `statement_parts`, with marks where a Later stands.

    As for `core.audit.log.record`, otherwise; values of `details` may be Later. Raises ValueError
    for an action that does not follow the form, and when a mark is not there exactly once.
    """
    check_action(action)
    entry_id = new_id()
    held = sealed(actor, {})
    salt, name = held.get("actor", (None, None))
    laters = [tenant, subject[1], *(v for v in details.values() if isinstance(v, Later))]
    body = body_of(
        entry_id=entry_id,
        instant=instant,
        tenant=tenant.mark,
        action=action,
        actor=actor,
        subject=(subject[0], subject[1].mark),
        details={k: v.mark if isinstance(v, Later) else v for k, v in details.items()},
        commitments=commitments_of(entry_id, held),
    )
    return {
        "entry_id": entry_id,
        "entry_body": _template(canonical(body).decode(), laters),
        "entry_time": instant,
        "entry_action": action,
        "entry_actor": actor.id,
        "entry_kind": subject[0],
        "entry_name_id": new_id(),
        "entry_salt": salt,
        "entry_name": name,
    }


def _template(text: str, laters: Sequence[Later]) -> str:
    """Turn a body with marks into a template of the database's format()."""
    text = text.replace("%", "%%")
    for later in laters:
        mark = f'"\\u0000{later.place}"'
        if text.count(mark) != 1:
            raise ValueError(f"value {later.place} of a draft must stand in it once")
        text = text.replace(mark, f"%{later.place}$s" if later.number else f'"%{later.place}$s"')
    return text


def statement_parts(source: str, *, tenant: str, subject: str, values: Sequence[str]) -> str:
    """Give the parts of a WITH that write the drafted entry for the one row of `source`.

    source, tenant, subject: a part of the same WITH, and its columns. values: what stands in place
    of the marks, in SQL, in their order. No row in `source` writes no entry.
    """
    return f"""
drafted as materialized (
  select {tenant} as tenant_id, {subject}::text as subject,
    convert_to(format(%(entry_body)s::text, {", ".join(values)}), 'UTF8') as body
  from {source}),
entry as (
  insert into audit_auditentry (id, tenant_id, body, leaf_hash, time, action, actor_id,
    subject_kind, subject_id)
  select %(entry_id)s, d.tenant_id, d.body, sha256('\\x00'::bytea || d.body), %(entry_time)s,
    %(entry_action)s, %(entry_actor)s, %(entry_kind)s, d.subject
  from drafted d
  returning tenant_id, id, leaf_hash),
pending as (
  insert into audit_auditpending (tenant_id, entry_id, leaf_hash)
  select tenant_id, id, leaf_hash from entry),
personal as (
  insert into audit_personalvalue (id, tenant_id, entry_id, name, salt, value, person_id)
  select %(entry_name_id)s, e.tenant_id, e.id, 'actor', %(entry_salt)s::bytea, %(entry_name)s,
    %(entry_actor)s::uuid
  from entry e where %(entry_salt)s::bytea is not null)"""  # noqa: S608 - made of constants
