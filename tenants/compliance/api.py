"""The API of the log, for client administrators and auditors.

Checkpoints, the key and consistency proofs hold hashes only and leave no entry: a witness that
fetches each checkpoint would otherwise cause the next one. Everything else leaves one.
"""

import base64
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from core.access.permissions import Permission
from core.audit.models import Checkpoint
from core.audit.tiles import Tile, hash_tile
from core.audit.tree import checkpoint_of, consistency_proof, verifier_key
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.answers import Base64, Document
from core.web.api import TenantView, checked_body
from core.web.described import described
from tenants.compliance import filters, reading, witnesses
from tenants.compliance.reading import Reader

_TEXT = "text/plain; charset=utf-8"


class LogRow(TypedDict):
    """An entry; `index`: its place in the log, null until it has one."""

    index: int | None
    entry: Document


class LogPageJson(TypedDict):
    """Entries, newest first; `next`: `cursor` of the next page."""

    results: list[LogRow]
    next: str | None


class CheckpointJson(TypedDict):
    size: int
    signed_at: datetime
    note: str
    cosignatures: list[str]


class CheckpointsJson(TypedDict):
    """Checkpoints in the order of their size; ask on with `after`."""

    results: list[CheckpointJson]


class CosignatureJson(TypedDict):
    size: int
    key: str
    cosigned_at: datetime


class ConsistencyJson(TypedDict):
    """That the log of size `old` is the beginning of that of size `new` (RFC 9162, 2.1.4)."""

    old: int
    new: int
    proof: list[Base64]


class ProofJson(TypedDict):
    """An entry's bytes and the proof that the log holds it (RFC 9162, 2.1.3)."""

    index: int
    size: int
    entry: str
    leaf: Base64
    proof: list[Base64]
    checkpoint: str
    tlog_proof: str


class PersonalValue(TypedDict):
    name: str
    value: Any
    salt: Base64


class ResolvedJson(TypedDict):
    personal: list[PersonalValue]


class LogView(TenantView):
    """Base of the views on one organization's log."""

    permissions: ClassVar = {"GET": Permission.LOG_READ}

    @property
    def reader(self) -> Reader:
        return Reader(self.actor, self.tenant.id)

    def asked(self, kind: type[Serializer[Any]]) -> dict[str, Any]:
        """Give the validated query."""
        query = kind(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        found: dict[str, Any] = query.validated_data
        return found


class Log(LogView):
    @described("read_log", query=(filters.LogPage,), answer=LogPageJson)
    def get(self, request: Request, tenant: str) -> Response:
        return Response(reading.read_page(self.reader, self.asked(filters.LogPage)))


class LatestCheckpoint(LogView):
    """A checkpoint as its signed note: keep it, and no entry before it can be changed unseen."""

    @described("get_checkpoint", query=(filters.CheckpointQuery,), answer=str, media="text/plain")
    def get(self, request: Request, tenant: str) -> HttpResponse:
        size = self.asked(filters.CheckpointQuery).get("size")
        with scope(self.tenant.id):
            note = checkpoint_of(size).note
        return HttpResponse(note, content_type=_TEXT)


class Checkpoints(LogView):
    @described("list_checkpoints", query=(filters.Checkpoints,), answer=CheckpointsJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = self.asked(filters.Checkpoints)
        with scope(self.tenant.id):
            rows = Checkpoint.objects.filter(size__gt=asked["after"]).order_by("size")
            page = list(rows[: asked["limit"]])
            cosigned = witnesses.cosignatures_of([row.size for row in page])
        results = [
            {
                "size": row.size,
                "signed_at": row.signed_at,
                "note": row.note,
                "cosignatures": [found.line for found in cosigned.get(row.size, [])],
            }
            for row in page
        ]
        return Response({"results": results})


class Cosignatures(LogView):
    """POST: a witness hands in its cosignature, which is kept beside the checkpoint.

    It leaves no entry: a witness would otherwise cause the next checkpoint to cosign.
    """

    permissions: ClassVar = {"POST": Permission.LOG_READ}

    @described("hand_in_cosignature", body=filters.HandedIn, answer=CosignatureJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(filters.HandedIn, request)
        kept = witnesses.add_cosignature(actor=self.actor, tenant=self.tenant.id, **body)
        answer = {"size": kept.size, "key": kept.key, "cosigned_at": kept.cosigned_at}
        return Response(answer, status=201)


class HashTile(LogView):
    """The log as static tiles (c2sp.org/tlog-tiles), below /log: hashes."""

    @described("get_hash_tile", answer=bytes, media="application/octet-stream")
    def get(self, request: Request, tenant: str, tile: str) -> HttpResponse:
        wanted = Tile.parse(tile)
        if wanted.level is None:
            raise NotFound
        with scope(self.tenant.id):
            data = hash_tile(wanted)
        # Full subtrees never change; only whoever may read the log may keep them.
        kept = {"Cache-Control": "private, max-age=31536000, immutable"}
        return HttpResponse(data, content_type="application/octet-stream", headers=kept)


class EntryBundle(LogView):
    """The log as static tiles: entries, which leave a receipt as any read of them does."""

    @described("get_entry_tile", answer=bytes, media="application/octet-stream")
    def get(self, request: Request, tenant: str, tile: str) -> HttpResponse:
        data = reading.read_tile(self.reader, Tile.parse(f"entries/{tile}"))
        kept = {"Cache-Control": "no-store"}
        return HttpResponse(data, content_type="application/octet-stream", headers=kept)


class Consistency(LogView):
    @described("prove_consistency", query=(filters.ConsistencyQuery,), answer=ConsistencyJson)
    def get(self, request: Request, tenant: str) -> Response:
        asked = self.asked(filters.ConsistencyQuery)
        with scope(self.tenant.id):
            old, new = checkpoint_of(asked["old"]).size, checkpoint_of(asked["new"]).size
            proof = consistency_proof(min(old, new), max(old, new))
        hashes = [base64.b64encode(digest).decode() for digest in proof]
        return Response({"old": min(old, new), "new": max(old, new), "proof": hashes})


class Key(LogView):
    @described("get_log_key", answer=str, media="text/plain")
    def get(self, request: Request, tenant: str) -> HttpResponse:
        return HttpResponse(f"{verifier_key(self.tenant.id)}\n", content_type=_TEXT)


class Proof(LogView):
    @described("prove_entry", answer=ProofJson)
    def get(self, request: Request, tenant: str, entry: UUID) -> Response:
        return Response(reading.read_proof(self.reader, entry))


class Resolve(LogView):
    """Looks behind an entry's commitments, for a purpose that the log keeps."""

    permissions: ClassVar = {"POST": Permission.LOG_RESOLVE}

    @described("resolve_entry", body=filters.Resolution, answer=ResolvedJson)
    def post(self, request: Request, tenant: str, entry: UUID) -> Response:
        purpose = checked_body(filters.Resolution, request)["purpose"]
        return Response(reading.resolve(self.reader, entry, purpose))


class Bundle(LogView):
    """An evidence bundle for `custos verify`: the whole log, or what the filters select."""

    permissions: ClassVar = {"GET": Permission.LOG_EXPORT}

    @described(
        "export_bundle", query=(filters.BundleQuery,), answer=bytes, media="application/x-ndjson"
    )
    def get(self, request: Request, tenant: str) -> StreamingHttpResponse:
        asked = self.asked(filters.BundleQuery)
        if asked["disclose"]:
            self.entry.require(Permission.LOG_RESOLVE)
        parts = reading.read_bundle(self.reader, asked)
        name = f"{self.tenant.slug}.evidence.jsonl"
        return StreamingHttpResponse(
            _streamed(parts),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


async def _streamed(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Give the parts to the server one by one; each is read when the one before was taken."""
    while (part := await sync_to_async(_next)(parts)) is not None:
        yield part


def _next(parts: Iterator[bytes]) -> bytes | None:
    return next(parts, None)
