"""Money that came in or went back: each reference once, whatever tells of it and how often."""

from decimal import Decimal
from uuid import UUID

from billing.gateway.protocol import Charge, Gateway
from billing.invoicing.balance import balance_of
from billing.invoicing.issuing import get_invoice
from billing.invoicing.models import Collection, Invoice, Payment
from billing.rates.pricing import smallest
from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.contracts.models import Contract

BANK = "bank"


def note_payment(
    *,
    actor: Actor,
    tenant: UUID,
    invoice_id: UUID,
    kind: str,
    gateway: str,
    reference: str,
    amount: Decimal,
) -> Payment:
    """Write a payment or refund down; a reference that is known already gives the known one.

    Raises NotFound, Invalid, or Conflict when the reference is known with another amount or
    invoice, or more would go back than came in.
    """
    _check(reference)
    with scope(tenant):
        invoice = get_invoice(invoice_id)
        # Two tellings at once: the contract's row stands in for the invoice, which is append-only.
        Contract.objects.select_for_update().get(id=invoice.contract_id)
        if amount <= 0 or amount != amount.quantize(smallest(invoice.currency)):
            raise Invalid("A payment is a positive amount of money.", field="amount")
        known = Payment.objects.filter(gateway=gateway, kind=kind, reference=reference).first()
        if known is not None:
            return _same(known, invoice, amount)
        if kind == Payment.Kind.REFUND:
            _check_refund(invoice, amount)
        return _write(
            actor, invoice, kind=kind, gateway=gateway, reference=reference, amount=amount
        )


def _check(reference: str) -> None:
    if not reference.strip() or len(reference) > 120 or "\x00" in reference:
        raise Invalid("A payment has a reference of 1 to 120 characters.", field="reference")


def _same(known: Payment, invoice: Invoice, amount: Decimal) -> Payment:
    if known.invoice_id != invoice.id or known.amount != amount:
        raise Conflict(f"{known.reference} is known already, with another amount or invoice.")
    return known


def _check_refund(invoice: Invoice, amount: Decimal) -> None:
    balance = balance_of(invoice)
    left = balance.paid - balance.refunded
    if amount > left:
        raise Conflict(f"Only {left} {invoice.currency} came in and did not go back yet.")


def _write(
    actor: Actor, invoice: Invoice, *, kind: str, gateway: str, reference: str, amount: Decimal
) -> Payment:
    payment: Payment = Payment.objects.create(
        tenant_id=invoice.tenant_id,
        invoice=invoice,
        kind=kind,
        gateway=gateway,
        reference=reference,
        amount=amount,
    )
    record(
        action=f"invoice.{kind}",
        actor=actor,
        tenant=invoice.tenant_id,
        subject=("invoice", invoice.id),
        details={"amount": str(amount), "currency": invoice.currency, "gateway": gateway},
    )
    emit(f"invoice.{kind}", tenant=invoice.tenant_id, data={"invoice": str(invoice.id)})
    return payment


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
        Contract.objects.select_for_update().get(id=invoice.contract_id)
        earlier = invoice.collections.first()
        if earlier is not None:  # another run was faster; the gateway knows a repeated charge
            return earlier
        collection: Collection = Collection.objects.create(
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
    if receipt.paid and invoice.total > 0:
        note_payment(
            actor=Actor.system("gateway"),
            tenant=tenant,
            invoice_id=invoice.id,
            kind=Payment.Kind.PAYMENT,
            gateway=gateway.name,
            reference=receipt.reference,
            amount=invoice.total,
        )
    return collection
