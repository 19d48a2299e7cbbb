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
from core.audit.models import AuditEntry, AuditPending, PersonalValue
from core.clock import now
from core.ids import new_id

_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


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
    personal = personal or {}
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action!r} is no action: words in lower case with dots between them")
    if "actor" in personal:
        raise ValueError("the name 'actor' is taken: it holds the name of the one who acts")
    entry_id, instant = new_id(), now()
    held = {name: (secrets.token_bytes(SALT_SIZE), value) for name, value in personal.items()}
    if actor.kind == "person":
        held["actor"] = (secrets.token_bytes(SALT_SIZE), actor.name)
    commitments = {
        name: commitment(entry=entry_id, name=name, salt=salt, value=value)
        for name, (salt, value) in held.items()
    }
    body = canonical(
        {
            "v": VERSION,
            "id": entry_id,
            "time": timestamp(instant),
            "tenant": tenant,
            "action": action,
            "actor": {
                "kind": actor.kind,
                "id": actor.id if actor.kind == "person" else actor.name,
                "commitment": commitments.pop("actor", None),
            },
            "subject": {"kind": subject[0], "id": str(subject[1])},
            "details": details or {},
            "personal": commitments,
        }
    )
    leaf = leaf_hash(body)
    AuditEntry.objects.create(
        id=entry_id,
        tenant_id=tenant,
        body=body,
        leaf_hash=leaf,
        time=instant,
        action=action,
        actor_id=actor.id,
        subject_kind=subject[0],
        subject_id=str(subject[1]),
    )
    AuditPending.objects.create(tenant_id=tenant, entry_id=entry_id, leaf_hash=leaf)
    PersonalValue.objects.bulk_create(
        PersonalValue(
            tenant_id=tenant,
            entry_id=entry_id,
            name=name,
            salt=salt,
            value=value,
            person_id=actor.id if name == "actor" else None,
        )
        for name, (salt, value) in held.items()
    )
    return entry_id


def timestamp(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
