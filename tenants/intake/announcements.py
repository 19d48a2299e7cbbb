"""What people hear of footage: what could not be prepared, and what was erased."""

from uuid import UUID

from core.notices.hearers import hearers
from core.notices.kinds import ADMIN
from core.notices.services import notify
from core.outbox.events import on
from core.outbox.jobs import JobContext
from core.tenancy.scope import scope
from tenants.intake.models import Clip


@on("clip.refused", job_name="intake.announce_refused")
def announce_refused(context: JobContext, *, clip: str, **_: object) -> None:
    """Tell who uploaded it, and the administrators."""
    assert context.tenant is not None
    with scope(context.tenant):
        row = Clip.objects.get(id=UUID(clip))
        people = hearers(context.tenant, ADMIN)
        if row.created_by_id is not None:
            people.add(row.created_by_id)
        notify(
            "clip_refused",
            key=clip,
            people=people,
            parts={"reason": row.refusal_reason.replace("_", " ")},
            path=f"clips/{clip}",
        )


@on("clip.erased", job_name="intake.announce_erased")
def announce_erased(context: JobContext, *, clip: str, **_: object) -> None:
    """Tell administrators and auditors that there is a certificate."""
    assert context.tenant is not None
    with scope(context.tenant):
        notify("clip_erased", key=clip, path=f"clips/{clip}")
