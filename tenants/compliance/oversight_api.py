"""The API of oversight beside the log: who may enter, and what is kept and erased.

It says what the pages of the same names say, and each read leaves the same receipt.
"""

from datetime import date, datetime
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import checked_body
from core.web.described import described
from core.web.paging import page_of
from tenants.compliance import retention
from tenants.compliance.access_review import Access, Review, access_now, complete_review
from tenants.compliance.api import LogView


class ReviewBody(serializers.Serializer[Any]):
    """A review: who was looked at, and whose access should end."""

    seen = serializers.ListField(
        child=serializers.UUIDField(),
        allow_empty=False,
        help_text="Everybody who was looked at; `person` of the ways in.",
    )
    flagged = serializers.ListField(
        child=serializers.UUIDField(),
        default=list,
        help_text="Those of them who should lose access. Who gives access takes it away.",
    )
    note = serializers.CharField(
        max_length=2000,
        allow_blank=True,
        default="",
        help_text="What was found. The log commits to it and can forget the words.",
    )


class AccessJson(TypedDict):
    """One way in. `until`: when it ends by itself. `idle`: no entry for 90 days."""

    person: Id
    who: str
    role: str
    through: str
    since: datetime
    until: datetime | None
    last_entry: datetime | None
    last_look: datetime | None
    idle: bool
    flagged: bool


class LastReview(TypedDict):
    """The review before, as the log keeps it; `people`: how many were looked at."""

    entry: Id
    at: datetime
    who: str
    people: int
    flagged: list[Id]


class AccessReviewJson(TypedDict):
    """Every way in that is open now, the one unused for longest first."""

    people: int
    idle: int
    last_review: LastReview | None
    results: list[AccessJson]


class Reviewed(TypedDict):
    """`entry`: of the log, which holds the review."""

    entry: Id


class DueJson(TypedDict):
    """A clip whose time is over or ends soon; `days`: until then, negative where past."""

    clip: Id
    filename: str
    uploaded_at: datetime
    ends_on: date
    days: int


class Standing(TypedDict):
    """How footage stands against the contract: counts of clips, and the first 50 that must go.

    `days`: how long footage is kept after its upload, null before a contract is signed. `soon`:
    clips whose time ends within 30 days.
    """

    days: int | None
    kept: int
    by_state: dict[str, int]
    over: int
    soon: int
    erased: int
    due: list[DueJson]


class ErasedJson(TypedDict):
    """A certificate of erasure in short. `forgotten_on`: when backups will have forgotten it."""

    clip: Id
    erased_at: datetime
    reason: str
    objects: int
    forgotten_on: date | None


def access_json(row: Access) -> AccessJson:
    return {
        "person": str(row.person),
        "who": row.who,
        "role": row.role,
        "through": row.through,
        "since": row.since,
        "until": row.until,
        "last_entry": row.last_act,
        "last_look": row.last_look,
        "idle": row.idle,
        "flagged": row.flagged,
    }


def review_json(review: Review) -> LastReview:
    return {
        "entry": str(review.entry),
        "at": review.at,
        "who": review.who,
        "people": review.people,
        "flagged": sorted(review.flagged),
    }


class AccessReview(LogView):
    """Everybody who may enter today, through what, and when they last did anything."""

    permissions: ClassVar = {"GET": Permission.LOG_READ, "POST": Permission.LOG_EXPORT}

    @described("read_access", answer=AccessReviewJson)
    def get(self, request: Request, tenant: str) -> Response:
        rows, review = access_now(self.reader)
        return Response(
            {
                "people": len({row.person for row in rows}),
                "idle": len({row.person for row in rows if row.idle}),
                "last_review": review_json(review) if review else None,
                "results": [access_json(row) for row in rows],
            }
        )

    @described("record_access_review", body=ReviewBody, answer=Reviewed, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(ReviewBody, request)
        entry = complete_review(
            reader=self.reader,
            seen=[str(one) for one in body["seen"]],
            flagged=[str(one) for one in body["flagged"]],
            note=body["note"].strip(),
        )
        return Response({"entry": str(entry)}, status=201)


class Retention(LogView):
    """What the contract says, what is over its time, and the certificates of what was erased."""

    @described("read_retention", page=ErasedJson, beside=Standing)
    def get(self, request: Request, tenant: str) -> Response:
        self.reader.receipt("retention.read", {})
        status = retention.status_of(self.tenant.id)
        with scope(self.tenant.id):
            return page_of(
                request,
                retention.certificates(),
                lambda row: _erased_json(retention.in_short(row)),
                days=status.days,
                kept=status.kept,
                by_state=dict(status.by_state),
                over=status.over,
                soon=status.soon,
                erased=status.erased,
                due=[_due_json(due) for due in status.due],
            )


def _due_json(due: retention.Due) -> DueJson:
    return {
        "clip": str(due.clip.id),
        "filename": due.clip.filename,
        "uploaded_at": due.clip.created_at,
        "ends_on": due.day,
        "days": due.days,
    }


def _erased_json(erased: retention.Erased) -> ErasedJson:
    return {
        "clip": str(erased.certificate.clip_id),
        "erased_at": erased.certificate.created_at,
        "reason": erased.reason,
        "objects": erased.objects,
        "forgotten_on": erased.covered,
    }
