"""How long footage is kept, what is over its time, and what was erased for good."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from core.clock import now
from core.errors import Conflict
from core.tenancy.scope import scope
from tenants.contracts.services import terms_in_force
from tenants.intake.erasure import REASONS
from tenants.intake.models import Clip, ErasureCertificate

#: Clips whose time ends within this many days are told of.
SOON = 30
LISTED = 50
CERTIFICATES = 25


@dataclass(frozen=True, slots=True)
class Due:
    """A clip and the day on which its time is over; `days` until then, negative where past."""

    clip: Clip
    day: date
    days: int


@dataclass(frozen=True, slots=True)
class Erased:
    """A certificate in short. `covered`: the day on which backups will have forgotten it too."""

    certificate: ErasureCertificate
    reason: str
    objects: int
    covered: date | None


@dataclass(frozen=True, slots=True)
class Status:
    """`days`: what the contract says, None before one is signed. `over`, `soon`: how many clips."""

    days: int | None
    kept: int
    erased: int
    over: int
    soon: int
    due: Sequence[Due]
    by_state: Sequence[tuple[str, int]]


def status_of(tenant: UUID) -> Status:
    """Say how footage stands against the contract; of clips the first to be over come first."""
    instant = now()
    with scope(tenant):
        try:
            days: int | None = terms_in_force().retention_days
        except Conflict:
            days = None
        states = dict(Clip.objects.values_list("state").annotate(Count("id")))
        kept = Clip.objects.exclude(state=Clip.State.ERASED)
        over = soon = 0
        due: list[Due] = []
        if days is not None:
            ends = instant - timedelta(days=days)
            over = kept.filter(created_at__lt=ends).count()
            near = kept.filter(created_at__lt=ends + timedelta(days=SOON))
            soon = near.count() - over
            due = [_due(clip, days, instant) for clip in near.order_by("created_at", "id")[:LISTED]]
    erased = states.pop(Clip.State.ERASED, 0)
    by_state = sorted(states.items())
    return Status(days, sum(states.values()), erased, over, soon, due, by_state)


def _due(clip: Clip, days: int, instant: datetime) -> Due:
    end = clip.created_at + timedelta(days=days)
    return Due(clip, end.date(), (end - instant).days)


def kept_until(received: Sequence[datetime]) -> tuple[date, date] | None:
    """Give the first and the last day on which the time of clips of the open scope is over.

    received: when they came. None without any, and before a contract is signed.
    """
    if not received:
        return None
    try:
        time = timedelta(days=terms_in_force().retention_days)
    except Conflict:
        return None
    return (min(received) + time).date(), (max(received) + time).date()


def certificates_of(tenant: UUID, page: str | None) -> tuple[Page[Any], list[Erased]]:
    """Give a page of certificates of erasure, the newest first."""
    with scope(tenant):
        shown = Paginator(certificates(), CERTIFICATES).get_page(page)
        return shown, [in_short(certificate) for certificate in shown.object_list]


def certificates() -> QuerySet[ErasureCertificate]:
    """Give the certificates of erasure of the open scope, the newest first."""
    return ErasureCertificate.objects.order_by("-created_at", "-id")


def in_short(certificate: ErasureCertificate) -> Erased:
    """Read what a certificate says of why, of how much, and of copies that forget later."""
    body = json.loads(bytes(certificate.document))["certificate"]
    ends = [date.fromisoformat(place["until"]) for place in body["not_covered_yet"]]
    code = body["subject"].get("reason", "")
    return Erased(
        certificate, REASONS.get(code, code), len(body["objects"]), max(ends, default=None)
    )
