"""Contracts: what a client and the provider agreed. A signed one never changes."""

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class Contract(TenantOwned):
    """One version of the terms. The newest signed one is in force."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SIGNED = "signed"
        WITHDRAWN = "withdrawn"

    number = models.PositiveIntegerField()
    terms = models.JSONField()
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(default=now, editable=False)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "number"], name="contracts_number"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"contract {self.number}"
