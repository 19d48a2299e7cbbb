"""When somebody works: a weekly pattern in their own time zone, and days that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Invalid
from core.tenancy.scope import scope
from workforce.people.models import Shift, ShiftException, Worker
from workforce.people.services import get_worker
from workforce.people.standing import DAY, publish


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekly shift: weekday (0 is Monday), minutes after midnight, minutes long."""

    weekday: int
    start: int
    minutes: int


@dataclass(frozen=True, slots=True)
class OtherDay:
    """A day unlike the pattern; `start` None for a day off."""

    day: date
    start: int | None = None
    minutes: int = 0


def set_hours(
    *,
    actor: Actor,
    vendor: UUID,
    worker_id: UUID,
    shifts: Sequence[Hours],
    exceptions: Sequence[OtherDay] = (),
) -> Worker:
    """Replace a worker's weekly pattern and the days that differ from it.

    No pattern at all means: at any time. Raises NotFound, Invalid.
    """
    check_hours(shifts, exceptions)
    with scope(vendor):
        worker = get_worker(worker_id, lock=True)
        write_hours(worker, shifts, exceptions)
        publish(worker)
        record(
            action="worker.hours",
            actor=actor,
            tenant=vendor,
            subject=("worker", worker.id),
            details={
                "shifts": [[row.weekday, row.start, row.minutes] for row in shifts],
                "other_days": [row.day.isoformat() for row in exceptions],
            },
        )
    return worker


def write_hours(
    worker: Worker, shifts: Sequence[Hours], exceptions: Sequence[OtherDay] | None
) -> None:
    """Write checked hours in the vendor's open scope; None leaves the exceptions as they are."""
    worker.shifts.all().delete()
    Shift.objects.bulk_create(
        Shift(
            tenant_id=worker.tenant_id,
            worker=worker,
            weekday=row.weekday,
            start=row.start,
            minutes=row.minutes,
        )
        for row in shifts
    )
    if exceptions is None:
        return
    worker.exceptions.all().delete()
    ShiftException.objects.bulk_create(
        ShiftException(
            tenant_id=worker.tenant_id,
            worker=worker,
            day=row.day,
            start=row.start,
            minutes=row.minutes,
        )
        for row in exceptions
    )


def check_hours(shifts: Sequence[Hours], exceptions: Sequence[OtherDay]) -> None:
    """Raise Invalid for hours that no week has, or that are given twice."""
    for row in shifts:
        if not (0 <= row.weekday <= 6 and 0 <= row.start < DAY and 1 <= row.minutes <= DAY):
            raise Invalid("A shift has a weekday 0-6 and at most 24 hours.", field="shifts")
    if len({(row.weekday, row.start) for row in shifts}) < len(shifts):
        raise Invalid("Two shifts begin at the same time.", field="shifts")
    for other in exceptions:
        if other.start is not None and not (0 <= other.start < DAY and 1 <= other.minutes <= DAY):
            raise Invalid("An exception has at most 24 hours.", field="exceptions")
    if len({other.day for other in exceptions}) < len(exceptions):
        raise Invalid("A day is named twice.", field="exceptions")
