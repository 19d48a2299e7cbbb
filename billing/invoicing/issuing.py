"""Issuing invoices that anyone can recompute line by line."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from billing.invoicing.issued_to import client_now
from billing.invoicing.models import Charged, Invoice, Line
from billing.metering.models import Reading
from billing.rates.pricing import LineKind, PricedLine, Totals, Usage, invoice_lines, totals
from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, NotFound
from core.outbox.events import emit
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tenants.contracts.services import contract_in_force
from tenants.contracts.terms import Terms, read_terms

#: What of a reading is priced: the parts of Usage, in their order.
USAGE = ("id", "unit", "quantity", "rush", "credit_percent")


def usage_of(reading: Reading) -> Usage:
    """Give a reading as it is priced."""
    return Usage(*(getattr(reading, name) for name in USAGE))


def uncharged(terms: Terms) -> list[Reading]:
    """Readings of units that have a rate and are on no invoice yet, in the order of pricing."""
    return list(
        Reading.objects.filter(charged__isnull=True, unit__in=list(terms.rates)).order_by(
            "metered_at", "clip_id", "unit"
        )
    )


def issue_invoice(*, actor: Actor, tenant: UUID, slug: str) -> Invoice:
    """Issue an invoice over all accepted units that none has charged yet.

    Raises Conflict when there is nothing to charge or no signed contract.
    """
    with scope(tenant):
        # Two issues at once must not charge the same reading. Readings are append-only, which the
        # database keeps by refusing the lock as well: the contract's row stands in for them.
        contract = Contract.objects.select_for_update().get(id=contract_in_force().id)
        terms = read_terms(contract.terms)
        readings = uncharged(terms)
        lines = invoice_lines([usage_of(reading) for reading in readings], terms)
        if not lines:
            raise Conflict("There is nothing to charge: no accepted units since the last invoice.")
        invoice = _write(slug, contract, terms, lines, readings)
        record(
            action="invoice.issued",
            actor=actor,
            tenant=tenant,
            subject=("invoice", invoice.id),
            details={"total": str(invoice.total), "currency": invoice.currency},
        )
        emit("invoice.issued", tenant=tenant, data={"invoice": str(invoice.id)})
        enqueue("invoicing.collect", tenant=tenant, args={"invoice": str(invoice.id)})
    return invoice


def _write(
    slug: str,
    contract: Contract,
    terms: Terms,
    lines: list[PricedLine],
    readings: list[Reading],
) -> Invoice:
    sums, tenant, instant = _totals(lines, terms), contract.tenant_id, now()
    sequence = (Invoice.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1
    invoice: Invoice = Invoice.objects.create(
        tenant_id=tenant,
        sequence=sequence,
        number=f"{slug}-{instant.year}-{sequence:04d}",
        contract=contract,
        currency=terms.currency,
        net=sums.net,
        tax_percent=terms.invoicing.tax_percent,
        tax=sums.tax,
        total=sums.gross,
        issued_at=instant,
        issued_to=client_now(),
        due_at=instant + timedelta(days=terms.invoicing.payment_days),
    )
    Line.objects.bulk_create(
        Line(
            tenant_id=tenant,
            invoice=invoice,
            reading_id=line.usage,
            kind=line.kind.value,
            tier=line.tier,
            position=position,
            quantity=line.quantity,
            unit=line.unit,
            price=line.price,
            amount=line.amount,
        )
        for position, line in enumerate(lines, start=1)
    )
    Charged.objects.bulk_create(
        Charged(tenant_id=tenant, invoice=invoice, reading=reading, position=position)
        for position, reading in enumerate(readings, start=1)
    )
    return invoice


def _totals(lines: list[PricedLine], terms: Terms) -> Totals:
    return totals((line.amount for line in lines), terms.invoicing.tax_percent, terms.currency)


def get_invoice(invoice_id: UUID) -> Invoice:
    """Find an invoice of the open scope. Raises NotFound."""
    invoice = Invoice.objects.filter(id=invoice_id).first()
    if invoice is None:
        raise NotFound
    return invoice


@dataclass(frozen=True, slots=True)
class Recomputed:
    """An invoice computed anew. wrong: positions of lines that are not as they were issued."""

    total: Decimal
    wrong: list[int]
    agrees: bool


def recompute(invoice: Invoice) -> Recomputed:
    """Compute an invoice anew from its readings and contract, in the open scope; writes nothing."""
    terms = read_terms(invoice.contract.terms)
    charged = invoice.charged.values_list(*(f"reading__{name}" for name in USAGE))
    fresh = invoice_lines([Usage(*row) for row in charged], terms)
    columns = ("kind", "reading_id", "tier", "unit", "quantity", "price", "amount")
    stored = [
        PricedLine(LineKind(kind), usage, tier, unit, quantity, price, amount)
        for kind, usage, tier, unit, quantity, price, amount in invoice.lines.values_list(*columns)
    ]
    wrong = [
        position
        for position in range(1, max(len(fresh), len(stored)) + 1)
        if position > len(fresh)
        or position > len(stored)
        or stored[position - 1] != fresh[position - 1]
    ]
    sums = _totals(fresh, terms)
    agrees = not wrong and (sums.net, sums.tax, sums.gross) == (
        invoice.net,
        invoice.tax,
        invoice.total,
    )
    return Recomputed(sums.gross, wrong, agrees)
