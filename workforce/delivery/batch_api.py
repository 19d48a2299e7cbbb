"""The API of batches: what was handed over together, and how far it is."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView
from core.web.described import described
from core.web.list_queries import OneOf, list_query
from core.web.paging import page_of, page_of_rows
from tenants.intake.models import Batch, Clip
from workforce.delivery.batch_filters import STATES, BatchesAsked
from workforce.delivery.batches import BatchProgress, batch_progress, get_batch
from workforce.delivery.clock_api import OutlookJson, outlook_json
from workforce.delivery.outlook import outlooks


class BatchJson(TypedDict):
    id: Id
    name: str
    project: Id
    created_at: datetime


class StageJson(TypedDict):
    """`done` of `total` things are through; `state`: done, current or todo."""

    name: str
    state: str
    done: int
    total: int
    began: datetime | None
    ended: datetime | None


class WaitingJson(TypedDict):
    """What does not go on by itself, and who can move it."""

    who: str
    text: str


class BatchWithProgress(BatchJson):
    """A batch: its stages, when the last of it is due, and how its most pressing clip stands."""

    clips: int
    refused: int
    stages: list[StageJson]
    due_at: datetime | None
    outlook: OutlookJson | None
    waiting: list[WaitingJson]
    releases: list[Id]


class ClipOutlook(OutlookJson):
    clip: Id


def batch_json(batch: Batch) -> BatchJson:
    return {
        "id": str(batch.id),
        "name": batch.name,
        "project": str(batch.project_id),
        "created_at": batch.created_at,
    }


def progress_json(progress: BatchProgress) -> BatchWithProgress:
    """A batch with how far it is, in the open scope."""
    return {
        **batch_json(progress.batch),
        "clips": len(progress.clips),
        "refused": len(progress.refused),
        "stages": [
            {
                "name": stage.name,
                "state": stage.state,
                "done": stage.done,
                "total": stage.total,
                "began": stage.began,
                "ended": stage.ended,
            }
            for stage in progress.stages
        ],
        "due_at": progress.due,
        "outlook": outlook_json(progress.riskiest) if progress.riskiest else None,
        "waiting": [{"who": item.who, "text": item.text} for item in progress.waiting],
        "releases": [str(release.id) for release in progress.releases],
    }


BATCHES = list_query(
    BatchesAsked,
    project=serializers.UUIDField(required=False),
    state=OneOf(
        STATES,
        required=False,
        help_text="Where the batch is: empty (no clip yet), preparing, work, accepted (all of it), "
        "refused (with refused clips).",
    ),
)


class Batches(TenantView):
    """All batches, or those that are asked for, the newest first; days are those of receipt."""

    permissions: ClassVar = {"GET": Permission.CLIP_LIST}

    @described("list_batches", query=(BATCHES.query,), page=BatchJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            return page_of(request, BATCHES.read(request).batches(), batch_json)


class BatchDetail(TenantView):
    """One batch from intake to acceptance."""

    permissions: ClassVar = {"GET": Permission.CLIP_LIST}

    @described("get_batch", answer=BatchWithProgress)
    def get(self, request: Request, tenant: str, batch: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(progress_json(batch_progress(get_batch(batch))))


class Clocks(TenantView):
    """The clocks of all footage that counts, the newest first."""

    permissions: ClassVar = {"GET": Permission.RELEASE_READ}

    @described("list_clocks", page=ClipOutlook)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Clip.objects.exclude(state__in=Clip.OVER)
            return page_of_rows(request, rows.order_by("-created_at", "id"), _outlooks_of)


def _outlooks_of(page: list[Clip]) -> list[Any]:
    found = outlooks([clip.id for clip in page])
    return [{"clip": str(clip.id), **outlook_json(found[clip.id])} for clip in page]
