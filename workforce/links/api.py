"""The API of tasks of links: read the desk, decide, undo, hand in; and cameras that see one place.

Tracks go by their numbers in the task, from 0.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.answers import Document, Id, Sha256
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of
from workforce.labels.api import holds_lease
from workforce.labels.store import get_task
from workforce.links import services
from workforce.links.desk import Desk, open_desk
from workforce.links.models import LinkDecision, LinkItem, SharedView
from workforce.links.services import Said
from workforce.links.shared_views import share_views


class SaidBody(serializers.Serializer[Any]):
    first = serializers.IntegerField(min_value=0)
    second = serializers.IntegerField(min_value=0)
    verdict = serializers.ChoiceField(choices=LinkDecision.Verdict.choices)


class LinkDecisions(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)
    links = SaidBody(many=True, allow_empty=False)


class LinkToken(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)


class HandInLinks(serializers.Serializer[Any]):
    token = serializers.IntegerField(min_value=1)
    accept_contradictions = serializers.BooleanField(default=False)


class ViewJson(TypedDict):
    """A frame that shows the track, and where: x1 y1 x2 y2 in pixels."""

    frame: int
    box: list[float]


class LinkItemJson(TypedDict):
    """A track of the task; of a `subject` it is asked which of its `candidates` it is."""

    number: int
    clip: Id
    track: Id
    label: str
    attributes: Document
    subject: bool
    frames: list[int]
    views: list[ViewJson]
    candidates: list[int]
    camera: str | None
    site: str | None
    begins: datetime | None
    ends: datetime | None
    time_zone: str


class ContradictionJson(TypedDict):
    """Tracks, by their numbers, of which not all can hold."""

    kind: str
    chain: list[int]


class StandingOfLinks(TypedDict):
    """`links`: [number, number, verdict]; `identities`: numbers of what is one object."""

    links: list[list[Any]]
    identities: list[list[int]]
    contradictions: list[ContradictionJson]
    unsettled: list[int]
    undoable: bool


class DeskJson(StandingOfLinks):
    """All of a task of links: its tracks, and what was said of them."""

    items: list[LinkItemJson]


class LinkSetJson(TypedDict):
    label_set: Id
    sha256: Sha256


class SharedViewsJson(TypedDict):
    """Pairs of ids of cameras."""

    results: list[list[Id]]
    next: str | None


def item_json(row: LinkItem) -> LinkItemJson:
    """A track with its pictures, place and time. The file's name is not told: it may be personal.

    begins, ends: instants of its first and last frame; null where the clip's clock is not known.
    """
    clip = row.clip
    camera = clip.camera
    begins = ends = None
    if clip.starts_at is not None:
        begins = clip.starts_at + timedelta(seconds=row.runs[0][2])
        ends = clip.starts_at + timedelta(seconds=row.runs[-1][3])
    return {
        "number": row.number,
        "clip": str(row.clip_id),
        "track": str(row.track_id),
        "label": row.label,
        "attributes": row.attributes,
        "subject": row.subject,
        "frames": [row.first_frame, row.last_frame],
        "views": [{"frame": frame, "box": box} for frame, box in row.views],
        "candidates": row.candidates,
        "camera": camera.name if camera else None,
        "site": camera.site.name if camera else None,
        "begins": begins,
        "ends": ends,
        "time_zone": camera.site.time_zone if camera else clip.time_zone,
    }


def standing_json(desk: Desk) -> StandingOfLinks:
    """What changes with each decision."""
    numbers = {item.shown.ref: number for number, item in enumerate(desk.items)}
    return {
        "links": [[a, b, verdict.value] for (a, b), verdict in sorted(desk.said.items())],
        "identities": desk.groups,
        "contradictions": [
            {"kind": problem.kind.value, "chain": [numbers[ref] for ref in problem.chain]}
            for problem in desk.problems
        ],
        "unsettled": desk.unsettled,
        "undoable": desk.undoable,
    }


def desk_json(desk: Desk) -> DeskJson:
    """All of a desk."""
    return {"items": [item_json(row) for row in desk.rows], **standing_json(desk)}


class Links(TenantView):
    """GET: the task's tracks and what was said of them, for those who hold a lease on it or may
    read labels. POST, under the lease: say of pairs what they are, as one step."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described("read_links", answer=DeskJson)
    def get(self, request: Request, tenant: str, task: UUID) -> Response:
        with scope(self.tenant.id):
            row = get_task(task)
            may_read = Permission.LABEL_READ in self.entry.permissions and not row.is_copy
            leased = holds_lease(task, self.user_id)
            if not may_read and not leased:
                raise NotFound
            desk = open_desk(task)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.links.read",
            subject=("task", task),
            purpose="task" if leased else "inspect",
            details={"tracks": len(desk.items), "links": len(desk.said)},
        )
        return Response(desk_json(desk), headers={"Cache-Control": "no-store"})

    @described("decide_links", body=LinkDecisions, answer=StandingOfLinks)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        body = checked_body(LinkDecisions, request)
        desk = services.decide_links(
            tenant=self.tenant.id,
            task_id=task,
            token=body["token"],
            actor=self.actor,
            said=[Said(**one) for one in body["links"]],
        )
        return Response(standing_json(desk))


class UndoLinks(TenantView):
    """Take the newest step back."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described("undo_links", body=LinkToken, answer=StandingOfLinks)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        desk = services.undo_links(
            tenant=self.tenant.id,
            task_id=task,
            token=checked_body(LinkToken, request)["token"],
            actor=self.actor,
        )
        return Response(standing_json(desk))


class SubmitLinks(TenantView):
    """Hand the task in; the answer is the same for every task."""

    permissions: ClassVar = {"POST": Permission.TASK_ANNOTATE}

    @described("submit_links", body=HandInLinks, answer=LinkSetJson, status=201)
    def post(self, request: Request, tenant: str, task: UUID) -> Response:
        label_set = services.submit_links(
            tenant=self.tenant.id,
            task_id=task,
            actor=self.actor,
            vendor=self.entry.vendor_id,
            **checked_body(HandInLinks, request),
        )
        return Response({"label_set": str(label_set.id), "sha256": label_set.sha256}, status=201)


class SharedViewBody(serializers.Serializer[Any]):
    first = serializers.UUIDField()
    second = serializers.UUIDField()
    shared = serializers.BooleanField()


class SharedViews(TenantView):
    """Pairs of cameras that see one place; PUT says it of a pair, or takes it back."""

    permissions: ClassVar = {"GET": Permission.PROJECT_READ, "PUT": Permission.PROJECT_EDIT}

    @described("list_shared_views", page=list[Id])
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = SharedView.objects.order_by("id")
            return page_of(request, rows, lambda row: [str(row.first_id), str(row.second_id)])

    @described("set_shared_view", body=SharedViewBody, answer=SharedViewsJson)
    def put(self, request: Request, tenant: str) -> Response:
        body = checked_body(SharedViewBody, request)
        share_views(actor=self.actor, tenant=self.tenant.id, **body)
        return self.get(request, tenant)
