"""The client's invoices."""

from typing import Any

from billing.invoicing import services
from billing.invoicing.models import Invoice
from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.pages import TenantPage


class Invoices(TenantPage):
    permission = Permission.BILLING_READ
    template_name = "invoicing/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            invoices = list(Invoice.objects.prefetch_related("collections"))
            for invoice in invoices:
                invoice.paid = any(c.paid for c in invoice.collections.all())  # type: ignore[attr-defined]
        return super().get_context_data(invoices=invoices, **kwargs)


class InvoicePage(TenantPage):
    """One invoice, each line with what it was computed from, and the sum computed anew."""

    permission = Permission.BILLING_READ
    template_name = "invoicing/invoice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            invoice = services.get_invoice(kwargs["invoice"])
            lines = list(invoice.lines.select_related("reading__clip", "reading__release"))
            recomputed = services.recompute(invoice)
            collection = invoice.collections.last()
        kwargs["invoice"] = invoice
        return super().get_context_data(
            lines=lines,
            recomputed=recomputed,
            agrees=recomputed == invoice.total,
            collection=collection,
            **kwargs,
        )
