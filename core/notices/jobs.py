"""E-mails leave as jobs; old notices go; the desk is told of what breaks."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from core.clock import now
from core.notices import desk  # noqa: F401 - registers its upkeep
from core.notices.mailing import due_digests, mail_digest, mail_now
from core.notices.models import Mark, Notice
from core.notices.services import MAIL_JOB
from core.outbox.jobs import JobContext, enqueue, job
from core.outbox.models import Job
from core.outbox.periodic import every
from core.tenancy.scope import scope

DIGEST_JOB = "notices.digest"
#: With the outbox's growing pauses, about half an hour of a mail server that is away.
ATTEMPTS = 12
#: Rows a statement.
BATCH = 2_000


@job(MAIL_JOB, max_attempts=ATTEMPTS)
def mail(context: JobContext, *, notice: str) -> None:
    """Send the e-mail of one notice, then note that it went."""
    went = mail_now(UUID(notice))
    with context.commit():
        if went:
            Mark.objects.filter(id=UUID(notice)).update(mailed_at=now())


@job(DIGEST_JOB, max_attempts=ATTEMPTS)
def digest(context: JobContext, *, person: str) -> None:
    """Send a person's daily e-mail, then note what it told of."""
    done = mail_digest(UUID(person))
    with context.commit():
        Mark.objects.filter(id__in=done).update(in_digest=False, mailed_at=now())


@every(60)
def send_digests() -> int:
    """Enqueue the daily e-mail of each person for whom it is time; give how many."""
    made = 0
    for person in due_digests():
        args = {"person": str(person)}
        under_way = Job.objects.filter(
            kind=DIGEST_JOB, args=args, state__in=[Job.State.OPEN, Job.State.RUNNING]
        )
        if not under_way.exists():
            enqueue(DIGEST_JOB, tenant=None, args=args)
            made += 1
    return made


@every(3600)
def prune() -> int:
    """Delete notices that are older than NOTICE_KEEP_DAYS, read or not; give how many went."""
    edge = now() - timedelta(days=settings.NOTICE_KEEP_DAYS)
    gone = 0
    while True:
        rows = Mark.objects.filter(created_at__lt=edge).values_list("tenant_id", "id")
        batch = list(rows.order_by("tenant_id")[:BATCH])
        if not batch:
            return gone
        for tenant in {tenant for tenant, _ in batch}:
            ids = [key for place, key in batch if place == tenant]
            with scope(tenant):
                Notice.objects.filter(id__in=ids).delete()
                Mark.objects.filter(id__in=ids).delete()
            gone += len(ids)
