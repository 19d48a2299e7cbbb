"""The API of invoices, credit notes and payments."""

from decimal import Decimal
from typing import Any, ClassVar, cast
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.gateway.choice import gateway
from billing.invoicing.asked import STATES, InvoicesAsked
from billing.invoicing.credit_notes import get_credit_note, issue_credit_note
from billing.invoicing.issuing import get_invoice, issue_invoice
from billing.invoicing.models import CreditNote, Invoice, Payment
from billing.invoicing.payments import BANK, note_payment, order_refund
from billing.invoicing.reading import (
    CreditNoteJson,
    InvoiceJson,
    PaymentJson,
    credit_note_json,
    invoice_json,
    payment_json,
)
from core.access.permissions import Permission
from core.late import late
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.list_queries import OneOf, list_query
from core.web.paging import page_of

#: Money as Line and Payment keep it.
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 4, "min_value": Decimal("0.0001")}


class CreditLineBody(serializers.Serializer[Any]):
    line = serializers.UUIDField()
    amount = serializers.DecimalField(**MONEY)


class NewCreditNote(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400)
    lines = CreditLineBody(many=True)
    basis = serializers.ChoiceField(
        choices=CreditNote.Basis.values, default=CreditNote.Basis.AGREEMENT.value
    )
    dispute = serializers.UUIDField(required=False, allow_null=True, default=None)


class NewPayment(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Payment.Kind.values, default="payment")
    reference = serializers.CharField(max_length=120)
    amount = serializers.DecimalField(**MONEY)


class NewRefund(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=120)
    amount = serializers.DecimalField(**MONEY)


# Typesetting is loaded where somebody wants paper.
_invoice = late("billing.invoicing.documents.invoice_pdf")
_credit_note = late("billing.invoicing.documents.credit_note_pdf")


def _pdf(number: str, document: bytes) -> Response:
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    response["Cache-Control"] = "no-store"
    return cast(Response, response)


INVOICES = list_query(
    InvoicesAsked, state=OneOf(STATES, required=False, help_text="How the balance stands.")
)


class Invoices(TenantView):
    """The newest first, or those that are asked for; days are those of issue."""

    permissions: ClassVar = {"GET": Permission.BILLING_READ, "POST": Permission.INVOICE_ISSUE}

    @described("list_invoices", query=(INVOICES.query,), page=InvoiceJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            form = INVOICES.read(request)
            rows = Invoice.objects.filter(form.within("issued_at"))
            if form.given.get("state"):
                # A balance is computed, of an organization's few invoices: one a month.
                rows = rows.filter(id__in=[row.id for row, _, _ in form.invoices()])
            return page_of(request, rows, invoice_json)

    @described("issue_invoice", answer=InvoiceJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        invoice = issue_invoice(actor=self.actor, tenant=self.tenant.id, slug=self.tenant.slug)
        with scope(self.tenant.id):
            return Response(invoice_json(get_invoice(invoice.id)), status=201)


class InvoiceDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.BILLING_READ}

    @described("get_invoice", answer=InvoiceJson)
    def get(self, request: Request, tenant: str, invoice: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(invoice_json(get_invoice(invoice)))


class InvoicePdf(TenantView):
    """The invoice to print or to file."""

    permissions: ClassVar = {"GET": Permission.BILLING_READ}

    @described("get_invoice_pdf", answer=bytes, media="application/pdf")
    def get(self, request: Request, tenant: str, invoice: UUID) -> Response:
        with scope(self.tenant.id):
            row = get_invoice(invoice)
            return _pdf(row.number, _invoice(row))


class CreditNoteDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.BILLING_READ}

    @described("get_credit_note", answer=CreditNoteJson)
    def get(self, request: Request, tenant: str, note: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(credit_note_json(get_credit_note(note)))


class CreditNotePdf(TenantView):
    """The credit note to print or to file."""

    permissions: ClassVar = {"GET": Permission.BILLING_READ}

    @described("get_credit_note_pdf", answer=bytes, media="application/pdf")
    def get(self, request: Request, tenant: str, note: UUID) -> Response:
        with scope(self.tenant.id):
            row = get_credit_note(note)
            return _pdf(row.number, _credit_note(row))


class CreditNotes(TenantView):
    """Credit notes of one invoice."""

    permissions: ClassVar = {"GET": Permission.BILLING_READ, "POST": Permission.CREDIT_ISSUE}

    @described("list_credit_notes", page=CreditNoteJson)
    def get(self, request: Request, tenant: str, invoice: UUID) -> Response:
        with scope(self.tenant.id):
            notes = get_invoice(invoice).credit_notes.all()
            return page_of(request, notes, credit_note_json)

    @described("issue_credit_note", body=NewCreditNote, answer=CreditNoteJson, status=201)
    def post(self, request: Request, tenant: str, invoice: UUID) -> Response:
        body = checked_body(NewCreditNote, request)
        note = issue_credit_note(
            actor=self.actor,
            tenant=self.tenant.id,
            slug=self.tenant.slug,
            invoice_id=invoice,
            amounts={line["line"]: line["amount"] for line in body["lines"]},
            reason=body["reason"],
            basis=body["basis"],
            dispute=body["dispute"],
        )
        with scope(self.tenant.id):
            return Response(credit_note_json(CreditNote.objects.get(id=note.id)), status=201)


class Payments(TenantView):
    """Money that an operator saw on the bank's statement."""

    permissions: ClassVar = {"POST": Permission.PAYMENT_RECORD}

    @described("record_payment", body=NewPayment, answer=PaymentJson, status=201)
    def post(self, request: Request, tenant: str, invoice: UUID) -> Response:
        payment = note_payment(
            actor=self.actor,
            tenant=self.tenant.id,
            invoice_id=invoice,
            gateway=BANK,
            **checked_body(NewPayment, request),
        )
        return Response(payment_json(payment), status=201)


class Refunds(TenantView):
    """Money that goes back through the card network."""

    permissions: ClassVar = {"POST": Permission.PAYMENT_RECORD}

    @described("order_refund", body=NewRefund, answer=PaymentJson, status=201)
    def post(self, request: Request, tenant: str, invoice: UUID) -> Response:
        payment = order_refund(
            actor=self.actor,
            tenant=self.tenant.id,
            invoice_id=invoice,
            gateway=gateway(),
            **checked_body(NewRefund, request),
        )
        return Response(payment_json(payment), status=201)
