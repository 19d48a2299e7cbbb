"""The API of labels: read, autosave and hand in the tracks and events of a task."""

from __future__ import annotations

import json
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from django.http import JsonResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.clock import now
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.answers import Document, Id, Sha256
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.labels.changes import Changes
from workforce.labels.models import Draft, SpanRow, TrackRow
from workforce.labels.services import save_tracks, submit
from workforce.labels.store import get_task, span_of, track_of
from workforce.labels.wire import AsSent, EventsField, EventWire, TracksField, TrackWire
from workforce.tasks.models import QueueEntry


class SaveLabels(serializers.Serializer[Any]):
    """Tracks and events are checked by this room, which tells the place of what is wrong."""

    token = serializers.IntegerField(min_value=1)
    tracks = TracksField(required=False)
    events = EventsField(child=AsSent(), default=list)
    deleted = serializers.ListField(child=serializers.UUIDField(), default=list)
    revisions = serializers.DictField(child=serializers.IntegerField(min_value=0), default=dict)

    def validate_revisions(self, value: dict[str, int]) -> dict[UUID, int]:
        """Ids as keys."""
        try:
            return {UUID(key): revision for key, revision in value.items()}
        except ValueError as error:
            raise serializers.ValidationError("Keys are ids of tracks or events (UUID).") from error


class SubmitTask(SaveLabels):
    """The last changes may come along: they are saved and handed in together, or not at all."""


def brings_labels(request: Request) -> bool:
    """Whether labels came along, of which `changes_of` makes a change."""
    return any(name in request.data for name in ("tracks", "events", "deleted"))


def changes_of(body: dict[str, Any]) -> Changes:
    """Give the change that a checked body names."""
    return Changes(body.get("tracks", []), body["deleted"], body["revisions"], body["events"])


class SavedTrack(TrackWire):
    """A track and the revision that the next save must name."""

    revision: int


class SavedEvent(EventWire):
    """An event and the revision that the next save must name."""

    revision: int


class LabelsJson(TypedDict):
    tracks: list[SavedTrack]
    events: list[SavedEvent]


class RevisionsJson(TypedDict):
    """By id of a track or event, its new revision."""

    revisions: dict[str, int]


class LabelSetJson(TypedDict):
    """What was handed in, under the hash of its canonical form."""

    label_set: Id
    sha256: Sha256
    tracks: int
    events: int


class DraftsJson(TypedDict):
    """Drafts, newest first, each as it was sent, with `saved_at`."""

    results: list[Document]


class Tracks(TenantView):
    """Tracks of a task: for those who hold a lease on it, and for those who may read labels."""

    permissions: ClassVar = {
        "PATCH": Permission.TASK_ANNOTATE,
        "PUT": Permission.TASK_ANNOTATE,
    }

    @described("read_labels", answer=LabelsJson)
    def get(self, request: Request, tenant: str, task: UUID) -> Response:
        with scope(self.tenant.id):
            row = get_task(task)
            may_read = Permission.LABEL_READ in self.entry.permissions and not row.is_copy
            leased = holds_lease(task, self.user_id)
            if not may_read and not leased:
                raise NotFound
            rows = TrackRow.objects.filter(task=row, deleted=False).order_by("track_id")
            tracks = [{**track_of(item).to_wire(), "revision": item.revision} for item in rows]
            happened = SpanRow.objects.filter(task=row, deleted=False).order_by("span_id")
            events = [{**span_of(item).to_wire(), "revision": item.revision} for item in happened]
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.tracks.read",
            subject=("task", task),
            purpose="task" if leased else "inspect",
            details={"tracks": len(tracks), "events": len(events)},
        )
        return Response({"tracks": tracks, "events": events}, headers={"Cache-Control": "no-store"})

    @described("save_labels", body=SaveLabels, answer=RevisionsJson)
    def patch(self, request: Request, tenant: str, task: UUID) -> Response:
        body = checked_body(SaveLabels, request)
        revisions = save_tracks(
            tenant=self.tenant.id,
            task_id=task,
            token=body["token"],
            actor=self.actor,
            changes=changes_of(body),
        )
        return Response({"revisions": {str(key): value for key, value in revisions.items()}})

    @described("save_labels_whole", body=SaveLabels, answer=RevisionsJson)
    def put(self, request: Request, tenant: str, task: UUID) -> Response:
        """As PATCH: what is not named stays."""
        return self.patch(request, tenant, task)


class Submission(TenantView):
    """Hand the task in; the answer is the same for every task."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described("submit_task", body=SubmitTask, answer=LabelSetJson, status=201)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        body = checked_body(SubmitTask, request)
        label_set = submit(
            tenant=self.tenant.id,
            task_id=task,
            token=body["token"],
            actor=self.actor,
            vendor=self.entry.vendor_id,
            changes=changes_of(body) if brings_labels(request) else None,
        )
        return Response(
            {
                "label_set": str(label_set.id),
                "sha256": label_set.sha256,
                "tracks": label_set.track_count,
                "events": label_set.event_count,
            },
            status=201,
        )


class Drafts(TenantView):
    """A person's own drafts of a task: what arrived after the lease was lost."""

    permissions: ClassVar = {"GET": Permission.TASK_ANNOTATE}

    @described("list_drafts", answer=DraftsJson)
    def get(self, request: Request, tenant: str, task: UUID) -> JsonResponse:
        with scope(self.tenant.id):
            rows = Draft.objects.filter(task_id=task, author_id=self.user_id).order_by("-saved_at")
            found = [{"saved_at": row.saved_at, **json.loads(row.content)} for row in rows]
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.drafts.read",
            subject=("task", task),
            purpose="recover",
            details={"drafts": len(found)},
        )
        # In ASCII, unlike other answers: a draft may hold half a surrogate pair.
        return JsonResponse({"results": found}, headers={"Cache-Control": "no-store"})


def holds_lease(task_id: UUID, person: UUID) -> bool:
    """Whether the person has a live lease on the task, to annotate or to review it."""
    return QueueEntry.objects.filter(
        task_id=task_id,
        lessee=person,
        state=QueueEntry.State.LEASED,
        lease_until__gt=now(),
    ).exists()
