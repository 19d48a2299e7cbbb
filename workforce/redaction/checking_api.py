"""The API of masks that people correct and check."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypedDict, cast
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.web.answers import Document, Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.redaction import checking
from workforce.redaction.api import RunSerializer, StartedRun
from workforce.redaction.checking import Checker, MaskSheet
from workforce.redaction.corrections import LONGEST_REASON, MaskTrack
from workforce.redaction.detectors.recipe import Subject
from workforce.redaction.models import MaskLease


class MaskTrackSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=64)
    subject = serializers.ChoiceField([str(subject) for subject in Subject])
    keyframes = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class DropSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class MaskTokenSerializer(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)


class MasksSerializer(MaskTokenSerializer):
    base = serializers.IntegerField(min_value=0)
    tracks = MaskTrackSerializer(many=True)
    dropped = DropSerializer(many=True)


class TakeSerializer(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1, required=False)


class RevisionSerializer(MaskTokenSerializer):
    revision = serializers.IntegerField(min_value=1)


class FramesSerializer(MaskTokenSerializer):
    frames = serializers.ListField(child=serializers.IntegerField(min_value=0), max_length=5_000)


class MaskView(TenantView):
    """For whom the project's policy admits; for others the clip does not exist."""

    permissions: ClassVar = dict.fromkeys(("GET", "POST", "DELETE"), Permission.REDACTION_CHECK)

    @property
    def checker(self) -> Checker:
        return Checker(self.entry, self.actor)


class MaskTrackJson(TypedDict):
    """A mask over time; `keyframes`: [frame, x1, y1, x2, y2], pixels of the source."""

    id: str
    subject: str
    keyframes: list[list[float]]


class DroppedMask(TypedDict):
    id: str
    reason: str


class MaskSheetJson(TypedDict):
    """The engine's masks, what people changed, and the frames to look at first."""

    run: Id
    revision: int
    rendered: int
    engine: list[MaskTrackJson]
    tracks: list[MaskTrackJson]
    dropped: list[DroppedMask]
    suspects: list[Document]


class MaskRevisionJson(TypedDict):
    revision: int
    counts: dict[str, int]


class MaskLeaseJson(TypedDict):
    token: int
    until: datetime


class MaskCopyJson(TypedDict):
    id: Id
    state: str
    revision: int


class MaskCheckJson(TypedDict):
    id: Id
    frames: int


def told(sheet: MaskSheet) -> MaskSheetJson:
    """Masks as JSON values: the engine's tracks, what people changed, frames to look at first."""
    dropped: list[DroppedMask] = [
        {"id": name, "reason": why} for name, why in sheet.corrections.reasons.items()
    ]
    return {
        "run": str(sheet.run.id),
        "revision": sheet.revision,
        "rendered": sheet.run.revision,
        "engine": [_wire(track) for track in sheet.tracks],
        "tracks": [_wire(track) for track in sheet.corrections.tracks],
        "dropped": dropped,
        "suspects": [one.to_wire() for one in sheet.suspects],
    }


def _wire(track: MaskTrack) -> MaskTrackJson:
    return cast(MaskTrackJson, track.to_wire())


class ClipMasks(MaskView):
    """GET: the masks of the newest copy. POST, under a lease: save all corrections."""

    @described("read_masks", answer=MaskSheetJson)
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

    @described("save_masks", body=MasksSerializer, answer=MaskRevisionJson, status=201)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(MasksSerializer, request)
        wire = {"tracks": body["tracks"], "dropped": body["dropped"]}
        row = checking.save_masks(
            self.checker, clip, token=body["token"], base=body["base"], wire=wire
        )
        return Response({"revision": row.number, "counts": row.counts}, status=201)


class MaskLeaseView(MaskView):
    """POST: take the masks, or with a token keep them. DELETE: give them back."""

    @described("lease_masks", body=TakeSerializer, answer=MaskLeaseJson)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        token = checked_body(TakeSerializer, request).get("token")
        lease: MaskLease = (
            checking.take_masks(self.checker, clip)
            if token is None
            else checking.renew_masks(self.checker, clip, token=token)
        )
        return Response({"token": lease.token, "until": lease.lease_until.isoformat()})

    @described("give_masks_back", body=MaskTokenSerializer, status=204)
    def delete(self, request: Request, tenant: str, clip: UUID) -> Response:
        token = checked_body(MaskTokenSerializer, request)["token"]
        checking.give_masks_back(self.checker, clip, token=token)
        return Response(status=204)


class MaskCopy(MaskView):
    """Make a copy with the newest corrections; GET of the clip's redaction tells how far it is."""

    @described("render_masks", body=RevisionSerializer, answer=StartedRun, status=202)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(RevisionSerializer, request)
        run = checking.render_anew(
            self.checker, clip, token=body["token"], revision=body["revision"]
        )
        return Response({"run": RunSerializer(run).data}, status=202)

    @described("get_mask_copy", answer=MaskCopyJson)
    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        run = checking.copy_under_way(self.checker, clip)
        return Response({"state": run.state, "revision": run.revision, "id": str(run.id)})


class MaskSigning(MaskView):
    """Sign that the suspicious frames of the newest copy were looked at."""

    @described("sign_masks", body=FramesSerializer, answer=MaskCheckJson, status=201)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(FramesSerializer, request)
        row = checking.sign_check(self.checker, clip, token=body["token"], frames=body["frames"])
        return Response({"id": str(row.id), "frames": len(row.frames)}, status=201)
