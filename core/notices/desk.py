"""What the operator's desk is told of by itself: jobs that failed for good, and a log that stands.

Once a day for each kind of job, and once for each time the log stopped.
"""

from datetime import timedelta

from core.audit.stall import stall
from core.clock import now
from core.notices.services import notify
from core.outbox.models import Job
from core.outbox.periodic import every
from core.tenancy.provider import provider
from core.tenancy.scope import scope

#: How far back dead jobs are looked for: longer than a sweeper is ever away.
SPAN = timedelta(days=1)


@every(60)
def tell_of_dead_jobs() -> None:
    """Tell operators which kinds of jobs wait for them."""
    dead = Job.objects.filter(state=Job.State.DEAD, finished_at__gt=now() - SPAN)
    # A mail that can't be sent would tell of itself by mail.
    kinds = sorted(set(dead.exclude(kind__startswith="notices.").values_list("kind", flat=True)))
    if not kinds:
        return
    owner = provider()
    with scope(owner.id):
        for kind in kinds:
            notify(
                "jobs_dead",
                key=f"{kind} {now():%Y-%m-%d}",
                parts={"kind": kind},
                path="/operator/jobs?state=dead",
            )


@every(60)
def tell_of_a_stall() -> None:
    """Tell operators and auditors that entries wait for their place in the log."""
    found = stall()
    if found is None:
        return
    owner = provider()
    with scope(owner.id):
        notify(
            "log_stalled",
            key=f"{found.since:%Y-%m-%dT%H}",
            parts={"since": f"{found.since:%d %B, %H:%M} UTC"},
            path=f"/t/{owner.slug}/log",
        )
