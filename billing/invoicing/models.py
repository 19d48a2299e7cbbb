"""Invoices, credit notes and payments. What was issued is never changed; facts stand beside it."""

from django.db import models

from billing.metering.models import Reading
from billing.rates.pricing import LineKind
from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned
from tenants.contracts.models import Contract
from workforce.delivery.models import Dispute


class Document(TenantOwned):
    """What invoices and credit notes share: a number within the client, and sums.

    net: the sum of the lines. total: net and tax.
    """

    append_only = True

    #: Counts within the client, so that it tells nothing of other clients.
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    net = models.DecimalField(max_digits=18, decimal_places=4)
    tax_percent = models.DecimalField(max_digits=9, decimal_places=6)
    tax = models.DecimalField(max_digits=18, decimal_places=4)
    total = models.DecimalField(max_digits=18, decimal_places=4)
    issued_at = models.DateTimeField(default=now, editable=False)
    #: For whom it is, as their profile said when it was issued: {"name", "address", "tax_number"}.
    #: Empty in documents that are older than this column.
    issued_to = models.JSONField(default=dict, editable=False)

    class Meta(TenantOwned.Meta):
        abstract = True
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return self.number


class Invoice(Document):
    """One invoice of a client. Its total is the sum of its lines, whenever it is recomputed."""

    contract = TenantForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()

    class Meta(Document.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("contract"),
            models.UniqueConstraint(fields=["tenant", "sequence"], name="invoicing_sequence"),
        ]


class Line(TenantOwned):
    """One line: units at a price, a rush price, an SLA credit, or what a minimum misses."""

    append_only = True
    Kind = LineKind

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    reading = TenantForeignKey(Reading, null=True, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in LineKind])
    tier = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveIntegerField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.CharField(max_length=16, blank=True)
    #: Price of one unit; for rush and credit the percent of the reading's amount.
    price = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("invoice"),
            tenant_reference("reading"),
            models.UniqueConstraint(fields=["invoice", "position"], name="invoicing_position"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Charged(TenantOwned):
    """A reading is on one invoice, once: the database holds it."""

    append_only = True

    reading = TenantForeignKey(Reading, on_delete=models.PROTECT, related_name="charged")
    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="charged")
    #: Its place among the invoice's readings: tiers count in this order.
    position = models.PositiveIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("reading"),
            tenant_reference("invoice"),
            models.UniqueConstraint(fields=["reading"], name="invoicing_reading_once"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.reading_id} on {self.invoice_id}"


class CreditNote(Document):
    """Money given back on lines of one invoice, for a stated reason.

    basis: what the reason rests on; `dispute` is set where that is a dispute.
    """

    class Basis(models.TextChoices):
        DISPUTE = "dispute"
        SLA = "sla"
        AGREEMENT = "agreement"

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    reason = models.CharField(max_length=400)
    basis = models.CharField(max_length=9, choices=Basis, default=Basis.AGREEMENT)
    dispute = TenantForeignKey(
        Dispute, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(Document.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("invoice"),
            tenant_reference("dispute"),
            models.UniqueConstraint(fields=["tenant", "sequence"], name="invoicing_credit_number"),
        ]


class CreditLine(TenantOwned):
    """How much of an invoice's line is given back: a positive amount, net of tax."""

    append_only = True

    note = TenantForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    line = TenantForeignKey(Line, on_delete=models.PROTECT, related_name="credits")
    amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("note"),
            tenant_reference("line"),
            models.UniqueConstraint(fields=["note", "line"], name="invoicing_credit_line_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="invoicing_credit_is_positive"
            ),
        ]
        ordering = ["line__position"]

    def __str__(self) -> str:
        return f"{self.amount}"


class Payment(TenantOwned):
    """Money that came in for an invoice, or went back. The same reference counts once."""

    class Kind(models.TextChoices):
        PAYMENT = "payment"
        REFUND = "refund"

    append_only = True

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=8, choices=Kind)
    gateway = models.CharField(max_length=16)
    #: The bank's or the gateway's own name for it.
    reference = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("invoice"),
            models.UniqueConstraint(
                fields=["tenant", "gateway", "kind", "reference"], name="invoicing_payment_once"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="invoicing_payment_is_positive"
            ),
        ]
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Collection(TenantOwned):
    """What the gateway said when an invoice was handed to it."""

    append_only = True

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="collections")
    gateway = models.CharField(max_length=16)
    reference = models.CharField(max_length=120)
    paid = models.BooleanField()
    at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("invoice"),
            models.UniqueConstraint(fields=["tenant", "invoice"], name="invoicing_collection_once"),
        ]
        ordering = ["at"]

    def __str__(self) -> str:
        return self.reference
