"""A worker's papers as a manager reads them: what holds, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.clock import now
from core.tenancy.names import names_of
from workforce.people.models import Qualification, Worker

#: What ends within this is told early enough to renew it.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Paper:
    """A qualification in words; days are those of the worker's own calendar."""

    row: Qualification
    #: A code, a language, or what a client is called.
    name: str
    first_day: date | None
    last_day: date | None
    #: "ok", "soon" (it ends within `SOON`), "over" or "later" (it has not begun).
    state: str
    days_left: int | None


def papers_of(worker: Worker) -> list[Paper]:
    """List what a worker holds, in the vendor's open scope; what ends first stands first."""
    rows = list(worker.qualifications.all())
    names = client_names(rows)
    papers = [_paper(worker, row, names) for row in rows]
    far = date.max
    return sorted(papers, key=lambda p: (p.last_day or far, p.row.kind, p.name))


def client_names(rows: Iterable[Qualification]) -> dict[str, str]:
    """Give what the clients that papers are for are called, by id as it is stored."""
    found = names_of(UUID(row.value) for row in rows if row.kind in Qualification.OF_CLIENTS)
    return {str(key): name for key, name in found.items()}


def _paper(worker: Worker, row: Qualification, names: dict[str, str]) -> Paper:
    zone, instant = ZoneInfo(worker.time_zone), now()
    ends = row.expires_at
    return Paper(
        row,
        names.get(row.value, row.value),
        row.starts_at.astimezone(zone).date() if row.starts_at else None,
        # Whatever ends at midnight held to the end of the day before.
        (ends - timedelta(microseconds=1)).astimezone(zone).date() if ends else None,
        _state(row, instant),
        max(0, (ends - instant).days) if ends else None,
    )


def _state(row: Qualification, instant: datetime) -> str:
    if row.starts_at is not None and row.starts_at > instant:
        return "later"
    if row.expires_at is None:
        return "ok"
    if row.expires_at <= instant:
        return "over"
    return "soon" if row.expires_at <= instant + SOON else "ok"


def begin_of(day: date, zone: str) -> datetime:
    """Give the instant at which a day begins in a time zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def ends_soon() -> list[tuple[Worker, Paper]]:
    """List what ends soon or has ended in the last weeks, of all active workers of the scope."""
    instant = now()
    rows = Worker.objects.filter(
        active=True,
        qualifications__expires_at__lte=instant + SOON,
        qualifications__expires_at__gt=instant - SOON,
    )
    workers = rows.distinct().select_related("user").prefetch_related("qualifications")
    found = [
        (worker, paper)
        for worker in workers
        for paper in papers_of(worker)
        if paper.row.expires_at
        and instant - SOON < paper.row.expires_at <= instant + SOON
        and paper.row.kind != Qualification.Kind.CONFLICT
    ]
    return sorted(found, key=lambda pair: pair[1].row.expires_at or instant)
