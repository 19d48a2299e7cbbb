"""Rate cards: prices by name and version. The provider's own are what contracts are drafted from;
one in a vendor's scope is what that vendor is paid."""

from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class RateCard(TenantOwned):
    """One version of a card. A new price is a new version; what was agreed stays readable."""

    append_only = True

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    #: As in a contract's terms (tenants.contracts.prices).
    rates = models.JSONField()
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "name", "version"], name="rates_version"),
        ]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
