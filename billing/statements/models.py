"""What vendors' people did, metered once, and the statements that it is paid by.

All of it lies in the vendor's own scope, and says nothing of a client's footage.
"""

from django.db import models

from billing.rates.models import RateCard
from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class WorkReading(TenantOwned):
    """Units of one accepted task."""

    append_only = True

    #: A task's units are metered once, whoever tells of them and how often.
    source = models.CharField(max_length=120)
    #: The client it was done for, by its slug, which the vendor works under.
    client = models.SlugField(max_length=63)
    unit = models.CharField(max_length=16)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    metered_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "source"], name="statements_once_a_source"),
        ]
        ordering = ["metered_at", "source"]

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit}"


class Statement(TenantOwned):
    """What a vendor is owed for its work since the last statement."""

    append_only = True

    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=80)
    card = TenantForeignKey(RateCard, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=18, decimal_places=4)
    issued_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("card"),
            models.UniqueConstraint(fields=["tenant", "sequence"], name="statements_sequence"),
        ]
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return self.number


class Settled(TenantOwned):
    """A reading of work is on one statement, once, with what it comes to."""

    append_only = True

    statement = TenantForeignKey(Statement, on_delete=models.PROTECT, related_name="settled")
    reading = TenantForeignKey(WorkReading, on_delete=models.PROTECT, related_name="settled")
    position = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("statement"),
            tenant_reference("reading"),
            models.UniqueConstraint(fields=["reading"], name="statements_reading_once"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.reading_id} on {self.statement_id}"
