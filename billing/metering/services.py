"""Metering: append-only, and the same release metered twice adds nothing."""

from decimal import Decimal
from math import ceil
from typing import Any
from uuid import UUID

from billing.metering.models import Reading
from core.access.actors import Actor
from core.audit.log import record
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.projects.services import get_project
from workforce.delivery.models import ClockEvent, Release
from workforce.delivery.services import get_release
from workforce.delivery.sla import ClockAction


def meter_release(*, tenant: UUID, release_id: UUID) -> list[Reading]:
    """Write the readings of an accepted release; give the new ones."""
    with scope(tenant):
        release = get_release(release_id, lock=True)
        # Two releases that hold the same clip wait for each other here.
        get_project(release.project_id, lock=True)
        fresh = _unmetered(_readings(release))
        Reading.objects.bulk_create(fresh)
        record(
            action="release.metered",
            actor=Actor.system("metering"),
            tenant=tenant,
            subject=("release", release.id),
            details={
                "readings": [
                    {"clip": str(r.clip_id), "unit": r.unit, "quantity": f"{r.quantity:f}"}
                    for r in fresh
                ]
            },
        )
        emit("release.metered", tenant=tenant, data={"release": str(release.id)})
    return fresh


def source_of(clip: str, unit: str) -> str:
    """Name what is metered: the units of a clip are charged once, however often it is delivered."""
    return f"clip/{clip}/{unit}"


def _readings(release: Release) -> list[Reading]:
    assert release.manifest is not None, "only a built release can be accepted"
    promises: dict[str, Any] = {entry["clip"]: entry["sla"] for entry in release.manifest["clips"]}
    rush = _rush(release)
    return [
        Reading(
            tenant_id=release.tenant_id,
            release=release,
            clip_id=UUID(clip),
            source=source_of(clip, unit),
            unit=unit,
            quantity=Decimal(quantity),
            rush=clip in rush,
            late_by_seconds=ceil(promises[clip]["late_by_seconds"]),
            credit_percent=Decimal(promises[clip]["credit_percent"]),
        )
        for clip, units in sorted(release.units.items())
        for unit, quantity in sorted(units.items())
    ]


def _rush(release: Release) -> set[str]:
    ordered = ClockEvent.objects.filter(
        clip_id__in=list(release.units), action=ClockAction.RUSH.value
    )
    return {str(clip) for clip in ordered.values_list("clip_id", flat=True)}


def _unmetered(readings: list[Reading]) -> list[Reading]:
    """Leave out every clip that has any reading: a later version adds no unit to it."""
    known = set(
        Reading.objects.filter(clip_id__in=[r.clip_id for r in readings]).values_list(
            "clip_id", flat=True
        )
    )
    return [reading for reading in readings if reading.clip_id not in known]
