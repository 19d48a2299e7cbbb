"""Invoices and credit notes as PDF: one table each, and what stands beside it."""

from functools import partial
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from billing.invoicing.balance import balance_of
from billing.invoicing.models import CreditNote, Invoice, Line
from billing.invoicing.paper import (
    HEAD,
    RIGHT,
    SMALL,
    STRONG,
    addressee,
    money,
    place,
    print_pdf,
    sum_rows,
    table,
    text,
)
from billing.invoicing.reading import plain
from billing.invoicing.wording import because, what
from billing.rates.pricing import LineKind


def invoice_pdf(invoice: Invoice) -> bytes:
    """Give the PDF of an invoice with its credit notes and payments, in the open scope."""
    story: list[Flowable] = [
        text(f"Invoice {invoice.number}", HEAD),
        *addressee(invoice),
        text(f"Issued {invoice.issued_at:%d %B %Y}, due {invoice.due_at:%d %B %Y}"),
        text(f"Contract {invoice.contract.number}", SMALL),
        Spacer(0, 8 * mm),
        table(_invoice_rows(invoice), [86, 28, 28, 32]),
        Spacer(0, 6 * mm),
        *_after(invoice),
    ]
    return print_pdf(f"Invoice {invoice.number}", story)


def credit_note_pdf(note: CreditNote) -> bytes:
    """Give the PDF of a credit note, in the open scope: what is given back, of what, and why."""
    invoice = note.invoice
    story: list[Flowable] = [
        text(f"Credit note {note.number}", HEAD),
        *addressee(note),
        text(f"Issued {note.issued_at:%d %B %Y}"),
        text(f"For invoice {invoice.number} of {invoice.issued_at:%d %B %Y}"),
        text(f"Contract {invoice.contract.number}", SMALL),
        Spacer(0, 4 * mm),
        text(f"Reason: {note.reason}"),
        text(because(note), SMALL),
        Spacer(0, 8 * mm),
        table(_note_rows(note), [110, 32, 32]),
        Spacer(0, 6 * mm),
        text(
            "The total is taken off what is owed on the invoice; what was paid beyond that goes "
            "back to you.",
            SMALL,
        ),
    ]
    return print_pdf(f"Credit note {note.number}", story)


def _invoice_rows(invoice: Invoice) -> list[list[Any]]:
    rows: list[list[Any]] = [
        [text("What"), *(text(word, RIGHT) for word in ("Quantity", "Price", "Amount"))]
    ]
    for line in invoice.lines.select_related("reading__clip", "reading__release"):
        of_unit = line.kind == LineKind.USAGE
        rows.append(
            [
                [text(what(line)), text(place(line), SMALL)],
                text(plain(line.quantity) if of_unit else "", RIGHT),
                text(_price(line), RIGHT),
                text(money(line.amount, invoice.currency), RIGHT),
            ]
        )
    return rows + sum_rows(invoice, blank=2)


def _note_rows(note: CreditNote) -> list[list[Any]]:
    rows: list[list[Any]] = [
        [text("Given back on"), text("Charged", RIGHT), text("Given back", RIGHT)]
    ]
    for credit in note.lines.select_related("line__reading__release"):
        line = credit.line
        rows.append(
            [
                [text(f"Line {line.position}: {what(line)}"), text(place(line), SMALL)],
                text(money(line.amount, note.currency), RIGHT),
                text(money(credit.amount, note.currency), RIGHT),
            ]
        )
    return rows + sum_rows(note, blank=1)


def _price(line: Line) -> str:
    if line.kind == LineKind.MINIMUM:
        return ""
    return plain(line.price) if line.kind == LineKind.USAGE else f"{plain(line.price)} %"


def _after(invoice: Invoice) -> list[Flowable]:
    """Credit notes, payments, and what is still open."""
    show = partial(money, currency=invoice.currency)
    lines = [
        f"Credit note {note.number}, {note.issued_at:%d %B %Y}: {show(note.total)}, {note.reason}"
        for note in invoice.credit_notes.all()
    ]
    lines += [
        f"{payment.get_kind_display()} {payment.at:%d %B %Y}, {payment.gateway} "
        f"{payment.reference}: {show(payment.amount)}"
        for payment in invoice.payments.all()
    ]
    still = balance_of(invoice).open
    return [*map(text, lines), text(f"Open: {show(still)} {invoice.currency}", STRONG)]
