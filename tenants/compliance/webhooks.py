"""An organization's webhook: its address, its secrets and whether anything is sent there.

Setting, stopping, starting and a new secret are entries of the log; deliveries are not, or each
checkpoint that is sent would cause the next one.
"""

import base64
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from standardwebhooks import Webhook as Signature

from core.access.actors import Actor
from core.audit.log import record, timestamp
from core.clock import now
from core.crypto.keys import ObjectKey, TenantKeyRing, open_keys
from core.crypto.wrapping import WrappedKey
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.ids import new_id
from core.notices.services import notify
from core.outbox.events import emit
from core.storage.rotation import rewraps
from core.tenancy.scope import scope
from tenants.compliance import sending
from tenants.compliance.models import Webhook, WebhookDue

#: How long a replaced secret may go on signing, in hours, and how long it does unless said.
LONGEST_OVERLAP: Final = 168
USUAL_OVERLAP: Final = 24
#: A webhook that took nothing for so long is paused: as long as one message is tried.
LONG_FAILURE: Final = timedelta(days=3)
SYSTEM: Final = Actor.system("webhooks")


def set_webhook(*, actor: Actor, tenant: UUID, url: str) -> str:
    """Send the organization's checkpoints to `url` from now on; give the new secret, once.

    Every checkpoint of the log follows, from the first one on. Raises Invalid for an address that
    we do not send to, or whose name does not resolve.
    """
    try:
        sending.resolve(url)
    except Unavailable as error:
        raise Invalid(error.message, field="url") from error
    found = find_webhook(tenant)
    webhook_id = found.id if found else new_id()
    secret = open_keys(tenant).new_object_key(webhook_id)
    fresh = {"url": url, "state": Webhook.State.ACTIVE, "sent_size": 0, **_sealed(secret)}
    with scope(tenant):
        Webhook.objects.update_or_create(
            tenant_id=tenant,
            defaults={
                **fresh, **NO_FORMER, "paused_at": None, "pause_cause": "", "failing_since": None,
            },
            create_defaults={"id": webhook_id, **fresh},
        )  # fmt: skip
        _send_checkpoints_of(tenant)
        host = str(sending.checked_url(url).hostname)
        record(
            action="log.webhook.set",
            actor=actor,
            tenant=tenant,
            subject=("webhook", webhook_id),
            details={"host": host},
        )
    return _shown(secret)


def rotate_secret(*, actor: Actor, tenant: UUID, hours: int = USUAL_OVERLAP) -> str:
    """Make a new secret and give it, once; the one before signs too for so many hours.

    Raises NotFound without a webhook, Invalid for hours out of bounds, Conflict while a secret that
    was replaced before still signs.
    """
    if not 0 <= hours <= LONGEST_OVERLAP:
        raise Invalid(f"A replaced secret signs for 0 to {LONGEST_OVERLAP} hours.", field="hours")
    secret = open_keys(tenant).new_object_key(require_webhook(tenant).id)
    with scope(tenant):
        webhook = Webhook.objects.select_for_update().get()
        if webhook.rotating:
            raise Conflict(
                "The secret before this one still signs. End it first, or wait until it has ended."
            )
        until = now() + timedelta(hours=hours)
        former = NO_FORMER if not hours else {
            "former_sealed": webhook.sealed,
            "former_commitment": webhook.commitment,
            "former_key_version": webhook.key_version,
            "former_until": until,
        }  # fmt: skip
        Webhook.objects.update(**_sealed(secret), **former)
        record(
            action="log.webhook.secret",
            actor=actor,
            tenant=tenant,
            subject=("webhook", webhook.id),
            details={"hours": hours},
        )
    return _shown(secret)


def end_former_secret(*, actor: Actor, tenant: UUID) -> None:
    """Let the replaced secret sign no more. Raises NotFound where there is none."""
    with scope(tenant):
        webhook = Webhook.objects.select_for_update().first()
        if webhook is None or not webhook.rotating:
            raise NotFound("Only one secret signs.")
        Webhook.objects.update(**NO_FORMER)
        record(
            action="log.webhook.secret_end",
            actor=actor,
            tenant=tenant,
            subject=("webhook", webhook.id),
        )


def stop_webhook(*, actor: Actor, tenant: UUID) -> None:
    """Send nothing any more. Raises NotFound where nothing was sent."""
    webhook = require_webhook(tenant)
    with scope(tenant):
        _pause(tenant, Webhook.Cause.PERSON)
        record(
            action="log.webhook.stop", actor=actor, tenant=tenant, subject=("webhook", webhook.id)
        )


def start_webhook(*, actor: Actor, tenant: UUID) -> None:
    """Send again, from where it stopped. Raises NotFound without a webhook."""
    webhook = require_webhook(tenant)
    with scope(tenant):
        Webhook.objects.update(
            state=Webhook.State.ACTIVE, paused_at=None, pause_cause="", failing_since=None
        )
        _send_checkpoints_of(tenant)
        record(
            action="log.webhook.start", actor=actor, tenant=tenant, subject=("webhook", webhook.id)
        )


def note_outcome(*, tenant: UUID, taken: bool) -> None:
    """Keep how the webhook does, in the open scope; pause it after a long failure.

    The organization's administrators and its auditors are told of that.
    """
    if taken:
        Webhook.objects.exclude(failing_since=None).update(failing_since=None)
        return
    webhook = Webhook.objects.select_for_update().get()
    since = webhook.failing_since or now()
    if webhook.failing_since is None:
        Webhook.objects.update(failing_since=since)
    if webhook.state == Webhook.State.ACTIVE and now() - since >= LONG_FAILURE:
        _pause(tenant, Webhook.Cause.FAILURE)
        record(
            action="log.webhook.pause",
            actor=SYSTEM,
            tenant=tenant,
            subject=("webhook", webhook.id),
            details={"failing_since": timestamp(since)},
        )
        notify("webhook_paused", key=timestamp(since), path="log/webhook")
        emit("webhook.paused", tenant=tenant, data={"webhook": str(webhook.id)})


def find_webhook(tenant: UUID) -> Webhook | None:
    """Give the organization's webhook, if it has one."""
    with scope(tenant):
        found: Webhook | None = Webhook.objects.first()
        return found


def require_webhook(tenant: UUID) -> Webhook:
    """Give the organization's webhook. Raises NotFound."""
    found = find_webhook(tenant)
    if found is None:
        raise NotFound("Set an address first: nothing is sent anywhere.")
    return found


def signatures(webhook: Webhook, message_id: str, instant: datetime, body: bytes) -> str:
    """Sign a message with each secret that is good now, apart by a space (standardwebhooks.com)."""
    ring = open_keys(webhook.tenant_id)
    sealed = [(webhook.sealed, webhook.commitment, webhook.key_version)]
    if webhook.rotating and webhook.former_key_version is not None:
        assert webhook.former_sealed is not None
        assert webhook.former_commitment is not None
        former = (webhook.former_sealed, webhook.former_commitment, webhook.former_key_version)
        sealed.append(former)
    signed = []
    for seal, commitment, version in sealed:
        wrapped = WrappedKey(bytes(seal), bytes(commitment))
        secret = ring.open_object_key(webhook.id, wrapped, version)
        signed.append(Signature(secret).sign(message_id, instant, body.decode()))
    return " ".join(signed)


@rewraps
def rewrap_webhooks(keys: TenantKeyRing, batch: int) -> int:
    """Move a webhook's secrets under the organization's newest key, in the open scope."""
    late = Webhook.objects.filter(
        ~Q(key_version=keys.active)
        | (Q(former_key_version__isnull=False) & ~Q(former_key_version=keys.active))
    )
    moved = list(late.select_for_update(skip_locked=True)[:batch])
    for webhook in moved:
        for prefix in ("", "former_"):
            version = getattr(webhook, f"{prefix}key_version")
            if version is None:
                continue
            seal, commitment = (
                bytes(getattr(webhook, f"{prefix}{name}")) for name in ("sealed", "commitment")
            )
            fresh = keys.rewrap_object_key(webhook.id, WrappedKey(seal, commitment), version)
            for name, value in _sealed(fresh).items():
                setattr(webhook, f"{prefix}{name}", value)
        webhook.save()
    return len(moved)


NO_FORMER: Final = dict.fromkeys(
    ("former_sealed", "former_commitment", "former_key_version", "former_until")
)


def _sealed(secret: ObjectKey) -> dict[str, bytes | int]:
    return {
        "sealed": secret.wrapped.sealed,
        "commitment": secret.wrapped.commitment,
        "key_version": secret.version,
    }


def _shown(secret: ObjectKey) -> str:
    return "whsec_" + base64.b64encode(secret.dek).decode()


def _pause(tenant: UUID, cause: Webhook.Cause) -> None:
    Webhook.objects.update(state=Webhook.State.PAUSED, paused_at=now(), pause_cause=cause)
    WebhookDue.objects.filter(tenant_id=tenant).delete()


def _send_checkpoints_of(tenant: UUID) -> None:
    WebhookDue.objects.update_or_create(
        tenant_id=tenant, defaults={"not_before": None, "failures": 0}
    )
