"""The thin rows that the lease reads, written from the vendor's own."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from workforce.people.models import Availability, Standing, Worker

DAY = 24 * 60
EPOCH = date(1970, 1, 1)


def publish(worker: Worker) -> None:
    """Write the worker's standing and availability anew, in the caller's transaction and scope.

    What quality has closed (`gate`) is not the worker's own row and stays as it is.
    """
    mine = Standing.objects.filter(vendor_id=worker.tenant_id, person_id=worker.user_id)
    mine.exclude(kind="gate").delete()
    Standing.objects.bulk_create(
        Standing(vendor_id=worker.tenant_id, person_id=worker.user_id, **row)
        for row in _held(worker)
    )
    Availability.objects.update_or_create(
        vendor_id=worker.tenant_id,
        person_id=worker.user_id,
        defaults={
            "active": worker.active,
            "time_zone": worker.time_zone,
            "tasks_at_once": worker.tasks_at_once,
            "minutes_per_day": worker.minutes_per_day,
            **_hours(worker),
        },
    )


def _held(worker: Worker) -> Iterator[dict[str, Any]]:
    for skill in worker.skills.all():
        yield {
            "kind": "skill",
            "value": skill.task_type,
            "level": skill.level,
            "expires_at": skill.expires_at,
        }
    for held in worker.qualifications.all():
        yield {
            "kind": held.kind,
            "value": held.value,
            "starts_at": held.starts_at,
            "expires_at": held.expires_at,
        }


def _hours(worker: Worker) -> dict[str, list[int]]:
    shifts = list(worker.shifts.order_by("weekday", "start"))
    exceptions = list(worker.exceptions.order_by("day"))
    extra = [(row, row.start) for row in exceptions if row.start is not None]
    return {
        "week_starts": [shift.weekday * DAY + shift.start for shift in shifts],
        "week_minutes": [shift.minutes for shift in shifts],
        "other_days": [(row.day - EPOCH).days for row in exceptions],
        "extra_starts": [(row.day - EPOCH).days * DAY + start for row, start in extra],
        "extra_minutes": [row.minutes for row, _ in extra],
    }


def set_gate(*, vendor: UUID, person: UUID, skill: str, closed: bool) -> None:
    """Close a skill to a person, or open it, in the caller's transaction: quality decides."""
    if closed:
        Standing.objects.get_or_create(vendor_id=vendor, person_id=person, kind="gate", value=skill)
    else:
        Standing.objects.filter(
            vendor_id=vendor, person_id=person, kind="gate", value=skill
        ).delete()
