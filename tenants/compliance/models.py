"""Who watches a log from outside: cosignatures of witnesses, and the webhook that gets checkpoints.

None of this is an entry of the log: a witness that is told of each checkpoint would otherwise cause
the next one. Cosignatures are proofs by themselves; setting a webhook is an entry.
"""

from typing import Any

from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class Cosignature(TenantOwned):
    """A witness's signature line under one of the log's checkpoints; it verified when it came."""

    append_only = True

    size = models.BigIntegerField()
    key = models.CharField(max_length=400)
    line = models.CharField(max_length=600)
    cosigned_at = models.DateTimeField()
    posted_by = models.UUIDField()
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "size", "key"], name="compliance_one_cosignature_a_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.size}"

    @property
    def name(self) -> str:
        """The name that the witness cosigns under."""
        return self.key.partition("+")[0]


class Webhook(TenantOwned):
    """Where an organization's checkpoints and news of its releases are sent.

    The secret is sealed under its tenant key. While a replaced one is still good, messages carry a
    signature of each.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"

    class Cause(models.TextChoices):
        """Why it is paused."""

        PERSON = "person", "somebody stopped it"
        FAILURE = "failure", "nothing was taken for days"

    url = models.URLField(max_length=500)
    sealed = models.BinaryField(max_length=61)
    commitment = models.BinaryField(max_length=32)
    key_version = models.PositiveIntegerField()
    #: The secret that was replaced, and until when it signs too.
    former_sealed = models.BinaryField(max_length=61, null=True)
    former_commitment = models.BinaryField(max_length=32, null=True)
    former_key_version = models.PositiveIntegerField(null=True)
    former_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    paused_at = models.DateTimeField(null=True)
    pause_cause = models.CharField(max_length=8, choices=Cause, blank=True)
    #: Since when nothing that was sent was taken; None while the last was.
    failing_since = models.DateTimeField(null=True)
    #: Size of the last checkpoint that was taken.
    sent_size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant"], name="compliance_one_webhook"),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def rotating(self) -> bool:
        """Whether the replaced secret still signs."""
        return self.former_until is not None and self.former_until > now()


class WebhookDue(models.Model):
    """Whose checkpoints are to be sent, and not before when after a failure."""

    shared_because = "the sweeper asks whose checkpoints are due before a scope is open; ids only"

    tenant_id = models.UUIDField(primary_key=True, editable=False)
    not_before = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.tenant_id)


class Delivery(TenantOwned):
    """One attempt to send checkpoints or an event, and what came of it."""

    append_only = True

    webhook = TenantForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    #: The type of the message, such as "release.ready".
    kind = models.CharField(max_length=40, default="log.checkpoints")
    #: The message's id, the same in each attempt; empty in rows of before it was kept.
    message_id = models.CharField(max_length=120, blank=True)
    #: Of an event: ids, numbers and hashes, as they were sent, and when it happened.
    data = models.JSONField(null=True)
    occurred_at = models.DateTimeField(null=True)
    #: Sizes of the first and last checkpoint in it; both 0 for a test and for an event.
    first_size = models.BigIntegerField()
    last_size = models.BigIntegerField()
    attempted_at = models.DateTimeField(default=now, editable=False)
    #: Who asked for it to be sent once more.
    asked_by = models.UUIDField(null=True)
    #: What the receiver answered; None where it did not.
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("webhook")]
        indexes = [
            models.Index(fields=["tenant", "-attempted_at"], name="compliance_deliveries"),
            models.Index(fields=["tenant", "message_id"], name="compliance_messages"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_size}-{self.last_size}: {self.status}"

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def repeatable(self) -> bool:
        """Whether what was sent is still known, so that it can be sent again."""
        return bool(self.message_id) and (self.data is not None or bool(self.last_size))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.error = self.error[:300]
        super().save(*args, **kwargs)
