"""The API of clips. Uploads are served by `tus`, beside Django."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import Invalid
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from tenants.intake.clips import get_clip, list_clips
from tenants.intake.erasure import REASONS, erase_clip, get_certificate
from tenants.intake.models import Clip, ErasureCertificate

PAGE = 100
PAGE_LIMIT = 500


class ClipSerializer(serializers.ModelSerializer[Clip]):
    """What a clip is. `sha256` is that of the plaintext, to compare with one's own."""

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

    def get_sha256(self, clip: Clip) -> str:
        return bytes(clip.source.sha256).hex()

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


class Clips(ClipView):
    """?project= (id or slug) &state= &limit= (at most 500) &offset="""

    def get(self, request: Request, tenant: str) -> Response:
        state = request.query_params.get("state", "")
        if state and state not in Clip.State.values:
            raise Invalid(f"A state is one of {', '.join(Clip.State.values)}.", field="state")
        limit = _number(request, "limit", PAGE, most=PAGE_LIMIT)
        offset = _number(request, "offset", 0, most=1 << 31)
        with scope(self.tenant.id):
            rows = list_clips(project=request.query_params.get("project", ""), state=state)
            count = rows.count()
            results = [self.shown(clip) for clip in rows[offset : offset + limit]]
        return Response({"count": count, "results": results})


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

    def delete(self, request: Request, tenant: str, clip: UUID) -> HttpResponse:
        reason = checked_body(Erasure, request)["reason"]
        certificate = erase_clip(
            actor=self.actor, tenant=self.tenant.id, clip_id=clip, reason=reason
        )
        return certificate_answer(certificate)

    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(self.shown(get_clip(clip)))


class ClipCertificate(ClipView):
    """The certificate of a clip that was erased."""

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


def _number(request: Request, name: str, default: int, *, most: int) -> int:
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) <= 10):
        raise Invalid(f"{name} is a number.", field=name)
    return min(int(value), most)
