"""Invoices: the client reads them; the operator issues, credits, and notes what the bank says."""

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from billing.invoicing.asked import STATES, InvoicesAsked
from billing.invoicing.balance import balance_of
from billing.invoicing.credit_notes import disputes_of, get_credit_note, issue_credit_note
from billing.invoicing.issuing import get_invoice, issue_invoice, recompute
from billing.invoicing.models import CreditNote
from billing.invoicing.payments import BANK, note_payment
from billing.invoicing.wording import because, what
from core.access.permissions import Permission
from core.clock import now
from core.errors import Invalid, PermissionDenied
from core.tenancy.scope import scope
from core.web.pages import TenantPage

#: Lines of an invoice on a page; the document has all of them.
LINES = 100


class Invoices(TenantPage):
    """Invoices and credit notes; a state chooses the invoices, and with them their notes."""

    permission = Permission.BILLING_READ
    permissions: ClassVar = {"POST": Permission.INVOICE_ISSUE}
    template_name = "invoicing/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = InvoicesAsked(self.request.GET)
        with scope(self.tenant.id):
            found = form.invoices()
            notes = list(
                CreditNote.objects.select_related("invoice").filter(form.within("issued_at"))
            )
        rows = [(invoice, balance, STATES[state]) for invoice, balance, state in found]
        if form.given.get("state"):
            shown = {invoice.id for invoice, _, _ in rows}
            notes = [note for note in notes if note.invoice_id in shown]
        return super().get_context_data(rows=rows, notes=notes, form=form, **kwargs)

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Issue the next invoice."""
        invoice = issue_invoice(actor=self.actor, tenant=self.tenant.id, slug=self.tenant.slug)
        messages.info(request, f"Invoice {invoice.number} is issued.")
        return redirect(f"/t/{self.tenant.slug}/invoices/{invoice.id}")


class InvoicePage(TenantPage):
    """One invoice, each line with what it was computed from, and the sum computed anew."""

    permission = Permission.BILLING_READ
    template_name = "invoicing/invoice.html"
    ACTS: ClassVar = {
        "credit": Permission.CREDIT_ISSUE,
        "payment": Permission.PAYMENT_RECORD,
        "refund": Permission.PAYMENT_RECORD,
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            invoice = get_invoice(kwargs["invoice"])
            rows = invoice.lines.select_related("reading__clip", "reading__release").defer(
                "reading__release__manifest", "reading__release__units"
            )
            page = Paginator(rows, LINES).get_page(self.request.GET.get("page"))
            lines = list(page)
            balance, anew = balance_of(invoice), recompute(invoice)
            notes = list(invoice.credit_notes.prefetch_related("lines__line"))
            payments = list(invoice.payments.all())
            collection = invoice.collections.last()
            disputes = list(disputes_of(invoice)[:20])
        kwargs["invoice"] = invoice
        return super().get_context_data(
            lines=lines,
            page=page,
            named=self.holds(Permission.CLIP_LIST),
            anew=anew,
            balance=balance,
            state=STATES[balance.state(now())],
            notes=notes,
            payments=payments,
            collection=collection,
            disputes=disputes,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, invoice: UUID) -> HttpResponse:
        """Credit lines, or note a payment or refund."""
        act = request.POST.get("act", "")
        held = [name for name, needed in self.ACTS.items() if self.holds(needed)]
        if not held:
            raise PermissionDenied("Your role here does not include acting on invoices.")
        if act not in held:
            raise Invalid(f"Choose one of: {', '.join(held)}.", field="act")
        if act == "credit":
            note = issue_credit_note(
                actor=self.actor,
                tenant=self.tenant.id,
                slug=self.tenant.slug,
                invoice_id=invoice,
                amounts=_amounts(request),
                reason=request.POST.get("reason", ""),
                **_ground(request.POST.get("ground", "")),
            )
            messages.info(request, f"Credit note {note.number} is issued.")
        else:
            note_payment(
                actor=self.actor,
                tenant=self.tenant.id,
                invoice_id=invoice,
                kind=act,
                gateway=BANK,
                reference=request.POST.get("reference", ""),
                amount=_money(request.POST.get("amount", "")),
            )
            messages.info(request, "Noted.")
        return redirect(f"/t/{self.tenant.slug}/invoices/{invoice}")


class CreditNotePage(TenantPage):
    """One credit note: what is given back, on which lines, and what it rests on."""

    permission = Permission.BILLING_READ
    template_name = "invoicing/credit_note.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            note = get_credit_note(kwargs["note"])
            lines = list(note.lines.select_related("line__reading__clip", "line__reading__release"))
        kwargs["note"] = note
        return super().get_context_data(
            title=f"Credit note {note.number}",
            lines=[(credit, what(credit.line)) for credit in lines],
            named=self.holds(Permission.CLIP_LIST),
            because=because(note),
            **kwargs,
        )


def _ground(text: str) -> dict[str, Any]:
    """What the form's credit rests on: a basis, or the id of a dispute."""
    if text in {"", *CreditNote.Basis.values}:
        return {"basis": text or CreditNote.Basis.AGREEMENT}
    try:
        return {"basis": CreditNote.Basis.DISPUTE, "dispute": UUID(text)}
    except ValueError as error:
        raise Invalid("Choose what the credit rests on.", field="ground") from error


def _money(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise Invalid(f'"{text[:40]}" is no amount; write it as 12.50.', field="amount") from error
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise Invalid(f'"{text[:40]}" is no amount; write it as 12.50.', field="amount")
    return value


def _amounts(request: HttpRequest) -> dict[UUID, Decimal]:
    """What the form gives back on each line: fields named credit-<id of the line>."""
    amounts = {}
    for name, value in request.POST.items():
        kind, _, line = name.partition("-")
        if kind == "credit" and line and str(value).strip():
            try:
                amounts[UUID(line)] = _money(str(value))
            except ValueError as error:
                raise Invalid("This line is not on the invoice.", field="lines") from error
    return amounts
