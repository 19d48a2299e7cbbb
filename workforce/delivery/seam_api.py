"""The API of seams: pairs of tracks at tasks' borders, and whether they are one object."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.audit.receipts import read_receipt
from core.web.answers import Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from workforce.delivery.seam_access import require_decider
from workforce.delivery.seam_review import Question, Side, decide_seam, questions


class SeamChoice(serializers.Serializer[Any]):
    """`same`: whether the two are one object. `later` may be one of `others` of the question."""

    earlier = serializers.UUIDField()
    later = serializers.UUIDField()
    same = serializers.BooleanField()


class SideOfSeam(TypedDict):
    """A track at the border; `box`: x1 y1 x2 y2 in pixels, null where it is not seen there."""

    track: Id
    label: str
    words: str
    frame: int
    box: list[float] | None


class SeamQuestion(TypedDict):
    """A pair in doubt: why, how alike (0 to 1), and whether it is joined as long as nobody says."""

    frame: int
    why: str
    likeness: float
    joined: bool
    earlier: SideOfSeam
    later: SideOfSeam
    others: list[SideOfSeam]


class SeamsJson(TypedDict):
    """Open questions of a clip, and how many were decided."""

    results: list[SeamQuestion]
    decided: int


def _side(side: Side) -> SideOfSeam:
    return {
        "track": str(side.track.id),
        "label": side.track.label,
        "words": side.words,
        "frame": side.frame,
        "box": None if side.box is None else [float(value) for value in side.box],
    }


def question_json(question: Question) -> SeamQuestion:
    doubt = question.doubt
    return {
        "frame": doubt.frame,
        "why": str(doubt.why),
        "likeness": float(doubt.likeness),
        "joined": doubt.joined,
        "earlier": _side(question.earlier),
        "later": _side(question.later),
        "others": [_side(side) for side in question.others],
    }


class Seams(TenantView):
    """Whether two tracks at a task's border are one object; the next release is stitched by it."""

    permissions: ClassVar = dict.fromkeys(("GET", "POST"), Permission.LABEL_DECIDE)

    @described("list_seams", answer=SeamsJson)
    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        require_decider(self.entry, self.user_id, clip)
        found, open_questions, decided = questions(tenant=self.tenant.id, clip_id=clip)
        read_receipt(
            actor=self.actor,
            tenant=self.tenant.id,
            action="labels.seams.read",
            subject=("clip", found.id),
            purpose="review",
            details={"questions": len(open_questions)},
        )
        results = [question_json(question) for question in open_questions]
        return Response({"results": results, "decided": decided})

    @described("decide_seam", body=SeamChoice, status=204)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        require_decider(self.entry, self.user_id, clip)
        decide_seam(
            actor=self.actor,
            tenant=self.tenant.id,
            clip_id=clip,
            **checked_body(SeamChoice, request),
        )
        return Response(status=204)
