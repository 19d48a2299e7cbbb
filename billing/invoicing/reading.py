"""Invoices as JSON, in the open scope. Money is text: a JSON number is a float."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from billing.invoicing.balance import balance_of
from billing.invoicing.issuing import recompute
from billing.invoicing.models import CreditNote, Invoice, Line, Payment
from core.clock import now
from core.web.answers import Decimals, Id


def plain(number: Decimal) -> str:
    """Write a decimal without an exponent or idle zeros."""
    return f"{number.normalize():f}"


class LineJson(TypedDict):
    id: Id
    position: int
    kind: str
    clip: Id | None
    release: Id | None
    quantity: Decimals
    unit: str
    price: Decimals
    amount: Decimals


class CreditLineJson(TypedDict):
    line: Id
    amount: Decimals


class CreditNoteJson(TypedDict):
    """A credit note; `pdf`: where it is as a document."""

    id: Id
    number: str
    invoice: Id
    reason: str
    basis: str
    dispute: Id | None
    pdf: str
    currency: str
    net: Decimals
    tax_percent: Decimals
    tax: Decimals
    total: Decimals
    issued_at: datetime
    lines: list[CreditLineJson]


class PaymentJson(TypedDict):
    kind: str
    gateway: str
    reference: str
    amount: Decimals
    at: datetime


class InvoiceJson(TypedDict):
    """An invoice; `recomputed`: its total from readings and prices, once more."""

    id: Id
    number: str
    contract: Id
    currency: str
    net: Decimals
    tax_percent: Decimals
    tax: Decimals
    total: Decimals
    recomputed: Decimals
    agrees: bool
    issued_at: datetime
    due_at: datetime
    state: str
    open: Decimals
    lines: list[LineJson]
    credit_notes: list[CreditNoteJson]
    payments: list[PaymentJson]


def _line_json(line: Line) -> LineJson:
    reading = line.reading
    return {
        "id": str(line.id),
        "position": line.position,
        "kind": line.kind,
        "clip": None if reading is None else str(reading.clip_id),
        "release": None if reading is None else str(reading.release_id),
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "price": plain(line.price),
        "amount": str(line.amount),
    }


def credit_note_json(note: CreditNote) -> CreditNoteJson:
    """A credit note with its lines."""
    return {
        "id": str(note.id),
        "number": note.number,
        "invoice": str(note.invoice_id),
        "reason": note.reason,
        "basis": note.basis,
        "dispute": None if note.dispute_id is None else str(note.dispute_id),
        "pdf": f"/api/v1/t/{note.tenant.slug}/credit-notes/{note.id}/pdf",
        "currency": note.currency,
        "net": str(note.net),
        "tax_percent": plain(note.tax_percent),
        "tax": str(note.tax),
        "total": str(note.total),
        "issued_at": note.issued_at,
        "lines": [{"line": str(c.line_id), "amount": str(c.amount)} for c in note.lines.all()],
    }


def payment_json(payment: Payment) -> PaymentJson:
    return {
        "kind": payment.kind,
        "gateway": payment.gateway,
        "reference": payment.reference,
        "amount": str(payment.amount),
        "at": payment.at,
    }


def invoice_json(invoice: Invoice) -> InvoiceJson:
    """An invoice with its lines, credit notes, payments, and what is still owed."""
    balance, anew = balance_of(invoice), recompute(invoice)
    return {
        "id": str(invoice.id),
        "number": invoice.number,
        "contract": str(invoice.contract_id),
        "currency": invoice.currency,
        "net": str(invoice.net),
        "tax_percent": plain(invoice.tax_percent),
        "tax": str(invoice.tax),
        "total": str(invoice.total),
        "recomputed": str(anew.total),
        "agrees": anew.agrees,
        "issued_at": invoice.issued_at,
        "due_at": invoice.due_at,
        "state": balance.state(now()),
        "open": str(balance.open),
        "lines": [_line_json(line) for line in invoice.lines.select_related("reading")],
        "credit_notes": [credit_note_json(note) for note in invoice.credit_notes.all()],
        "payments": [payment_json(payment) for payment in invoice.payments.all()],
    }
