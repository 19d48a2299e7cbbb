"""Reads of a tenant's log. Each leaves an entry of its own before anything is given out."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from core.access.actors import Actor
from core.access.models import AuditorGrant
from core.audit.export import BundleRequest, bundle_parts
from core.audit.models import AuditEntry, AuditLeaf
from core.audit.notes import inclusion_note
from core.audit.personal import values_of
from core.audit.receipts import read_receipt
from core.audit.tiles import Tile, entry_bundle
from core.audit.tree import checkpoint_of, prove_entry
from core.clock import now
from core.errors import Invalid, NotFound
from core.tenancy.scope import scope
from tenants.compliance.filters import as_details
from tenants.compliance.selection import where_of

#: Why an organization's own people read its log, where they name nothing else.
OVERSIGHT = "oversight"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads whose log."""

    actor: Actor
    tenant: UUID

    def receipt(self, action: str, details: dict[str, Any], purpose: str | None = None) -> None:
        """Log the read; without a purpose of its own it has that of the auditor's grant."""
        read_receipt(
            actor=self.actor,
            tenant=self.tenant,
            action=action,
            subject=("log", self.tenant),
            purpose=purpose or self._granted_purpose() or OVERSIGHT,
            details=details,
        )

    def _granted_purpose(self) -> str | None:
        grants = AuditorGrant.objects.filter(
            user=self.actor.id, organization=self.tenant, expires_at__gt=now()
        )
        return grants.order_by("created_at").values_list("purpose", flat=True).first()


def read_page(reader: Reader, asked: dict[str, Any]) -> dict[str, Any]:
    """Give a page of entries, newest first, and the cursor of the next one.

    Raises Invalid for a cursor that is not one of ours.
    """
    where, limit = where_of(reader.tenant, asked), asked["limit"]
    place = _place(asked["cursor"]) if "cursor" in asked else None
    reader.receipt("log.read", as_details(asked))
    with scope(reader.tenant):
        rows = AuditEntry.objects.filter(**where)
        if place is not None:
            time, entry_id = place
            rows = rows.filter(Q(time__lt=time) | Q(time=time, id__lt=entry_id))
        found = list(rows.order_by("-time", "-id")[: limit + 1])
        page = found[:limit]
        indices = dict(AuditLeaf.objects.filter(entry__in=page).values_list("entry_id", "index"))
    results = [
        {"index": indices.get(entry.id), "entry": json.loads(bytes(entry.body))} for entry in page
    ]
    return {"results": results, "next": _cursor(page[-1]) if len(found) > limit else None}


def _cursor(entry: AuditEntry) -> str:
    return base64.urlsafe_b64encode(f"{entry.time.isoformat()} {entry.id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        time, _, entry_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        instant = datetime.fromisoformat(time)
        if instant.tzinfo is None:
            raise ValueError("an instant without its zone")
        return instant, UUID(entry_id)
    except (ValueError, binascii.Error) as error:
        raise Invalid(
            "This cursor is not one of ours: take it from `next` of a page.", field="cursor"
        ) from error


def read_proof(reader: Reader, entry_id: UUID) -> dict[str, Any]:
    """Give an entry's own bytes with the proof of its place. Raises NotFound."""
    with scope(reader.tenant):
        proven = prove_entry(entry_id)
    reader.receipt("log.entry.read", {"entry": entry_id})
    return {
        "index": proven.index,
        "size": proven.checkpoint.size,
        # Text, not JSON: what was hashed is these very bytes.
        "entry": proven.body.decode(),
        "leaf": base64.b64encode(proven.leaf).decode(),
        "proof": [base64.b64encode(digest).decode() for digest in proven.proof],
        "checkpoint": proven.checkpoint.note,
        "tlog_proof": inclusion_note(proven.index, proven.proof, proven.checkpoint.note),
    }


def read_tile(reader: Reader, tile: Tile) -> bytes:
    """Give a tile of entries. Raises NotFound where the newest checkpoint does not reach."""
    with scope(reader.tenant):
        data = entry_bundle(tile)
    last = tile.first + tile.width - 1
    reader.receipt("log.entries.read", {"first": tile.first, "last": last})
    return data


def read_bundle(reader: Reader, asked: dict[str, Any]) -> Iterator[bytes]:
    """Begin an evidence bundle; its parts follow as they are asked for.

    Raises NotFound, before anything is logged or sent, where there is no such checkpoint, and
    Invalid for a kept checkpoint that is newer than the one to prove against.
    """
    where = where_of(reader.tenant, asked)
    with scope(reader.tenant):
        size = checkpoint_of(asked.get("size")).size
        if asked["since"]:
            checkpoint_of(asked["since"])
    if asked["since"] > size:
        raise Invalid("The checkpoint you kept is newer than the one asked for.", field="since")
    request = BundleRequest(
        tenant=reader.tenant,
        size=size,
        since=asked["since"],
        where=where,
        disclose=asked["disclose"],
    )
    reader.receipt(
        "log.bundle.export",
        {
            "kind": request.kind,
            "size": size,
            "since": request.since,
            "disclose": request.disclose,
            "where": as_details(asked),
        },
        purpose=asked.get("purpose"),
    )
    return bundle_parts(request)


def resolve(reader: Reader, entry_id: UUID, purpose: str) -> dict[str, Any]:
    """Give the personal values that are left of an entry, for a stated purpose. Raises NotFound."""
    with scope(reader.tenant):
        if not AuditEntry.objects.filter(id=entry_id).exists():
            raise NotFound
    reader.receipt("log.personal.resolve", {"entry": entry_id}, purpose=purpose)
    with scope(reader.tenant):
        values = values_of([entry_id]).get(entry_id, [])
    return {
        "personal": [
            {
                "name": value.name,
                "value": value.value,
                "salt": base64.b64encode(bytes(value.salt)).decode(),
            }
            for value in values
        ]
    }
