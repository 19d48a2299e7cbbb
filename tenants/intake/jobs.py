"""Jobs of intake: uploads that nobody goes on with."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.outbox.jobs import JobContext, job
from core.storage.jobs import keeps_stagings
from core.storage.models import StoredObject
from core.storage.vault import discard_object
from core.tenancy.scope import scope
from tenants.intake import (
    announcements,  # noqa: F401 - registers its handlers
    preparation,
)
from tenants.intake.models import Upload
from tenants.intake.uploads import LIFETIME, TAIL_KIND, close_upload, plan_expiry

#: Imported here so that its job is registered with the others.
PREPARE: Final = preparation.prepare_clip
SYSTEM: Final = Actor.system("intake")
#: A tail that no upload names, and that is older than any request, was left by a crash.
ORPHAN_AGE: Final = timedelta(days=1)


@job("intake.expire_upload", max_attempts=20)
def expire_upload(ctx: JobContext, *, upload_id: str) -> None:
    """Forget an upload whose time is over, or look again later."""
    assert ctx.tenant is not None
    removal = None
    with scope(ctx.tenant):
        upload = Upload.objects.select_for_update().filter(id=UUID(upload_id)).first()
        if upload is None or upload.state == Upload.State.FINISHED:
            return
        if upload.state == Upload.State.OPEN and upload.expires_at > now():
            plan_expiry(upload)
            return
        if upload.state == Upload.State.OPEN:
            record(
                action="upload.expired",
                actor=SYSTEM,
                tenant=ctx.tenant,
                subject=("upload", upload.id),
                details={"offset": upload.offset, "days": LIFETIME.days},
            )
            removal = close_upload(upload, Upload.State.EXPIRED)
        else:
            removal = close_upload(upload, Upload.State(upload.state))
    removal()
    _remove_orphans(ctx.tenant)


@keeps_stagings
def streams_under_way() -> set[str]:
    """Names of the streams of open uploads, in the open scope."""
    return {
        upload.stream_name(number)
        for upload in Upload.objects.filter(state=Upload.State.OPEN)
        for number in range(1, upload.generation + 1)
    }


def _remove_orphans(tenant: UUID) -> None:
    with scope(tenant):
        tails = StoredObject.objects.filter(kind=TAIL_KIND, created_at__lt=now() - ORPHAN_AGE)
        named = Upload.objects.filter(tail__isnull=False).values("tail_id")
        orphans = list(tails.exclude(id__in=named).values_list("id", flat=True))
    for object_id in orphans:
        discard_object(tenant=tenant, object_id=object_id)
