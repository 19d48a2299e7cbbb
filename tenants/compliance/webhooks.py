"""Sending checkpoints to where an organization wants them (standardwebhooks.com).

At least once and in order: one job at a time sends all checkpoints behind the last one taken, and
the outbox tries again. Deliveries are not entries of the log, or each would cause the next one.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from standardwebhooks import Webhook as Signature

from core.access.actors import Actor
from core.audit.log import record, timestamp
from core.audit.models import Checkpoint
from core.audit.tree import latest_checkpoint, origin_of
from core.clock import now
from core.crypto.keys import open_keys
from core.crypto.wrapping import WrappedKey
from core.errors import Invalid, NotFound, Unavailable
from core.ids import new_id
from core.notices.services import notify
from core.outbox.jobs import JobContext, enqueue
from core.outbox.models import Job
from core.tenancy.scope import scope
from tenants.compliance import sending
from tenants.compliance.models import Delivery, Webhook, WebhookDue

JOB: Final = "compliance.checkpoints.send"
ATTEMPTS: Final = 12
#: Checkpoints a request: a note has about 300 bytes.
BATCH: Final = 100
SHOWN: Final = 20


def set_webhook(*, actor: Actor, tenant: UUID, url: str) -> str:
    """Send the organization's checkpoints to `url` from now on; give the new secret, once.

    Every checkpoint of the log follows, from the first one on. Raises Invalid for an address that
    we do not send to, Unavailable where its name does not resolve.
    """
    sending.resolve(url)
    found = _found(tenant)
    webhook_id = found.id if found else new_id()
    secret = open_keys(tenant).new_object_key(webhook_id)
    with scope(tenant):
        Webhook.objects.update_or_create(
            tenant_id=tenant,
            defaults={
                "url": url,
                "sealed": secret.wrapped.sealed,
                "commitment": secret.wrapped.commitment,
                "key_version": secret.version,
                "state": Webhook.State.ACTIVE,
                "sent_size": 0,
            },
            create_defaults={
                "id": webhook_id,
                "url": url,
                "sealed": secret.wrapped.sealed,
                "commitment": secret.wrapped.commitment,
                "key_version": secret.version,
            },
        )
        WebhookDue.objects.get_or_create(tenant_id=tenant)
        host = str(sending.checked_url(url).hostname)
        record(
            action="log.webhook.set",
            actor=actor,
            tenant=tenant,
            subject=("webhook", webhook_id),
            details={"host": host},
        )
    return "whsec_" + base64.b64encode(secret.dek).decode()


def stop_webhook(*, actor: Actor, tenant: UUID) -> None:
    """Send nothing any more. Raises NotFound where nothing was sent."""
    webhook = _require(tenant)
    with scope(tenant):
        Webhook.objects.update(state=Webhook.State.PAUSED)
        notify("webhook_paused", key=f"{now():%Y-%m-%dT%H}", path="log/witnesses")
        WebhookDue.objects.filter(tenant_id=tenant).delete()
        record(
            action="log.webhook.stop", actor=actor, tenant=tenant, subject=("webhook", webhook.id)
        )


def try_webhook(*, tenant: UUID) -> Delivery:
    """Send a test, and take a paused webhook up again if it is taken. Raises NotFound."""
    webhook = _require(tenant)
    message = _message("log.test", tenant, [])
    delivery = _attempt(webhook, message, first=0, last=0)
    if delivery.taken:
        with scope(tenant):
            Webhook.objects.update(state=Webhook.State.ACTIVE)
            WebhookDue.objects.get_or_create(tenant_id=tenant)
    return delivery


def send_event(*, tenant: UUID, kind: str, message_id: str, data: Mapping[str, Any]) -> bool:
    """Send one event to the organization's webhook, if it has one that is not paused; tell whether.

    The id is the same for each attempt. Raises Unavailable where it was not taken, so that the
    outbox tries again. data: ids, numbers and hashes.
    """
    with scope(tenant):
        webhook = Webhook.objects.filter(state=Webhook.State.ACTIVE).first()
    if webhook is None:
        return False
    body = {"type": kind, "timestamp": timestamp(now()), "data": dict(data)}
    delivery = _send(webhook, json.dumps(body).encode(), message_id, kind=kind)
    if not delivery.taken:
        raise Unavailable(f"The webhook was not taken: {delivery.status or delivery.error}")
    return True


def webhook_of(tenant: UUID) -> tuple[Webhook | None, list[Delivery]]:
    """Give the organization's webhook and its newest deliveries."""
    with scope(tenant):
        return Webhook.objects.first(), list(Delivery.objects.order_by("-attempted_at")[:SHOWN])


def enqueue_due() -> int:
    """Enqueue a job for each webhook that has not got the newest checkpoint; give how many."""
    made = 0
    for tenant in WebhookDue.objects.values_list("tenant_id", flat=True):
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

    Raises Unavailable where the receiver does not take them, so that the outbox tries again; after
    the last attempt the webhook is paused, which its page shows.
    """
    assert context.tenant is not None
    while batch := _next_batch(context.tenant):
        context.heartbeat()
        message = _message("log.checkpoints", context.tenant, batch.checkpoints)
        first, last = batch.checkpoints[0].size, batch.checkpoints[-1].size
        delivery = _attempt(batch.webhook, message, first=first, last=last)
        if not delivery.taken:
            if context.attempt < ATTEMPTS:
                raise Unavailable(f"The webhook was not taken: {delivery.status or delivery.error}")
            _pause(context.tenant)
            return
        with scope(context.tenant):
            # Another address may have been set meanwhile: that one begins anew.
            same = Webhook.objects.filter(sealed=batch.webhook.sealed, sent_size__lt=last)
            same.update(sent_size=last)


@dataclass(frozen=True, slots=True)
class _Batch:
    webhook: Webhook
    checkpoints: list[Checkpoint]


def _next_batch(tenant: UUID) -> _Batch | None:
    with scope(tenant):
        webhook = Webhook.objects.filter(state=Webhook.State.ACTIVE).first()
        if webhook is None:
            return None
        behind = Checkpoint.objects.filter(size__gt=webhook.sent_size).order_by("size")
        checkpoints = list(behind[:BATCH])
    return _Batch(webhook, checkpoints) if checkpoints else None


def _pause(tenant: UUID) -> None:
    with scope(tenant):
        Webhook.objects.update(state=Webhook.State.PAUSED)
        WebhookDue.objects.filter(tenant_id=tenant).delete()


def _message(kind: str, tenant: UUID, checkpoints: Sequence[Checkpoint]) -> bytes:
    found = [
        {"size": row.size, "signed_at": timestamp(row.signed_at), "note": row.note}
        for row in checkpoints
    ]
    data: dict[str, Any] = {"origin": origin_of(tenant), "checkpoints": found}
    body = {"type": kind, "timestamp": timestamp(now()), "data": data}
    return json.dumps(body, ensure_ascii=False).encode()


def _attempt(webhook: Webhook, body: bytes, *, first: int, last: int) -> Delivery:
    """Send checkpoints, or a test, under an id that is the same for each attempt."""
    message_id = f"msg_{webhook.id.hex}_{last}" if last else f"msg_{new_id().hex}"
    return _send(webhook, body, message_id, kind="log.checkpoints", sizes=(first, last))


def _send(
    webhook: Webhook, body: bytes, message_id: str, *, kind: str, sizes: tuple[int, int] = (0, 0)
) -> Delivery:
    """Send once and keep what came of it. The request runs outside any transaction."""
    status, error = None, ""
    try:
        status = sending.post(webhook.url, body, _headers(webhook, body, message_id))
    except (Invalid, Unavailable) as failure:
        error = failure.message
    with scope(webhook.tenant_id):
        made: Delivery = Delivery.objects.create(
            tenant_id=webhook.tenant_id,
            webhook=webhook,
            kind=kind,
            first_size=sizes[0],
            last_size=sizes[1],
            status=status,
            error=error,
        )
        return made


def _headers(webhook: Webhook, body: bytes, message_id: str) -> dict[str, str]:
    """Sign a message (standardwebhooks.com)."""
    wrapped = WrappedKey(bytes(webhook.sealed), bytes(webhook.commitment))
    ring = open_keys(webhook.tenant_id)
    secret = ring.open_object_key(webhook.id, wrapped, webhook.key_version)
    instant = now()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Custos",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": Signature(secret).sign(message_id, instant, body.decode()),
    }


def _found(tenant: UUID) -> Webhook | None:
    with scope(tenant):
        found: Webhook | None = Webhook.objects.first()
        return found


def _require(tenant: UUID) -> Webhook:
    found = _found(tenant)
    if found is None:
        raise NotFound("Set an address first: nothing is sent anywhere.")
    return found
