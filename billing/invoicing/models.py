"""Invoices and their lines. Issued ones are never changed; payment is a fact beside them."""

from django.db import models

from billing.metering.models import Reading
from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned
from tenants.contracts.models import Contract


class Invoice(TenantOwned):
    """One invoice of a client. Its total is the sum of its lines, whenever it is recomputed."""

    append_only = True

    #: Counts within the client, so that it tells nothing of other clients.
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=80)
    contract = TenantForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=18, decimal_places=4)
    issued_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("contract"),
            models.UniqueConstraint(fields=["tenant", "sequence"], name="invoicing_sequence"),
        ]
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return self.number


class Line(TenantOwned):
    """One line: a reading at its price, or the SLA credit on a clip."""

    class Kind(models.TextChoices):
        USAGE = "usage"
        CREDIT = "credit"

    append_only = True

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    reading = TenantForeignKey(Reading, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=8, choices=Kind)
    position = models.PositiveIntegerField()
    quantity = models.PositiveBigIntegerField()
    unit = models.CharField(max_length=16)
    #: Price of one unit; for a credit the percent of the usage line's amount.
    price = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("invoice"),
            tenant_reference("reading"),
            # A reading is charged once, and credited once.
            models.UniqueConstraint(fields=["reading", "kind"], name="invoicing_once"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Collection(TenantOwned):
    """What the gateway said about an invoice."""

    append_only = True

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="collections")
    gateway = models.CharField(max_length=16)
    reference = models.CharField(max_length=120)
    paid = models.BooleanField()
    at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("invoice")]
        ordering = ["at"]

    def __str__(self) -> str:
        return self.reference
