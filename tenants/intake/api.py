"""The API of clips. Uploads are served by `tus`, beside Django."""

from typing import Any, ClassVar, TypedDict
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.tenancy.scope import scope
from core.web.answers import Document
from core.web.api import TenantView, checked_body
from core.web.described import described
from tenants.intake.clips import get_clip
from tenants.intake.erasure import REASONS, erase_clip, get_certificate
from tenants.intake.models import Clip, ErasureCertificate


class Counted(TypedDict):
    """How many rows there are on all pages together."""

    count: int


class ClipSerializer(serializers.ModelSerializer[Clip]):
    """What a clip is. `sha256` is that of the plaintext, to compare with one's own."""

    filename = serializers.CharField(
        allow_null=True, help_text="Null for who does not work with the project."
    )
    project_slug = serializers.CharField(source="project.slug")
    size = serializers.IntegerField(source="source.size")
    sha256 = serializers.SerializerMethodField()
    time_base = serializers.SerializerMethodField()

    class Meta:
        model = Clip
        fields = [
            "id",
            "project",
            "project_slug",
            "camera",
            "batch",
            "filename",
            "starts_at",
            "time_zone",
            "state",
            "refusal_reason",
            "refusal_message",
            "size",
            "sha256",
            "container",
            "codec",
            "width",
            "height",
            "frame_count",
            "duration",
            "time_base",
            "variable_rate",
            "has_audio",
            "created_at",
            "prepared_percent",
            "prepared_at",
        ]

    @extend_schema_field({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    def get_sha256(self, clip: Clip) -> str:
        return bytes(clip.source.sha256).hex()

    @extend_schema_field({"type": ["array", "null"], "items": {"type": "integer"}})
    def get_time_base(self, clip: Clip) -> list[int] | None:
        if clip.time_base_numerator is None or clip.time_base_denominator is None:
            return None
        return [clip.time_base_numerator, clip.time_base_denominator]


class ClipView(TenantView):
    permissions: ClassVar = {"GET": Permission.CLIP_LIST}

    def shown(self, clip: Clip) -> dict[str, Any]:
        """File names may name people: only those who work with the project's footage see them."""
        body = dict(ClipSerializer(clip).data)
        if Permission.PROJECT_READ not in self.entry.permissions:
            body["filename"] = None
        return body


class Erasure(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=list(REASONS))


def certificate_answer(certificate: ErasureCertificate) -> HttpResponse:
    """The very bytes that were signed."""
    name = f"erasure-{certificate.clip_id}.json"
    return HttpResponse(
        bytes(certificate.document),
        content_type="application/json",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


class ClipDetail(ClipView):
    """DELETE erases the clip for good, and answers with the signed certificate."""

    permissions: ClassVar = {"GET": Permission.CLIP_LIST, "DELETE": Permission.CLIP_ERASE}

    @described("erase_clip", body=Erasure, answer=Document)
    def delete(self, request: Request, tenant: str, clip: UUID) -> HttpResponse:
        reason = checked_body(Erasure, request)["reason"]
        certificate = erase_clip(
            actor=self.actor, tenant=self.tenant.id, clip_id=clip, reason=reason
        )
        return certificate_answer(certificate)

    @described("get_clip", answer=ClipSerializer)
    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(self.shown(get_clip(clip)))


class ClipCertificate(ClipView):
    """The certificate of a clip that was erased."""

    @described("get_certificate", answer=Document)
    def get(self, request: Request, tenant: str, clip: UUID) -> HttpResponse:
        with scope(self.tenant.id):
            certificate = get_certificate(clip)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="certificate.read",
            subject=("clip", clip),
            purpose="inspect",
        )
        return certificate_answer(certificate)
