"""The API of masks that people correct and check."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.web.api import TenantView, checked_body
from workforce.redaction import checking
from workforce.redaction.api import RunSerializer
from workforce.redaction.checking import Checker, MaskSheet
from workforce.redaction.corrections import LONGEST_REASON
from workforce.redaction.detectors.recipe import Subject
from workforce.redaction.models import MaskLease


class TrackSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=64)
    subject = serializers.ChoiceField([str(subject) for subject in Subject])
    keyframes = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class DropSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)


class MasksSerializer(TokenSerializer):
    base = serializers.IntegerField(min_value=0)
    tracks = TrackSerializer(many=True)
    dropped = DropSerializer(many=True)


class TakeSerializer(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1, required=False)


class RevisionSerializer(TokenSerializer):
    revision = serializers.IntegerField(min_value=1)


class FramesSerializer(TokenSerializer):
    frames = serializers.ListField(child=serializers.IntegerField(min_value=0), max_length=5_000)


class MaskView(TenantView):
    """For whom the project's policy admits; for others the clip does not exist."""

    permissions: ClassVar = dict.fromkeys(("GET", "POST", "DELETE"), Permission.REDACTION_CHECK)

    @property
    def checker(self) -> Checker:
        return Checker(self.entry, self.actor)


def told(sheet: MaskSheet) -> dict[str, Any]:
    """Masks as JSON values: the engine's tracks, what people changed, frames to look at first."""
    dropped = [{"id": name, "reason": why} for name, why in sheet.corrections.reasons.items()]
    return {
        "run": str(sheet.run.id),
        "revision": sheet.revision,
        "rendered": sheet.run.revision,
        "engine": [track.to_wire() for track in sheet.tracks],
        "tracks": [track.to_wire() for track in sheet.corrections.tracks],
        "dropped": dropped,
        "suspects": [one.to_wire() for one in sheet.suspects],
    }


class ClipMasks(MaskView):
    """GET: the masks of the newest copy. POST, under a lease: save all corrections."""

    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        sheet = checking.read_masks(self.checker, clip)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="redaction.masks_read",
            subject=("clip", clip),
            purpose="redaction",
            details={"run": str(sheet.run.id), "revision": sheet.revision},
        )
        return Response(told(sheet))

    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(MasksSerializer, request)
        wire = {"tracks": body["tracks"], "dropped": body["dropped"]}
        row = checking.save_masks(
            self.checker, clip, token=body["token"], base=body["base"], wire=wire
        )
        return Response({"revision": row.number, "counts": row.counts}, status=201)


class MaskLeaseView(MaskView):
    """POST: take the masks, or with a token keep them. DELETE: give them back."""

    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        token = checked_body(TakeSerializer, request).get("token")
        lease: MaskLease = (
            checking.take_masks(self.checker, clip)
            if token is None
            else checking.renew_masks(self.checker, clip, token=token)
        )
        return Response({"token": lease.token, "until": lease.lease_until.isoformat()})

    def delete(self, request: Request, tenant: str, clip: UUID) -> Response:
        token = checked_body(TokenSerializer, request)["token"]
        checking.give_masks_back(self.checker, clip, token=token)
        return Response(status=204)


class MaskCopy(MaskView):
    """Make a copy with the newest corrections; GET of the clip's redaction tells how far it is."""

    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(RevisionSerializer, request)
        run = checking.render_anew(
            self.checker, clip, token=body["token"], revision=body["revision"]
        )
        return Response({"run": RunSerializer(run).data}, status=202)

    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        run = checking.copy_under_way(self.checker, clip)
        return Response({"state": run.state, "revision": run.revision, "id": str(run.id)})


class MaskSigning(MaskView):
    """Sign that the suspicious frames of the newest copy were looked at."""

    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(FramesSerializer, request)
        row = checking.sign_check(self.checker, clip, token=body["token"], frames=body["frames"])
        return Response({"id": str(row.id), "frames": len(row.frames)}, status=201)
