"""The pages on which a file of labels comes in: choose it, see what it brings, take it over."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict, Invalid, TooLarge
from core.web.pages import TenantPage
from workforce.imports.api import incoming, require_purpose
from workforce.imports.services import (
    MAX_BYTES,
    apply_import,
    get_import,
    imports_of,
    read_import,
)
from workforce.labels.models import LabelImport

FORMATS = {
    "cvat": "CVAT for video 1.1",
    "coco": "COCO",
    "mot": "MOTChallenge",
    "jsonl": "JSON Lines",
}


class ImportsPage(TenantPage):
    """Choose a file; what came in before."""

    permission = Permission.LABEL_IMPORT
    permissions: ClassVar = {"POST": Permission.LABEL_IMPORT}
    template_name = "imports/choose.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clip, rows = imports_of(tenant=self.tenant.id, clip_id=kwargs["clip"])
        if not self.holds(Permission.GOLD_MANAGE):
            rows = [row for row in rows if row.purpose != LabelImport.Purpose.GOLD]
        kwargs.setdefault("error", "")
        kwargs["clip"] = clip
        return super().get_context_data(
            rows=[(row, FORMATS[row.file_format]) for row in rows],
            megabytes=MAX_BYTES >> 20,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, clip: UUID) -> HttpResponse:
        """Read the file and show what it would bring."""
        try:
            row = read_import(
                actor=self.actor,
                tenant=self.tenant.id,
                clip_id=clip,
                file=incoming(request, self.entry),
            )
        except (Conflict, Invalid, TooLarge) as error:
            context = self.get_context_data(tenant=tenant, clip=clip, error=error.message)
            return self.render_to_response(context, status=error.status)
        return redirect(f"/t/{self.tenant.slug}/clips/{clip}/imports/{row.id}")


class PreviewPage(TenantPage):
    """What a file would bring, what is wrong with it, and the button that takes it over."""

    permission = Permission.LABEL_IMPORT
    permissions: ClassVar = {"POST": Permission.LABEL_IMPORT}
    template_name = "imports/preview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = get_import(
            tenant=self.tenant.id, clip_id=kwargs["clip"], import_id=kwargs.pop("label_import")
        )
        require_purpose(row, self.entry)
        kwargs["clip"] = row.clip
        return super().get_context_data(row=row, format=FORMATS[row.file_format], **kwargs)

    def post(
        self, request: HttpRequest, tenant: str, clip: UUID, label_import: UUID
    ) -> HttpResponse:
        """Take the file over."""
        where = {"tenant": self.tenant.id, "clip_id": clip, "import_id": label_import}
        require_purpose(get_import(**where), self.entry)
        try:
            row = apply_import(actor=self.actor, **where)
        except Conflict as error:
            messages.error(request, error.message)
        else:
            tasks, tracks = row.outcome["tasks"], row.outcome["tracks"]
            messages.info(request, f"{tracks} tracks taken over into {tasks} tasks.")
        return redirect(f"/t/{self.tenant.slug}/clips/{clip}/imports/{label_import}")
