"""The API of a gold's truth: read it, and save the next version of it."""

from __future__ import annotations

import json
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.labels.api import changes_of
from workforce.labels.wire import AsSent, EventsField, EventWire, TracksField, TrackWire
from workforce.quality.gold_desk import find_gold
from workforce.quality.gold_versions import redraw_gold


class RedrawnTruth(serializers.Serializer[Any]):
    """What changes: tracks and events in the wire form, and ids of either to delete."""

    tracks = TracksField(required=False)
    events = EventsField(child=AsSent(), default=list)
    deleted = serializers.ListField(child=serializers.UUIDField(), default=list)


class TruthJson(TypedDict):
    tracks: list[TrackWire]
    events: list[EventWire]


class NextVersion(TypedDict):
    """The version that was made, and its page."""

    id: Id
    version: int
    url: str


class GoldTruthLabels(TenantView):
    """The right labels of a piece of gold."""

    permissions: ClassVar = {"GET": Permission.GOLD_MANAGE, "POST": Permission.GOLD_MANAGE}

    @described("read_gold_truth", answer=TruthJson)
    def get(self, request: Request, tenant: str, gold_id: UUID) -> Response:
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound
        with scope(self.tenant.id):
            gold = find_gold(gold_id)
            content = json.loads(gold.content)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.gold.read",
            subject=("gold", gold.id),
            purpose="oversight",
            details={"clip": str(gold.clip_id), "frames": [gold.start_frame, gold.end_frame]},
        )
        truth = {"tracks": content.get("tracks", []), "events": content.get("events", [])}
        return Response(truth, headers={"Cache-Control": "no-store"})

    @described("redraw_gold_truth", body=RedrawnTruth, answer=NextVersion, status=201)
    def post(self, request: Request, tenant: str, gold_id: UUID) -> Response:
        if self.tenant.kind != Organization.Kind.CLIENT:
            raise NotFound
        body = checked_body(RedrawnTruth, request) | {"revisions": {}}
        made = redraw_gold(
            actor=self.actor, tenant=self.tenant.id, gold_id=gold_id, changes=changes_of(body)
        )
        return Response(
            {
                "id": str(made.id),
                "version": made.version,
                "url": f"/t/{self.tenant.slug}/gold/{made.id}",
            },
            status=201,
        )
