"""Metering: append-only, and the same release metered twice adds nothing."""

from math import ceil
from uuid import UUID

from billing.metering.models import Reading
from core.access.actors import Actor
from core.audit.log import record
from core.outbox.events import emit
from core.tenancy.scope import scope
from workforce.delivery.services import get_release


def meter_release(*, tenant: UUID, release_id: UUID) -> list[Reading]:
    """Write the readings of an accepted release; give the new ones."""
    with scope(tenant):
        release = get_release(release_id, lock=True)
        assert release.manifest is not None, "only a built release can be accepted"
        lateness = {
            entry["clip"]: ceil(entry["sla"]["late_by_seconds"])
            for entry in release.manifest["clips"]
        }
        known = set(
            Reading.objects.filter(clip_id__in=list(release.units)).values_list(
                "clip_id", flat=True
            )
        )
        readings = [
            Reading(
                tenant_id=tenant,
                release=release,
                clip_id=UUID(clip),
                unit=unit,
                quantity=quantity,
                late_by_seconds=lateness[clip],
            )
            for clip, units in sorted(release.units.items())
            if UUID(clip) not in known
            for unit, quantity in sorted(units.items())
        ]
        Reading.objects.bulk_create(readings)
        record(
            action="release.metered",
            actor=Actor.system("metering"),
            tenant=tenant,
            subject=("release", release.id),
            details={
                "readings": [
                    {"clip": str(r.clip_id), "unit": r.unit, "quantity": r.quantity}
                    for r in readings
                ]
            },
        )
        emit("release.metered", tenant=tenant, data={"release": str(release.id)})
    return readings
