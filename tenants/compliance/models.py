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
    """Where an organization's checkpoints are sent. The secret is sealed under its tenant key."""

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"

    url = models.URLField(max_length=500)
    sealed = models.BinaryField(max_length=61)
    commitment = models.BinaryField(max_length=32)
    key_version = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
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


class WebhookDue(models.Model):
    """Whose checkpoints are to be sent."""

    shared_because = "the sweeper asks whose checkpoints are due before a scope is open; ids only"

    tenant_id = models.UUIDField(primary_key=True, editable=False)

    def __str__(self) -> str:
        return str(self.tenant_id)


class Delivery(TenantOwned):
    """One attempt to send checkpoints or an event, and what came of it."""

    append_only = True

    webhook = TenantForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    #: The type of the message, such as "release.ready".
    kind = models.CharField(max_length=40, default="log.checkpoints")
    #: Sizes of the first and last checkpoint in it; both 0 for a test and for an event.
    first_size = models.BigIntegerField()
    last_size = models.BigIntegerField()
    attempted_at = models.DateTimeField(default=now, editable=False)
    #: What the receiver answered; None where it did not.
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("webhook")]
        indexes = [models.Index(fields=["tenant", "-attempted_at"], name="compliance_deliveries")]

    def __str__(self) -> str:
        return f"{self.first_size}-{self.last_size}: {self.status}"

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.error = self.error[:300]
        super().save(*args, **kwargs)
