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
    unit = models.CharField(max_length=16)
    quantity = models.PositiveBigIntegerField()
    #: Seconds of running time beyond the agreed turnaround, as the release's manifest says.
    late_by_seconds = models.PositiveBigIntegerField(default=0)
    metered_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("release"),
            tenant_reference("clip"),
            models.UniqueConstraint(fields=["clip", "unit"], name="metering_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit}"
