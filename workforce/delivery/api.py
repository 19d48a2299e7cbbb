"""The API of releases."""

import base64
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar, TypedDict, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.crypto.cipher import DecryptingReader
from core.errors import Conflict, Gone, OutOfRange
from core.storage.vault import open_object
from core.tenancy.scope import scope
from core.web.answers import Base64, Document, Id, Sha256
from core.web.api import TenantView, checked_body, checked_query
from core.web.described import described
from core.web.paging import page_of
from workforce.delivery import services
from workforce.delivery.acceptance import accept_release
from workforce.delivery.card_pictures import picture_of
from workforce.delivery.diff import diff_manifests
from workforce.delivery.disputes import Pin, dispute_release
from workforce.delivery.link_tasks import order_links
from workforce.delivery.manifest import signer
from workforce.delivery.models import FORMATS, Release

CHUNK = 1 << 20
NOTHING_YET: dict[str, Any] = {"clips": []}


class NewRelease(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=FORMATS),
        allow_empty=False,
        default=lambda: list(FORMATS),
    )


class PinBody(serializers.Serializer[Any]):
    clip = serializers.UUIDField()
    frame = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    text = serializers.CharField(max_length=2000)
    track = serializers.UUIDField(required=False, allow_null=True, default=None)
    identity = serializers.BooleanField(default=False)


class NewDispute(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=4000)
    pins = PinBody(many=True, required=False, default=list)


class DiffQuery(serializers.Serializer[Any]):
    since = serializers.RegexField(
        r"^[0-9]{1,9}$",
        required=False,
        default="",
        allow_blank=True,
        help_text="Number of an earlier version; without it the last one before.",
    )


class ReleaseJson(TypedDict):
    """A version of a project's labels; `sha256` and `size` are of its package, once it is ready."""

    id: Id
    project: Id
    number: int
    state: str
    formats: list[str]
    clips: list[Any]
    size: int | None
    sha256: Sha256 | None
    failure: str
    dispute: str
    accepted_by_silence_at: datetime | None
    created_at: datetime
    ready_at: datetime | None
    decided_at: datetime | None


class SignedRelease(ReleaseJson):
    """A release with its manifest and the Ed25519 signature of that in canonical JSON."""

    manifest: Document | None
    signature: Base64 | None


class ClipDiffJson(TypedDict):
    clip: Id
    tracks_added: list[str]
    tracks_removed: list[str]
    tracks_changed: list[str]
    events_added: list[str]
    events_removed: list[str]
    events_changed: list[str]
    footage_changed: bool


class DiffJson(TypedDict):
    """What changed from version `since` (null: there was none) to version `number`."""

    since: int | None
    number: int
    clips_added: list[str]
    clips_removed: list[str]
    clips: list[ClipDiffJson]
    identities_added: list[str]
    identities_removed: list[str]
    identities_changed: list[str]


class LinksOrdered(TypedDict):
    """How many clips the tasks are made of."""

    clips: int


class ReleaseKey(TypedDict):
    ed25519: Base64


def release_json(release: Release) -> ReleaseJson:
    package = release.package
    return {
        "id": str(release.id),
        "project": str(release.project_id),
        "number": release.number,
        "state": release.state,
        "formats": release.formats,
        "clips": release.clips,
        "size": package.size if package else None,
        "sha256": bytes(package.sha256).hex() if package else None,
        "failure": release.failure,
        "dispute": release.dispute,
        "accepted_by_silence_at": release.accepted_by_silence_at,
        "created_at": release.created_at,
        "ready_at": release.ready_at,
        "decided_at": release.decided_at,
    }


class OrderLinks(TenantView):
    """Have tasks of links made of a project's clips whose labels are finished; a job makes them."""

    permissions: ClassVar = {"POST": Permission.TASK_SLICE}

    @described("order_links", answer=LinksOrdered, status=202)
    def post(self, request: Request, tenant: str, project: UUID) -> Response:
        clips = order_links(actor=self.actor, tenant=self.tenant.id, project_id=project)
        return Response({"clips": clips}, status=202)


class Releases(TenantView):
    permissions: ClassVar = {"GET": Permission.RELEASE_READ, "POST": Permission.RELEASE_BUILD}

    @described("list_releases", page=ReleaseJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Release.objects.select_related("package")
            return page_of(request, rows, release_json)

    @described("order_release", body=NewRelease, answer=ReleaseJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewRelease, request)
        release = services.order_release(
            actor=self.actor,
            tenant=self.tenant.id,
            project_id=body["project"],
            formats=body["formats"],
        )
        return Response(release_json(release), status=201)


class ReleaseDetail(TenantView):
    """A release with its manifest and signature."""

    permissions: ClassVar = {"GET": Permission.RELEASE_READ}

    @described("get_release", answer=SignedRelease)
    def get(self, request: Request, tenant: str, release: UUID) -> Response:
        with scope(self.tenant.id):
            row = services.get_release(release)
            signature = base64.b64encode(row.signature).decode() if row.signature else None
            body = {**release_json(row), "manifest": row.manifest, "signature": signature}
        services.log_release_read(actor=self.actor, release=row)
        return Response(body)


class Accept(TenantView):
    permissions: ClassVar = {"POST": Permission.RELEASE_ACCEPT}

    @described("accept_release", answer=ReleaseJson)
    def post(self, request: Request, tenant: str, release: UUID) -> Response:
        row = accept_release(actor=self.actor, tenant=self.tenant.id, release_id=release)
        return Response(_read(self.tenant.id, row.id))


class DisputeRelease(TenantView):
    permissions: ClassVar = {"POST": Permission.RELEASE_ACCEPT}

    @described("dispute_release", body=NewDispute, answer=ReleaseJson)
    def post(self, request: Request, tenant: str, release: UUID) -> Response:
        body = checked_body(NewDispute, request)
        row = dispute_release(
            actor=self.actor,
            tenant=self.tenant.id,
            release_id=release,
            reason=body["reason"],
            pins=[Pin(**pin) for pin in body["pins"]],
        )
        return Response(_read(self.tenant.id, row.id))


def _read(tenant: UUID, release_id: UUID) -> ReleaseJson:
    with scope(tenant):
        return release_json(services.get_release(release_id))


class ReleaseDiff(TenantView):
    """What changed since an earlier version of the project (`?since=1`), else since the last.

    In a first version all is new.
    """

    permissions: ClassVar = {"GET": Permission.RELEASE_READ}

    @described("compare_releases", query=(DiffQuery,), answer=DiffJson)
    def get(self, request: Request, tenant: str, release: UUID) -> Response:
        since = checked_query(DiffQuery, request)["since"]
        with scope(self.tenant.id):
            new = services.get_release(release)
            old = services.earlier_release(new, since)
            if new.manifest is None or (since and old is None):
                raise Conflict("There are no two versions to compare: this one, and that.")
            before = old.manifest if old is not None and old.manifest else NOTHING_YET
            found = diff_manifests(before, new.manifest)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="release.read",
            subject=("release", new.id),
            details={"since": str(old.id) if old else None},
            purpose="delivery",
        )
        return Response(
            {"since": old.number if old else None, "number": new.number, **asdict(found)}
        )


class Key(TenantView):
    """The public key that manifests are signed with."""

    permissions: ClassVar = {"GET": Permission.RELEASE_READ}

    @described("get_release_key", answer=ReleaseKey)
    def get(self, request: Request, tenant: str) -> Response:
        return Response({"ed25519": base64.b64encode(signer().public_key).decode()})


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Read a Range header of one range: (first, last), or None to send all (RFC 9110, 14.2).

    Raises OutOfRange for a range that lies outside the bytes.
    """
    unit, _, span = header.partition("=")
    first, dash, last = span.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in span or not (first + last).isdecimal():
        return None
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start > end:
        raise OutOfRange(f"There are {size} bytes; the range begins beyond them.")
    return start, end


def _range_of(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """The range that is asked for; none where If-Range names another package (RFC 9110, 13.1.5)."""
    header = request.headers.get("Range", "")
    if not header or request.headers.get("If-Range", tag) != tag:
        return None
    return byte_range(header, size)


def _open(tenant: UUID, object_id: UUID) -> DecryptingReader:
    """Open an object in a thread of the pool, which must not keep a connection to the database."""
    try:
        return open_object(tenant=tenant, object_id=object_id)
    finally:
        connection.close()


async def _chunks(tenant: UUID, object_id: UUID, first: int, last: int) -> AsyncIterator[bytes]:
    reader = await sync_to_async(_open, thread_sensitive=False)(tenant, object_id)
    try:
        place = first
        while place <= last:
            length = min(CHUNK, last + 1 - place)
            chunk = await sync_to_async(reader.pread, thread_sensitive=False)(place, length)
            place += len(chunk)
            yield chunk
    finally:
        await sync_to_async(reader.close, thread_sensitive=False)()


class CardPicture(TenantView):
    """A small JPEG of a clip as it was delivered, so masked. The log holds a receipt."""

    permissions: ClassVar = {"GET": Permission.RELEASE_DOWNLOAD}

    @described("get_release_picture", answer=bytes, media="image/jpeg")
    def get(self, request: Request, tenant: str, release: UUID, clip: UUID) -> HttpResponse:
        data = picture_of(actor=self.actor, tenant=self.tenant.id, release_id=release, clip_id=clip)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HttpResponse(data, content_type="image/jpeg", headers=headers)


class Download(TenantView):
    """The package, whole or by Range, streamed; the receipt is committed before the first byte."""

    permissions: ClassVar = {"GET": Permission.RELEASE_DOWNLOAD}

    @described(
        "download_release",
        answer=bytes,
        media="application/zip",
        also={206: "The range that was asked for."},
        text="One Range in bytes is answered with 206; If-Range with the ETag.",
    )
    def get(self, request: Request, tenant: str, release: UUID) -> Response:
        with scope(self.tenant.id):
            row = services.get_release(release)
            package = row.package
            if package is None:
                raise Conflict(f"This release is {row.state}: there is no package to download.")
            if package.erased_at is not None:
                raise Gone("Footage in this package was erased, and the package with it.")
            tag = f'"{bytes(package.sha256).hex()}"'
            chosen = _range_of(request, package.size, tag)
            first, last = chosen or (0, package.size - 1)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="release.downloaded",
            subject=("release", row.id),
            purpose="download",
            details={"first_byte": first, "last_byte": last},
        )
        response = StreamingHttpResponse(
            _chunks(self.tenant.id, package.id, first, last),
            status=206 if chosen else 200,
            content_type="application/zip",
        )
        response["Content-Length"] = str(last - first + 1)
        response["Accept-Ranges"] = "bytes"
        response["ETag"] = tag
        response["Cache-Control"] = "no-store"
        name = f"{self.tenant.slug}-release-{row.number}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        if chosen:
            response["Content-Range"] = f"bytes {first}-{last}/{package.size}"
        return cast(Response, cast(HttpResponse, response))
