"""The paper that invoices and credit notes are written on: A4, plain type, one table.

The same document gives the same bytes (no time of making, no random id), so that two copies can be
compared by their hash.
"""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from billing.invoicing.issued_to import client_now
from billing.invoicing.models import Document, Line
from billing.invoicing.reading import plain
from billing.rates.pricing import smallest

TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12)
SMALL = ParagraphStyle(
    "small", parent=TEXT, fontSize=7.5, leading=10, textColor=colors.HexColor("#555555")
)
HEAD = ParagraphStyle("head", parent=TEXT, fontName="Helvetica-Bold", fontSize=18, leading=24)
RIGHT = ParagraphStyle("right", parent=TEXT, alignment=2)
STRONG = ParagraphStyle("strong", parent=RIGHT, fontName="Helvetica-Bold")
INK = colors.HexColor("#1b1f24")


def print_pdf(title: str, story: list[Flowable]) -> bytes:
    """Give the bytes of a document of that title."""
    sink = io.BytesIO()
    document = SimpleDocTemplate(
        sink,
        pagesize=A4,
        title=title,
        author="Custos",
        invariant=1,
        pageCompression=0,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
    )
    document.build(story)
    return sink.getvalue()


def money(value: Decimal, currency: str) -> str:
    """Write an amount with all decimals of its currency."""
    return f"{value.quantize(smallest(currency)):,}"


def text(words: str, style: ParagraphStyle = TEXT) -> Paragraph:
    """Give a paragraph; letters that the built-in fonts lack are shown as question marks."""
    return Paragraph(escape(words.encode("cp1252", "replace").decode("cp1252")), style)


def addressee(document: Document) -> list[Flowable]:
    """Give the client that a document is for: name, address and tax number of when it was issued.

    One from before these were kept shows what the profile says today.
    """
    client = document.issued_to or client_now()
    lines = [client["name"] or str(document.tenant.slug), *client["address"].splitlines()]
    if client["tax_number"]:
        lines.append(f"Tax number {client['tax_number']}")
    return [text(line) for line in lines if line.strip()]


def place(line: Line) -> str:
    """Name the clip and version that a line is about; nothing for the minimum."""
    reading = line.reading
    return f"{reading.clip_id}, version {reading.release.number}" if reading else ""


def sum_rows(document: Document, blank: int) -> list[list[Any]]:
    """Net, tax and total as rows of a table with `blank` empty cells between word and amount."""
    between = [""] * blank
    return [
        [text("Net"), *between, text(money(document.net, document.currency), RIGHT)],
        [
            text(f"Tax, {plain(document.tax_percent)} %"),
            *between,
            text(money(document.tax, document.currency), RIGHT),
        ],
        [
            text(f"Total, {document.currency}"),
            *between,
            text(money(document.total, document.currency), STRONG),
        ],
    ]


def table(rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> Table:
    """Give a table with a head, hairlines, and the total below a line; widths in mm."""
    return Table(
        rows,
        colWidths=[width * mm for width in widths],
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
