"""Invoices: the client reads them; the operator issues, credits, and notes what the bank says."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from billing.invoicing.asked import STATES, InvoicesAsked
from billing.invoicing.balance import balance_of
from billing.invoicing.credit_notes import disputes_of, get_credit_note, issue_credit_note
from billing.invoicing.crediting import (
    amounts_of,
    choose,
    chosen_lines,
    drop,
    money,
    query_with,
    typed_in,
)
from billing.invoicing.issuing import get_invoice, issue_invoice, recompute
from billing.invoicing.models import CreditNote
from billing.invoicing.payments import BANK, note_payment
from billing.invoicing.wording import because, what
from core.access.permissions import Permission
from core.clock import now
from core.errors import Conflict, Invalid, PermissionDenied
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
        try:
            invoice = issue_invoice(actor=self.actor, tenant=self.tenant.id, slug=self.tenant.slug)
        except Conflict as error:
            messages.error(request, error.message)
            return redirect(request.path)
        messages.info(request, f"Invoice {invoice.number} is issued.")
        return redirect(f"/t/{self.tenant.slug}/invoices/{invoice.id}")


class InvoicePage(TenantPage):
    """One invoice, each line with what it was computed from, and the sum computed anew."""

    permission = Permission.BILLING_READ
    template_name = "invoicing/invoice.html"
    ACTS: ClassVar = {
        "choose": Permission.CREDIT_ISSUE,
        "credit": Permission.CREDIT_ISSUE,
        "drop": Permission.CREDIT_ISSUE,
        "payment": Permission.PAYMENT_RECORD,
        "refund": Permission.PAYMENT_RECORD,
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.holds(Permission.CREDIT_ISSUE):
            kwargs.setdefault("typed", typed_in(self.request.GET))
        typed = kwargs.pop("typed", {})
        with scope(self.tenant.id):
            invoice = get_invoice(kwargs["invoice"])
            chosen = chosen_lines(invoice, typed)
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
            query=query_with(self.request.GET, typed),
            chosen=[(one, what(one.line)) for one in chosen],
            chosen_ids={one.line.id for one in chosen},
            given=self.request.POST if self.request.method == "POST" else {},
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
        """Choose lines and credit them, or note a payment or refund."""
        act, _, number = request.POST.get("act", "").partition(":")
        held = [name for name, needed in self.ACTS.items() if self.holds(needed)]
        if not held:
            raise PermissionDenied("Your role here does not include acting on invoices.")
        if act not in held:
            raise Invalid(f"Choose one of: {', '.join(held)}.", field="act")
        if self.ACTS[act] == Permission.CREDIT_ISSUE:
            return self._credit(request, invoice, act, number)
        try:
            note_payment(
                actor=self.actor,
                tenant=self.tenant.id,
                invoice_id=invoice,
                kind=act,
                gateway=BANK,
                reference=request.POST.get("reference", ""),
                amount=money(request.POST.get("amount", "")),
            )
        except (Invalid, Conflict) as error:
            context = self.get_context_data(invoice=invoice, payment_error=error.message)
            return self.render_to_response(context, status=error.status)
        messages.info(request, "Noted.")
        return redirect(request.path)

    def _credit(
        self, request: HttpRequest, invoice_id: UUID, act: str, number: str
    ) -> HttpResponse:
        """Issue the note; or show the form again as it was typed, with a line more or less."""
        typed = typed_in(request.POST)
        try:
            if act == "credit":
                note = self._issue(request, invoice_id, typed)
                messages.info(request, f"Credit note {note.number} is issued.")
                return redirect(request.path)
            with scope(self.tenant.id):
                invoice = get_invoice(invoice_id)
                change = choose if act == "choose" else drop
                typed = change(invoice, typed, number or request.POST.get("line", ""))
        except (Invalid, Conflict) as error:
            context = self.get_context_data(invoice=invoice_id, typed=typed, error=error.message)
            return self.render_to_response(context, status=error.status)
        return self.render_to_response(self.get_context_data(invoice=invoice_id, typed=typed))

    def _issue(
        self, request: HttpRequest, invoice_id: UUID, typed: Mapping[UUID, str]
    ) -> CreditNote:
        return issue_credit_note(
            actor=self.actor,
            tenant=self.tenant.id,
            slug=self.tenant.slug,
            invoice_id=invoice_id,
            amounts=amounts_of(typed),
            reason=request.POST.get("reason", ""),
            **_ground(request.POST.get("ground", "")),
        )


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
