"""The API of SLA clocks: read one, pause it, let it run on, order rush."""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Decimals
from core.web.api import TenantView, checked_body
from core.web.described import described
from tenants.intake.clips import get_clip
from workforce.delivery import clocks
from workforce.delivery.models import ClockEvent
from workforce.delivery.outlook import Outlook, outlooks


class NewPause(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=40)
    note = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class NewAnswer(serializers.Serializer[Any]):
    answer = serializers.CharField(max_length=clocks.LONGEST_NOTE)


class ClockEventJson(TypedDict):
    """`policy`: SHA-256 of the calendar and terms that counted from then on."""

    action: str
    at: datetime
    reason: str
    note: str
    policy: str | None


class ForecastJson(TypedDict):
    """When it will be done, in the 10th, 50th and 90th of 100 trials, and how likely it is late."""

    low: datetime | None
    middle: datetime | None
    high: datetime | None
    breach: float
    covers: Literal["release", "labels"]


class OutlookJson(TypedDict):
    """A clock and its forecast; durations in seconds of counting time, breach from 0 to 1."""

    state: str
    clock: str
    elapsed_seconds: float
    allowance_seconds: float
    late_by_seconds: float
    credit_percent: Decimals
    due_at: datetime | None
    forecast: ForecastJson | None


class ClockJson(OutlookJson):
    """A clip's clock with what started, paused and stopped it."""

    events: list[ClockEventJson]


def event_json(event: ClockEvent) -> ClockEventJson:
    return {
        "action": event.action,
        "at": event.at,
        "reason": event.reason,
        "note": event.note,
        "policy": event.policy.sha256 if event.policy else None,
    }


def outlook_json(outlook: Outlook) -> OutlookJson:
    """A clock and its forecast; durations in seconds of counting time, breach from 0 to 1."""
    clock, expected = outlook.clock, outlook.forecast
    return {
        "state": outlook.state,
        "clock": clock.state,
        "elapsed_seconds": clock.elapsed.total_seconds(),
        "allowance_seconds": clock.allowance.total_seconds(),
        "late_by_seconds": clock.late_by.total_seconds(),
        "credit_percent": str(clock.credit_percent),
        "due_at": clock.due_at,
        "forecast": None
        if expected is None
        else {
            "low": outlook.low,
            "middle": outlook.middle,
            "high": outlook.high,
            "breach": expected.breach,
            "covers": "release" if expected.whole else "labels",
        },
    }


def read_clip_clock(tenant: UUID, clip_id: UUID) -> ClockJson:
    """Give a clip's clock with its events. Raises NotFound."""
    with scope(tenant):
        get_clip(clip_id)
        events = ClockEvent.objects.select_related("policy").filter(clip_id=clip_id)
        return {
            **outlook_json(outlooks([clip_id])[clip_id]),
            "events": [event_json(event) for event in events],
        }


class ClockView(TenantView):
    permissions: ClassVar = {"GET": Permission.RELEASE_READ}

    @described("get_clock", answer=ClockJson)
    def get(self, request: Request, tenant: str, clip: UUID) -> Response:
        return Response(read_clip_clock(self.tenant.id, clip))


class Pause(TenantView):
    permissions: ClassVar = {"POST": Permission.SLA_MANAGE}

    @described("pause_clock", body=NewPause, answer=ClockJson, status=201)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(NewPause, request)
        clocks.pause_clock(actor=self.actor, tenant=self.tenant.id, clip_id=clip, **body)
        return Response(read_clip_clock(self.tenant.id, clip), status=201)


class Resume(TenantView):
    permissions: ClassVar = {"POST": Permission.SLA_MANAGE}

    @described("resume_clock", answer=ClockJson, status=201)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        clocks.resume_clock(actor=self.actor, tenant=self.tenant.id, clip_id=clip)
        return Response(read_clip_clock(self.tenant.id, clip), status=201)


class Rush(TenantView):
    permissions: ClassVar = {"POST": Permission.RUSH_ORDER}

    @described("order_rush", answer=ClockJson, status=201)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        clocks.order_rush(actor=self.actor, tenant=self.tenant.id, clip_id=clip)
        return Response(read_clip_clock(self.tenant.id, clip), status=201)


class Answer(TenantView):
    permissions: ClassVar = {"POST": Permission.CLOCK_ANSWER}

    @described("answer_clock", body=NewAnswer, answer=ClockJson, status=201)
    def post(self, request: Request, tenant: str, clip: UUID) -> Response:
        body = checked_body(NewAnswer, request)
        clocks.answer_clock(actor=self.actor, tenant=self.tenant.id, clip_id=clip, **body)
        return Response(read_clip_clock(self.tenant.id, clip), status=201)
