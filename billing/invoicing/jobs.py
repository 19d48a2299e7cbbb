"""Issued invoices are collected."""

from uuid import UUID

from billing.gateway.choice import gateway
from billing.invoicing import announcements  # noqa: F401 - registers its handlers
from billing.invoicing.payments import collect
from core.outbox.jobs import JobContext, job


@job("invoicing.collect")
def collect_invoice(context: JobContext, *, invoice: str) -> None:
    """Hand the invoice to the gateway."""
    assert context.tenant is not None
    collect(tenant=context.tenant, invoice_id=UUID(invoice), gateway=gateway())
