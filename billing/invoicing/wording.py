"""What invoices and credit notes say in words, on pages and on paper."""

from billing.invoicing.models import CreditNote, Line
from billing.rates.pricing import LineKind


def what(line: Line) -> str:
    """Say what a line charges."""
    unit = f"{line.unit.replace('_', ' ')}s"
    return {
        LineKind.USAGE: unit.capitalize(),
        LineKind.RUSH: f"Rush, {unit}",
        LineKind.CREDIT: f"Credit, {unit} delivered late",
        LineKind.MINIMUM: "Up to the agreed minimum",
    }[LineKind(line.kind)]


def because(note: CreditNote) -> str:
    """Say in a sentence what the credit rests on."""
    dispute = note.dispute
    if note.basis == CreditNote.Basis.DISPUTE and dispute is not None:
        return (
            f"Your dispute of version {dispute.release.number}, {dispute.disputed_at:%d %B %Y}: "
            f"{dispute.reason}"
        )
    if note.basis == CreditNote.Basis.SLA:
        return f"Delivered later than contract {note.invoice.contract.number} agrees."
    return "Given by agreement."
