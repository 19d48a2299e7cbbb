"""The API of labels from outside: send a file, read what it would bring, take it over."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.door import Entry
from core.access.permissions import Permission
from core.errors import Invalid, TooLarge
from core.web.api import TenantView
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


def import_json(row: LabelImport) -> dict[str, Any]:
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

    def get(self, request: Request, tenant: str, clip: UUID, label_import: UUID) -> Response:
        row = get_import(tenant=self.tenant.id, clip_id=clip, import_id=label_import)
        require_purpose(row, self.entry)
        return Response(import_json(row))


class ImportApplication(TenantView):
    permissions: ClassVar = {"POST": Permission.LABEL_IMPORT}

    def post(self, request: Request, tenant: str, clip: UUID, label_import: UUID) -> Response:
        where = {"tenant": self.tenant.id, "clip_id": clip, "import_id": label_import}
        require_purpose(get_import(**where), self.entry)
        return Response(import_json(apply_import(actor=self.actor, **where)))
