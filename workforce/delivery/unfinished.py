"""Uploads that have not arrived whole, on the pages that list them: one can be ended there."""

from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict, Gone, NotFound
from core.web.pages import TenantPage
from tenants.intake.models import Upload
from tenants.intake.uploads import get_upload, terminate_upload


def unfinished_uploads() -> list[Upload]:
    """Read the uploads of the open scope that have not arrived whole, the newest first."""
    return list(Upload.objects.filter(state=Upload.State.OPEN).order_by("-created_at"))


class UploadsListed(TenantPage):
    """Base of the pages that list unfinished uploads; the list's form ends one of them."""

    permissions: ClassVar = {"POST": Permission.UPLOAD_CREATE}

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """End an upload (`upload`) for good."""
        try:
            upload_id = UUID(request.POST.get("upload", ""))
        except ValueError as error:
            raise NotFound from error
        try:
            upload = get_upload(tenant=self.tenant.id, upload_id=upload_id)
            terminate_upload(actor=self.actor, tenant=self.tenant.id, upload_id=upload_id)
        except (Conflict, Gone) as error:
            # It arrived, ran out or was ended since the page was opened, or is being written to.
            messages.error(request, error.message)
        else:
            text = f"The upload of {upload.filename} is ended; what had arrived of it is removed."
            messages.info(request, text)
        return redirect(request.get_full_path())
