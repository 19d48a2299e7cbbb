"""The API of labels from outside: send a file, read what it would bring, take it over."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, TypedDict
from uuid import UUID

from django.http import HttpRequest
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.door import Entry
from core.access.permissions import Permission
from core.errors import Invalid, TooLarge
from core.web.answers import Document, Id, Schema, Sha256
from core.web.api import TenantView
from core.web.described import described
from workforce.imports.services import MAX_BYTES, Incoming, apply_import, get_import, read_import
from workforce.labels.models import LabelImport

#: Room for the other fields and the borders of a form.
FORM = 1 << 20


def incoming(request: HttpRequest, entry: Entry) -> Incoming:
    """The file of a form. Raises TooLarge, Invalid, and PermissionDenied for gold of a vendor.

    Whoever manages those who are measured must not write what they are measured by.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BYTES + FORM:
        raise TooLarge(
            f"A file of labels is at most {MAX_BYTES >> 20} MB. Write it as JSON Lines with "
            "`custos convert`, which keeps keyframes only."
        )
    chosen = request.FILES.get("file")
    if chosen is None:
        raise Invalid("Choose a file first.", field="file")
    purpose = request.POST.get("purpose", LabelImport.Purpose.PROPOSAL)
    if purpose == LabelImport.Purpose.GOLD:
        entry.require(Permission.GOLD_MANAGE)
    return Incoming(
        name=chosen.name or "labels",
        content=chosen.read(MAX_BYTES + 1),
        purpose=purpose,
        task_type=request.POST.get("task_type", "boxes"),
    )


def require_purpose(row: LabelImport, entry: Entry) -> None:
    """Raise PermissionDenied for somebody who may not see or take over such an import."""
    if row.purpose == LabelImport.Purpose.GOLD:
        entry.require(Permission.GOLD_MANAGE)


IMPORT_FORM: Schema = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "CVAT XML, MOT, COCO, or JSON Lines; which one is found out.",
        },
        "purpose": {"enum": list(LabelImport.Purpose.values), "default": "proposal"},
        "task_type": {"type": "string", "default": "boxes", "maxLength": 32},
    },
}


class ImportJson(TypedDict):
    """What a file of labels would bring or brought: counts and mistakes, no label."""

    id: Id
    clip: Id
    purpose: str
    task_type: str
    file_name: str
    format: str
    sha256: Sha256
    counts: Document
    problems: list[str]
    cut_short: bool
    applied_at: datetime | None
    outcome: Document


def import_json(row: LabelImport) -> ImportJson:
    """What is told of an import: counts and mistakes, no label."""
    return {
        "id": str(row.id),
        "clip": str(row.clip_id),
        "purpose": row.purpose,
        "task_type": row.task_type,
        "file_name": row.file_name,
        "format": row.file_format,
        "sha256": row.sha256,
        "counts": row.counts,
        "problems": row.problems,
        "cut_short": row.cut_short,
        "applied_at": row.applied_at,
        "outcome": row.outcome,
    }


class Imports(TenantView):
    """Send a file (multipart: `file`, `purpose`, `task_type`); it is read, nothing is changed."""

    permissions: ClassVar = {"POST": Permission.LABEL_IMPORT}
    parser_classes = (MultiPartParser,)

    @described(
        "read_import", body={"multipart/form-data": IMPORT_FORM}, answer=ImportJson, status=201
    )
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        row = read_import(
            actor=self.actor,
            tenant=self.tenant.id,
            clip_id=clip,
            file=incoming(request._request, self.entry),
        )
        return Response(import_json(row), status=201)


class ImportDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.LABEL_IMPORT}

    @described("get_import", answer=ImportJson)
    def get(self, request: Request, tenant: str, clip: UUID, label_import: UUID) -> Response:
        row = get_import(tenant=self.tenant.id, clip_id=clip, import_id=label_import)
        require_purpose(row, self.entry)
        return Response(import_json(row))


class ImportApplication(TenantView):
    permissions: ClassVar = {"POST": Permission.LABEL_IMPORT}

    @described("apply_import", answer=ImportJson)
    def post(self, request: Request, tenant: str, clip: UUID, label_import: UUID) -> Response:
        where = {"tenant": self.tenant.id, "clip_id": clip, "import_id": label_import}
        require_purpose(get_import(**where), self.entry)
        return Response(import_json(apply_import(actor=self.actor, **where)))
