"""Messages to an organization's webhook (standardwebhooks.com), each attempt kept.

At least once, under an id that stays the same. What is not taken is sent again by the schedule that
the standard recommends, for three days. The request runs outside any transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from core.access.actors import Actor
from core.audit.log import record, timestamp
from core.audit.models import Checkpoint
from core.audit.tree import origin_of
from core.clock import now
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.ids import new_id
from core.outbox.jobs import JobContext, enqueue
from core.tenancy.scope import scope
from tenants.compliance import sending
from tenants.compliance.models import Delivery, Webhook
from tenants.compliance.webhooks import (
    note_outcome,
    require_webhook,
    signatures,
    start_webhook,
)

RESEND: Final = "compliance.webhook.resend"
#: The pauses between one message's attempts, as the specification of Standard Webhooks has them.
PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
#: What was missed for longer than this is not offered to be sent again all at once.
MISSED_FOR: Final = timedelta(days=30)
MOST_MISSED: Final = 500
CHECKPOINTS: Final = "log.checkpoints"
TEST: Final = "log.test"
NOT_SENT: Final = "Not sent: the webhook was paused."


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `data` is None where it is made from the checkpoints of these sizes."""

    id: str
    kind: str
    occurred_at: datetime
    data: dict[str, Any] | None = None
    sizes: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, delivery: Delivery) -> "Message":
        """Give the message of an attempt. Raises Conflict where what was sent was not kept."""
        if not delivery.repeatable:
            raise Conflict("What was sent then was not kept, so it can't be sent again.")
        return cls(
            delivery.message_id,
            delivery.kind,
            delivery.occurred_at or delivery.attempted_at,
            delivery.data,
            (delivery.first_size, delivery.last_size),
        )

    def body(self, tenant: UUID) -> bytes:
        """Write it as JSON, in the same way in each attempt."""
        data = self.data if self.data is not None else self._checkpoints(tenant)
        told = {"type": self.kind, "timestamp": timestamp(self.occurred_at), "data": data}
        return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()

    def _checkpoints(self, tenant: UUID) -> dict[str, Any]:
        with scope(tenant):
            rows = list(Checkpoint.objects.filter(size__range=self.sizes).order_by("size"))
        found = [
            {"size": row.size, "signed_at": timestamp(row.signed_at), "note": row.note}
            for row in rows
        ]
        return {"origin": origin_of(tenant), "checkpoints": found}


def send_event(*, tenant: UUID, kind: str, message_id: str, data: Mapping[str, Any]) -> bool:
    """Send one event to the organization's webhook, if it has one; tell whether it was taken.

    What is not taken is sent again later. While the webhook is paused it is kept, to be sent when
    somebody asks for it. data: ids, numbers and hashes.
    """
    with scope(tenant):
        webhook = Webhook.objects.first()
    if webhook is None:
        return False
    message = Message(message_id, kind, now(), dict(data))
    if webhook.state == Webhook.State.PAUSED:
        with scope(tenant):
            _keep(webhook, message, status=None, error=NOT_SENT)
        return False
    return attempt(webhook, message, attempts=0).taken


def send_test(*, tenant: UUID) -> Delivery:
    """Send a test, also to a webhook that is paused, and only once. Raises NotFound."""
    webhook = require_webhook(tenant)
    return attempt(webhook, Message(f"msg_{new_id().hex}", TEST, now(), {}))


def try_and_start(*, actor: Actor, tenant: UUID) -> None:
    """Send a test and begin to send again when it is taken. Raises NotFound, Conflict."""
    delivery = send_test(tenant=tenant)
    if not delivery.taken:
        raise Conflict(f"The test was not taken: {outcome(delivery)}. Nothing is sent yet.")
    start_webhook(actor=actor, tenant=tenant)


def redeliver(*, actor: Actor, tenant: UUID, delivery_id: UUID) -> Delivery:
    """Send a message once more, now, under its own id, because somebody asked.

    Raises NotFound, and Conflict where what was sent then was not kept.
    """
    webhook = require_webhook(tenant)
    with scope(tenant):
        old = _required(delivery_id)
        message = Message.of(old)
        record(
            action="log.webhook.redeliver",
            actor=actor,
            tenant=tenant,
            subject=("webhook", webhook.id),
            details={"message": message.id, "type": message.kind},
        )
    return attempt(webhook, message, asked_by=actor.id)


def send_missed(*, actor: Actor, tenant: UUID) -> int:
    """Send each event of the last 30 days that was never taken; give how many there are.

    Raises Conflict while the webhook is paused.
    """
    webhook = require_webhook(tenant)
    if webhook.state == Webhook.State.PAUSED:
        raise Conflict("The webhook is paused. Start it first.")
    with scope(tenant):
        missed = missed_messages()
        for row in missed:
            enqueue(RESEND, tenant=tenant, args={"delivery": str(row.id), "attempts": 1})
        if missed:
            record(
                action="log.webhook.resend",
                actor=actor,
                tenant=tenant,
                subject=("webhook", webhook.id),
                details={"messages": len(missed)},
            )
    return len(missed)


def missed_messages() -> list[Delivery]:
    """Give the newest attempt of each event that was never taken, oldest first; scope is open."""
    lately = Delivery.objects.filter(attempted_at__gt=now() - MISSED_FOR).exclude(message_id="")
    rows = lately.filter(data__isnull=False).exclude(kind=TEST)
    taken = lately.filter(status__range=(200, 299)).values("message_id")
    newest = rows.order_by("message_id", "-attempted_at").distinct("message_id")
    found = sorted(newest.exclude(message_id__in=taken), key=lambda row: row.attempted_at)
    return found[:MOST_MISSED]


def resend(context: JobContext, *, delivery: str, attempts: int) -> None:
    """Send a message again, unless it was taken meanwhile or nothing is sent any more."""
    assert context.tenant is not None
    with scope(context.tenant):
        old = _required(UUID(delivery))
        taken = Delivery.objects.filter(message_id=old.message_id, status__range=(200, 299))
        webhook = Webhook.objects.filter(state=Webhook.State.ACTIVE).first()
        if webhook is None or taken.exists():
            return
        message = Message.of(old)
    attempt(webhook, message, attempts=attempts)


def attempt(
    webhook: Webhook, message: Message, *, attempts: int | None = None, asked_by: UUID | None = None
) -> Delivery:
    """Send a message once, keep what came of it, and plan the next attempt.

    attempts: how often it was sent on its own before this; None for one that is sent by hand, which
    is not planned again and says nothing of how the webhook does, unless it is taken.
    """
    status, error = None, ""
    body, instant = message.body(webhook.tenant_id), now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Custos",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": signatures(webhook, message.id, instant, body),
    }
    try:
        status = sending.post(webhook.url, body, headers)
    except (Invalid, Unavailable) as failure:
        error = failure.message
    with scope(webhook.tenant_id):
        made = _keep(webhook, message, status=status, error=error, asked_by=asked_by)
        if made.taken or attempts is not None:
            note_outcome(tenant=webhook.tenant_id, taken=made.taken)
        if not made.taken and attempts is not None and message.data is not None:
            _plan(made, attempts)
    return made


def _plan(delivery: Delivery, attempts: int) -> None:
    if attempts < len(PAUSES):
        args = {"delivery": str(delivery.id), "attempts": attempts + 1}
        enqueue(RESEND, tenant=delivery.tenant_id, args=args, delay=PAUSES[attempts])


def outcome(delivery: Delivery) -> str:
    """Say what came of an attempt, for people."""
    return f"status {delivery.status}" if delivery.status else delivery.error


def deliveries_of(*, failed: bool = False) -> QuerySet[Delivery]:
    """Give all attempts, or those that were not taken, the newest first; in the open scope."""
    rows = Delivery.objects.order_by("-attempted_at", "id")
    return rows.exclude(status__range=(200, 299)) if failed else rows


def _keep(
    webhook: Webhook,
    message: Message,
    *,
    status: int | None,
    error: str,
    asked_by: UUID | None = None,
) -> Delivery:
    made: Delivery = Delivery.objects.create(
        tenant_id=webhook.tenant_id,
        webhook=webhook,
        kind=message.kind,
        message_id=message.id,
        data=message.data,
        occurred_at=message.occurred_at,
        first_size=message.sizes[0],
        last_size=message.sizes[1],
        asked_by=asked_by,
        status=status,
        error=error,
    )
    return made


def _required(delivery_id: UUID) -> Delivery:
    found = Delivery.objects.filter(id=delivery_id).first()
    if found is None:
        raise NotFound
    return found
