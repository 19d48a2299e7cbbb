"""What is still owed on an invoice, computed from its credit notes and payments."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.invoicing.models import Invoice, Payment


@dataclass(frozen=True, slots=True)
class Balance:
    """Gross amounts. open: what is still owed; negative where too much was paid."""

    total: Decimal
    credited: Decimal
    paid: Decimal
    refunded: Decimal
    due_at: datetime

    @property
    def open(self) -> Decimal:
        return self.total - self.credited - self.paid + self.refunded

    def state(self, instant: datetime) -> str:
        """One of paid, credited, refund_due, overdue, partly_paid, open."""
        if self.open < 0:
            return "refund_due"
        if self.open == 0:
            return "paid" if self.paid > self.refunded or not self.credited else "credited"
        if instant > self.due_at:
            return "overdue"
        return "partly_paid" if self.paid > self.refunded else "open"


def balance_of(invoice: Invoice) -> Balance:
    """Give an invoice's balance, in the open scope; uses what was prefetched."""
    paid, refunded = Decimal(0), Decimal(0)
    for payment in invoice.payments.all():
        if payment.kind == Payment.Kind.PAYMENT:
            paid += payment.amount
        else:
            refunded += payment.amount
    credited = sum((note.total for note in invoice.credit_notes.all()), Decimal(0))
    return Balance(invoice.total, credited, paid, refunded, invoice.due_at)
