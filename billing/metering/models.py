"""What was delivered and accepted, metered once."""

from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned
from tenants.intake.models import Clip
from workforce.delivery.models import Release


class Reading(TenantOwned):
    """Accepted units of one clip: metered with its first accepted release, and never again."""

    append_only = True

    release = TenantForeignKey(Release, on_delete=models.PROTECT, related_name="readings")
    clip = TenantForeignKey(Clip, on_delete=models.PROTECT, related_name="readings")
    #: What was metered, by a name of its own: the same told twice is one reading.
    source = models.CharField(max_length=120)
    unit = models.CharField(max_length=16)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    #: Ordered as rush, in time to be one.
    rush = models.BooleanField(default=False)
    #: As the release's signed manifest says: time beyond the allowance, and what it is credited.
    late_by_seconds = models.PositiveBigIntegerField(default=0)
    credit_percent = models.DecimalField(max_digits=9, decimal_places=6, default=0)
    metered_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("release"),
            tenant_reference("clip"),
            models.UniqueConstraint(fields=["tenant", "source"], name="metering_once_a_source"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit}"
