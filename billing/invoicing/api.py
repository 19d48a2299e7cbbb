"""The API of invoices."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from billing.invoicing import services
from billing.invoicing.models import Invoice, Line
from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.api import TenantView


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "position": line.position,
        "kind": line.kind,
        "clip": str(line.reading.clip_id),
        "release": str(line.reading.release_id),
        "quantity": line.quantity,
        "unit": line.unit,
        "price": f"{line.price.normalize():f}",
        "amount": str(line.amount),
    }


def invoice_json(invoice: Invoice) -> dict[str, Any]:
    """An invoice with its lines, in the open scope. Money is text: a JSON number is a float."""
    collection = invoice.collections.last()
    return {
        "id": str(invoice.id),
        "number": invoice.number,
        "contract": str(invoice.contract_id),
        "currency": invoice.currency,
        "total": str(invoice.total),
        "recomputed": str(services.recompute(invoice)),
        "issued_at": invoice.issued_at,
        "state": "paid" if collection is not None and collection.paid else "open",
        "lines": [_line_json(line) for line in invoice.lines.select_related("reading")],
    }


class Invoices(TenantView):
    permissions: ClassVar = {"GET": Permission.BILLING_READ, "POST": Permission.INVOICE_ISSUE}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            return Response({"results": [invoice_json(i) for i in Invoice.objects.all()]})

    def post(self, request: Request, tenant: str) -> Response:
        invoice = services.issue_invoice(
            actor=self.actor, tenant=self.tenant.id, slug=self.tenant.slug
        )
        with scope(self.tenant.id):
            return Response(invoice_json(services.get_invoice(invoice.id)), status=201)


class InvoiceDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.BILLING_READ}

    def get(self, request: Request, tenant: str, invoice: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(invoice_json(services.get_invoice(invoice)))
