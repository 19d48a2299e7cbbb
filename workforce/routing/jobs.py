"""The planner runs as a job, a vendor each."""

from core.outbox.jobs import JobContext, job
from workforce.routing.planner import plan


@job("routing.plan", max_attempts=2, timeout=120)
def plan_vendor(context: JobContext) -> None:
    """Make a vendor's reservations anew; again makes them anew again."""
    assert context.tenant is not None
    plan(context.tenant)
