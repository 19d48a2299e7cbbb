"""Accepted releases are metered."""

from uuid import UUID

from billing.metering.services import meter_release
from core.outbox.events import on
from core.outbox.jobs import JobContext


@on("release.accepted", job_name="metering.meter")
def meter(context: JobContext, *, release: str, **_: object) -> None:
    """Meter the release; again adds nothing."""
    assert context.tenant is not None
    with context.commit():
        meter_release(tenant=context.tenant, release_id=UUID(release))
