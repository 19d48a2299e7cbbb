"""An invoice as PDF: A4, one table, its credit notes and payments below.

The same invoice gives the same bytes (no time of making, no random id), so that two copies can be
compared by their hash.
"""

import io
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from billing.invoicing.balance import balance_of
from billing.invoicing.models import Invoice, Line
from billing.invoicing.reading import plain
from billing.rates.pricing import LineKind, smallest
from tenants.organizations.models import Profile

TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12)
SMALL = ParagraphStyle(
    "small", parent=TEXT, fontSize=7.5, leading=10, textColor=colors.HexColor("#555555")
)
HEAD = ParagraphStyle("head", parent=TEXT, fontName="Helvetica-Bold", fontSize=18, leading=24)
RIGHT = ParagraphStyle("right", parent=TEXT, alignment=2)
STRONG = ParagraphStyle("strong", parent=RIGHT, fontName="Helvetica-Bold")
INK = colors.HexColor("#1b1f24")
WIDTHS = [86 * mm, 28 * mm, 28 * mm, 32 * mm]


def invoice_pdf(invoice: Invoice) -> bytes:
    """Give the PDF of an invoice, in the open scope."""
    sink = io.BytesIO()
    document = SimpleDocTemplate(
        sink,
        pagesize=A4,
        title=f"Invoice {invoice.number}",
        author="Custos",
        invariant=1,
        pageCompression=0,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
    )
    document.build(_story(invoice))
    return sink.getvalue()


def money(value: Decimal, currency: str) -> str:
    """Write an amount with all decimals of its currency."""
    return f"{value.quantize(smallest(currency)):,}"


def _text(words: str, style: ParagraphStyle = TEXT) -> Paragraph:
    """A paragraph; letters that the built-in fonts lack are shown as question marks."""
    return Paragraph(escape(words.encode("cp1252", "replace").decode("cp1252")), style)


def _story(invoice: Invoice) -> list[Flowable]:
    profile = Profile.objects.first()
    name = profile.name if profile else str(invoice.tenant.slug)
    story: list[Flowable] = [
        _text(f"Invoice {invoice.number}", HEAD),
        _text(name),
        _text(f"Issued {invoice.issued_at:%d %B %Y}, due {invoice.due_at:%d %B %Y}"),
        _text(f"Contract {invoice.contract.number}", SMALL),
        Spacer(0, 8 * mm),
        _table(_rows(invoice)),
        Spacer(0, 6 * mm),
        *_after(invoice),
    ]
    return story


def what(line: Line) -> str:
    """Say what a line charges."""
    unit = f"{line.unit.replace('_', ' ')}s"
    return {
        LineKind.USAGE: unit.capitalize(),
        LineKind.RUSH: f"Rush, {unit}",
        LineKind.CREDIT: f"Credit, {unit} delivered late",
        LineKind.MINIMUM: "Up to the agreed minimum",
    }[LineKind(line.kind)]


def _rows(invoice: Invoice) -> list[list[Any]]:
    show = partial(money, currency=invoice.currency)
    rows: list[list[Any]] = [
        [_text("What"), *(_text(word, RIGHT) for word in ("Quantity", "Price", "Amount"))]
    ]
    for line in invoice.lines.select_related("reading__clip", "reading__release"):
        of_unit = line.kind == LineKind.USAGE
        reading = line.reading
        place = f"{reading.clip_id}, version {reading.release.number}" if reading else ""
        rows.append(
            [
                [_text(what(line)), _text(place, SMALL)],
                _text(plain(line.quantity) if of_unit else "", RIGHT),
                _text(_price(line), RIGHT),
                _text(show(line.amount), RIGHT),
            ]
        )
    rows.append([_text("Net"), "", "", _text(show(invoice.net), RIGHT)])
    rows.append(
        [_text(f"Tax, {plain(invoice.tax_percent)} %"), "", "", _text(show(invoice.tax), RIGHT)]
    )
    rows.append([_text(f"Total, {invoice.currency}"), "", "", _text(show(invoice.total), STRONG)])
    return rows


def _price(line: Line) -> str:
    if line.kind == LineKind.MINIMUM:
        return ""
    return plain(line.price) if line.kind == LineKind.USAGE else f"{plain(line.price)} %"


def _table(rows: Sequence[Sequence[Any]]) -> Table:
    return Table(
        rows,
        colWidths=WIDTHS,
        repeatRows=1,
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.HexColor("#cccccc")),
                ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ]
        ),
    )


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
    return [*map(_text, lines), _text(f"Open: {show(still)} {invoice.currency}", STRONG)]
