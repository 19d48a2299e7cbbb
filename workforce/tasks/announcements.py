"""What vendors hear of work: that some arrived."""

from uuid import UUID

from core.clock import now
from core.notices.hearers import managers_by_vendor
from core.notices.services import notify
from core.outbox.events import on
from core.outbox.jobs import JobContext
from core.tenancy.scope import scope
from tenants.intake.models import Clip


@on("clip.sliced", job_name="tasks.announce_work")
def announce_work(context: JobContext, *, clip: str, **_: object) -> None:
    """Tell the managers of each engaged vendor, once a day for a project."""
    assert context.tenant is not None
    with scope(context.tenant):
        project = Clip.objects.select_related("project").get(id=UUID(clip)).project
        for vendor, managers in managers_by_vendor(context.tenant).items():
            notify(
                "work_arrived",
                key=f"{project.id} {now():%Y-%m-%d}",
                people=managers,
                parts={"project": project.name},
                path=f"/t/{vendor}/board",
            )
