"""Issuing invoices that anyone can recompute line by line, and collecting them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from billing.gateway.protocol import Charge, Gateway
from billing.invoicing.models import Collection, Invoice, Line
from billing.metering.models import Reading
from billing.rates.pricing import amount, credit, credit_percent
from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, NotFound
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tenants.contracts.services import contract_in_force
from tenants.contracts.terms import Terms, read_terms


def price_reading(reading: Reading, terms: Terms) -> list[tuple[Line.Kind, int, Decimal, Decimal]]:
    """Give the lines of a reading as (kind, quantity, price or percent, amount)."""
    rate = terms.rates.get(reading.unit)
    if rate is None:
        return []
    price = rate.price
    charged = amount(reading.quantity, price, terms.currency)
    lines = [(Line.Kind.USAGE, reading.quantity, price, charged)]
    percent = credit_percent(timedelta(seconds=reading.late_by_seconds), terms.sla)
    if percent:
        lines.append((Line.Kind.CREDIT, 1, percent, credit(charged, percent, terms.currency)))
    return lines


def _uninvoiced() -> Sequence[Reading]:
    return list(
        Reading.objects.filter(lines__isnull=True).order_by("metered_at", "clip_id", "unit")
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
        priced = [
            (reading, *line) for reading in _uninvoiced() for line in price_reading(reading, terms)
        ]
        if not priced:
            raise Conflict("There is nothing to charge: no accepted units since the last invoice.")
        sequence = (Invoice.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1
        invoice = Invoice.objects.create(
            tenant_id=tenant,
            sequence=sequence,
            number=f"{slug}-{now().year}-{sequence:04d}",
            contract=contract,
            currency=terms.currency,
            total=sum((money for *_, money in priced), Decimal(0)),
        )
        Line.objects.bulk_create(
            Line(
                tenant_id=tenant,
                invoice=invoice,
                reading=reading,
                kind=kind,
                position=position,
                quantity=quantity,
                unit=reading.unit,
                price=price,
                amount=money,
            )
            for position, (reading, kind, quantity, price, money) in enumerate(priced, start=1)
        )
        record(
            action="invoice.issued",
            actor=actor,
            tenant=tenant,
            subject=("invoice", invoice.id),
            details={"total": str(invoice.total), "currency": invoice.currency},
        )
        enqueue("invoicing.collect", tenant=tenant, args={"invoice": str(invoice.id)})
    return invoice


def get_invoice(invoice_id: UUID) -> Invoice:
    """Find an invoice of the open scope. Raises NotFound."""
    invoice = Invoice.objects.filter(id=invoice_id).first()
    if invoice is None:
        raise NotFound
    return invoice


def recompute(invoice: Invoice) -> Decimal:
    """Compute the total anew from readings and contract, in the open scope; nothing is written."""
    terms = read_terms(invoice.contract.terms)
    readings = Reading.objects.filter(lines__invoice=invoice).distinct()
    return sum(
        (money for reading in readings for *_, money in price_reading(reading, terms)), Decimal(0)
    )


def collect(*, tenant: UUID, invoice_id: UUID, gateway: Gateway) -> Collection:
    """Ask the gateway for the money and keep its answer; a second run keeps the first.

    The gateway is asked outside any transaction.
    """
    with scope(tenant):
        invoice = get_invoice(invoice_id)
        earlier = invoice.collections.first()
    if earlier is not None:
        return earlier
    receipt = gateway.collect(
        Charge(invoice.id, invoice.number, tenant, invoice.total, invoice.currency)
    )
    with scope(tenant):
        collection = Collection.objects.create(
            tenant_id=tenant,
            invoice=invoice,
            gateway=gateway.name,
            reference=receipt.reference,
            paid=receipt.paid,
        )
        record(
            action="invoice.collected",
            actor=Actor.system("gateway"),
            tenant=tenant,
            subject=("invoice", invoice.id),
            details={"gateway": gateway.name, "paid": receipt.paid},
        )
    return collection
