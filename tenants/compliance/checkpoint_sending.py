"""Sending every checkpoint of a log to where its organization wants them: in order, at least once.

One job at a time sends all checkpoints behind the last one taken.
"""

from typing import Final
from uuid import UUID

from django.db.models import Q

from core.audit.models import Checkpoint
from core.audit.tree import latest_checkpoint
from core.clock import now
from core.outbox.jobs import JobContext, enqueue
from core.outbox.models import Job
from core.tenancy.scope import scope
from tenants.compliance.deliveries import CHECKPOINTS, PAUSES, Message, attempt
from tenants.compliance.models import Webhook, WebhookDue

JOB: Final = "compliance.checkpoints.send"
#: Checkpoints a request: a note has about 300 bytes.
BATCH: Final = 100


def enqueue_due() -> int:
    """Enqueue a job for each webhook that has not got the newest checkpoint; give how many."""
    made = 0
    due = WebhookDue.objects.filter(Q(not_before=None) | Q(not_before__lte=now()))
    for tenant in due.values_list("tenant_id", flat=True):
        waiting = Job.objects.filter(
            kind=JOB, tenant_id=tenant, state__in=[Job.State.OPEN, Job.State.RUNNING]
        )
        if waiting.exists():
            continue
        with scope(tenant):
            newest, webhook = latest_checkpoint(), Webhook.objects.first()
            if newest and webhook and newest.size > webhook.sent_size:
                enqueue(JOB, tenant=tenant)
                made += 1
    return made


def send_checkpoints(context: JobContext) -> None:
    """Send all checkpoints behind the last one taken, batch by batch.

    Where the receiver does not take them it is left alone for a while, which grows.
    """
    assert context.tenant is not None
    failures = 0
    for row in WebhookDue.objects.filter(tenant_id=context.tenant):
        failures = row.failures
    while batch := _next_batch(context.tenant):
        context.heartbeat()
        webhook, message = batch
        taken = attempt(webhook, message, attempts=failures).taken
        due = WebhookDue.objects.filter(tenant_id=context.tenant)
        if not taken:
            pause = PAUSES[min(failures, len(PAUSES) - 1)]
            due.update(not_before=now() + pause, failures=failures + 1)
            return
        failures = 0
        due.update(not_before=None, failures=0)
        last = message.sizes[1]
        with scope(context.tenant):
            # Another address may have been set meanwhile: that one begins anew.
            sealed = webhook.sealed
            same = Webhook.objects.filter(Q(sealed=sealed) | Q(former_sealed=sealed))
            same.filter(sent_size__lt=last).update(sent_size=last)


def _next_batch(tenant: UUID) -> tuple[Webhook, Message] | None:
    with scope(tenant):
        webhook = Webhook.objects.filter(state=Webhook.State.ACTIVE).first()
        if webhook is None:
            return None
        behind = Checkpoint.objects.filter(size__gt=webhook.sent_size).order_by("size")
        sizes = list(behind.values_list("size", flat=True)[:BATCH])
    if not sizes:
        return None
    message_id = f"msg_{webhook.id.hex}_{sizes[-1]}"
    return webhook, Message(message_id, CHECKPOINTS, now(), None, (sizes[0], sizes[-1]))
