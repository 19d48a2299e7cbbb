"""Which invoices somebody asks for: by how their balance stands, and by when they were issued."""

from billing.invoicing.balance import Balance, balance_of
from billing.invoicing.models import Invoice
from core.clock import now
from core.web.filters import Period, any_of

#: A status and its word for each state of a balance.
STATES = {
    "open": ("info", "Open"),
    "partly_paid": ("info", "Partly paid"),
    "overdue": ("warn", "Overdue"),
    "paid": ("ok", "Paid"),
    "credited": ("neutral", "Credited"),
    "refund_due": ("hold", "Refund due"),
}


class InvoicesAsked(Period):
    """Invoices by how their balance stands, and documents by the days they were issued on."""

    state = any_of([(state, word) for state, (_, word) in STATES.items()], "State")
    field_order = ("state", "since", "until")

    def invoices(self) -> list[tuple[Invoice, Balance, str]]:
        """Give what is asked for, in the open scope: each with its balance and how that stands."""
        state, instant = self.given.get("state"), now()
        rows = Invoice.objects.prefetch_related("payments", "credit_notes")
        balances = [(row, balance_of(row)) for row in rows.filter(self.within("issued_at"))]
        told = [(row, balance, balance.state(instant)) for row, balance in balances]
        return [found for found in told if not state or found[2] == state]
