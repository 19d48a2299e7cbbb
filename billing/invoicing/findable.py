"""Invoices are found by their numbers."""

from billing.invoicing.models import Invoice
from core.access.permissions import Permission
from core.search.registry import Findable, Hit, findable

findable(
    Findable(
        kind="invoice",
        label="Invoices",
        icon="receipt",
        permission=Permission.BILLING_READ,
        model=Invoice,
        columns=("number",),
        show=lambda row: Hit(row.number, f"invoices/{row.id}", f"{row.total} {row.currency}"),
    )
)
