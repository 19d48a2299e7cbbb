"""Accepted tasks are metered for the vendor whose people did them."""

from uuid import UUID

from billing.statements.services import meter_work
from core.outbox.events import on
from core.outbox.jobs import JobContext


@on("task.accepted", job_name="statements.meter")
def meter(context: JobContext, *, label_set: str, **_: object) -> None:
    """Meter the work; again adds nothing."""
    assert context.tenant is not None
    with context.commit():
        meter_work(tenant=context.tenant, label_set_id=UUID(label_set))
