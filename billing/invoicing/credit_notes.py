"""Credit notes: money given back on lines of an invoice, never more than was charged."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Max, QuerySet, Sum

from billing.invoicing.issued_to import client_now
from billing.invoicing.issuing import get_invoice
from billing.invoicing.models import CreditLine, CreditNote, Invoice, Line
from billing.rates.pricing import share, smallest
from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from workforce.delivery.models import Dispute


def issue_credit_note(
    *,
    actor: Actor,
    tenant: UUID,
    slug: str,
    invoice_id: UUID,
    amounts: Mapping[UUID, Decimal],
    reason: str,
    basis: str = CreditNote.Basis.AGREEMENT,
    dispute: UUID | None = None,
) -> CreditNote:
    """Give back `amounts`, net of tax, by the id of the invoice's line.

    basis: a CreditNote.Basis; with "dispute" the id of the dispute that it rests on.

    Tax follows: what is given back of it in all is the invoice's percent of what was credited in
    all, so several notes add up to the same as one. Raises NotFound, Invalid, or Conflict when a
    line or the invoice would be credited beyond what was charged.
    """
    if not reason.strip() or "\x00" in reason:
        raise Invalid("Say what the credit is for.", field="reason")
    with scope(tenant):
        invoice = get_invoice(invoice_id)
        # Invoices are append-only, which refuses the lock: the contract's row stands in for them.
        Contract.objects.select_for_update().get(id=invoice.contract_id)
        lines = _checked(invoice, amounts)
        ground = _ground(invoice, reason.strip()[:400], basis, dispute)
        note = _write(slug, invoice, lines, ground)
        record(
            action="credit_note.issued",
            actor=actor,
            tenant=tenant,
            subject=("credit_note", note.id),
            details={
                "invoice": str(invoice.id),
                "total": str(note.total),
                "currency": note.currency,
                "basis": note.basis,
            },
        )
        emit("credit_note.issued", tenant=tenant, data={"credit_note": str(note.id)})
    return note


@dataclass(frozen=True, slots=True)
class _Ground:
    reason: str
    basis: str
    dispute: Dispute | None


def _ground(invoice: Invoice, reason: str, basis: str, dispute_id: UUID | None) -> _Ground:
    """What the credit rests on: a dispute is one of a project that the invoice charges."""
    if basis not in CreditNote.Basis.values:
        raise Invalid(
            f"A credit rests on one of: {', '.join(CreditNote.Basis.values)}.", field="basis"
        )
    if basis != CreditNote.Basis.DISPUTE:
        return _Ground(reason, basis, None)
    found = disputes_of(invoice).filter(id=dispute_id).first() if dispute_id else None
    if found is None:
        raise Invalid("Name a dispute about something that this invoice charges.", field="dispute")
    return _Ground(reason, basis, found)


def disputes_of(invoice: Invoice) -> QuerySet[Dispute]:
    """Disputes of the projects that an invoice charges, the newest first."""
    projects = invoice.charged.values("reading__release__project_id")
    disputes: QuerySet[Dispute] = Dispute.objects.select_related("release")
    return disputes.filter(release__project_id__in=projects).order_by("-disputed_at")


def get_credit_note(note_id: UUID) -> CreditNote:
    """Find a credit note of the open scope. Raises NotFound."""
    note = (
        CreditNote.objects.select_related("invoice__contract", "dispute__release")
        .filter(id=note_id)
        .first()
    )
    if note is None:
        raise NotFound
    return note


def _checked(invoice: Invoice, amounts: Mapping[UUID, Decimal]) -> list[tuple[Line, Decimal]]:
    if not amounts:
        raise Invalid(
            "Choose at least one line, and write how much of it is given back.", field="lines"
        )
    lines = {line.id: line for line in invoice.lines.annotate(given=Sum("credits__amount"))}
    for line_id, money in amounts.items():
        line = lines.get(line_id)
        if line is None:
            raise Invalid("This line is not on the invoice.", field="lines")
        if money <= 0 or money != money.quantize(smallest(invoice.currency)):
            raise Invalid(
                f"A credit is a positive amount of whole {smallest(invoice.currency)} "
                f"{invoice.currency}.",
                field="lines",
            )
        left = line.amount - (line.given or 0)
        if money > left:
            raise Conflict(f"Line {line.position} has {max(left, Decimal(0))} left to be credited.")
    if sum(amounts.values()) > invoice.net - _credited(invoice)[0]:
        raise Conflict("That is more than the invoice still comes to.")
    return [(lines[line_id], money) for line_id, money in amounts.items()]


def _credited(invoice: Invoice) -> tuple[Decimal, Decimal]:
    """Net and tax that were credited so far."""
    known = invoice.credit_notes.aggregate(net=Sum("net"), tax=Sum("tax"))
    return known["net"] or Decimal(0), known["tax"] or Decimal(0)


def _write(
    slug: str, invoice: Invoice, lines: list[tuple[Line, Decimal]], ground: _Ground
) -> CreditNote:
    tenant = invoice.tenant_id
    net = sum((money for _, money in lines), Decimal(0))
    net_before, tax_before = _credited(invoice)
    tax = share(net_before + net, invoice.tax_percent, invoice.currency) - tax_before
    sequence = (CreditNote.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1
    note: CreditNote = CreditNote.objects.create(
        tenant_id=tenant,
        sequence=sequence,
        number=f"{slug}-{now().year}-C{sequence:04d}",
        invoice=invoice,
        reason=ground.reason,
        basis=ground.basis,
        dispute=ground.dispute,
        currency=invoice.currency,
        net=net,
        tax_percent=invoice.tax_percent,
        tax=tax,
        total=net + tax,
        issued_to=client_now(),
    )
    CreditLine.objects.bulk_create(
        CreditLine(tenant_id=tenant, note=note, line=line, amount=money) for line, money in lines
    )
    return note
