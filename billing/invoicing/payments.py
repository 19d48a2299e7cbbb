"""Money that came in or went back: each reference once, whatever tells of it and how often."""

import logging
from decimal import Decimal
from uuid import UUID

from billing.gateway.protocol import Charge, Gateway, Receipt, RefundOrder
from billing.gateway.stripe_events import MoneyMoved
from billing.invoicing.balance import balance_of
from billing.invoicing.issuing import get_invoice
from billing.invoicing.models import Collection, Invoice, Payment
from billing.rates.pricing import smallest
from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import scope
from tenants.contracts.models import Contract

log = logging.getLogger(__name__)

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

    A gateway's news is a fact, in whatever order it comes; a person's entry is checked: no more
    goes back than came in. Raises NotFound, Invalid, or Conflict, also when the reference is known
    with another amount or invoice.
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
        if kind == Payment.Kind.REFUND and gateway == BANK:
            _check_refund(invoice, amount)
        return _write(
            actor, invoice, kind=kind, gateway=gateway, reference=reference, amount=amount
        )


def note_moved(moved: MoneyMoved) -> None:
    """Write down what Stripe says; what fits no invoice of ours is left to a person, and logged."""
    try:
        with scope(moved.tenant):
            invoice = get_invoice(moved.invoice_id)
        if invoice.currency != moved.currency:
            raise Conflict(f"{moved.reference} is in {moved.currency}, not {invoice.currency}.")
        if moved.kind == "failed":
            note_failure(invoice, reference=moved.reference)
            return
        note_payment(
            actor=Actor.system("gateway"),
            tenant=moved.tenant,
            invoice_id=moved.invoice_id,
            kind=moved.kind,
            gateway="stripe",
            reference=moved.reference,
            amount=moved.amount,
        )
    except (NotFound, Conflict, Invalid) as error:
        log.error("an event of Stripe fits no invoice: %s %s", moved.reference, error.message)


def note_failure(invoice: Invoice, *, reference: str) -> None:
    """Write down that a payment was refused. No money moved; the client is told."""
    with scope(invoice.tenant_id):
        record(
            action="invoice.payment_failed",
            actor=Actor.system("gateway"),
            tenant=invoice.tenant_id,
            subject=("invoice", invoice.id),
            details={"reference": reference},
        )
        emit(
            "invoice.payment_failed",
            tenant=invoice.tenant_id,
            data={"invoice": str(invoice.id), "attempt": f"{reference} {now():%Y-%m-%d}"},
        )


def order_refund(
    *,
    actor: Actor,
    tenant: UUID,
    invoice_id: UUID,
    amount: Decimal,
    reference: str,
    gateway: Gateway,
) -> Payment:
    """Send money back through the gateway that took it; the same reference goes back once.

    The gateway is asked outside any transaction. Raises NotFound, Conflict, Invalid, Unavailable.
    """
    _check(reference)
    with scope(tenant):
        invoice = get_invoice(invoice_id)
        collected = invoice.collections.filter(gateway=gateway.name).first()
        _check_refund(invoice, amount)
    if collected is None:
        raise Conflict("This invoice was not handed to the gateway that is set up now.")
    order = RefundOrder(
        tenant, invoice.id, collected.reference, amount, invoice.currency, reference
    )
    return note_payment(
        actor=actor,
        tenant=tenant,
        invoice_id=invoice_id,
        kind=Payment.Kind.REFUND,
        gateway=gateway.name,
        reference=gateway.refund(order),
        amount=amount,
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

    The gateway is asked outside any transaction, so two runs may both ask; it knows a repeated
    charge, and one answer is kept. Raises NotFound, Unavailable, or Conflict when what it says was
    paid is known already as something else: then nothing is kept, and a later run asks again.
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
        return earlier or _keep_receipt(invoice, receipt, gateway=gateway.name)


def _keep_receipt(invoice: Invoice, receipt: Receipt, *, gateway: str) -> Collection:
    """Write the answer and the payment that it tells of; in one transaction, so never one alone."""
    collection: Collection = Collection.objects.create(
        tenant_id=invoice.tenant_id,
        invoice=invoice,
        gateway=gateway,
        reference=receipt.reference,
        paid=receipt.paid,
    )
    record(
        action="invoice.collected",
        actor=Actor.system("gateway"),
        tenant=invoice.tenant_id,
        subject=("invoice", invoice.id),
        details={"gateway": gateway, "paid": receipt.paid},
    )
    if receipt.paid and invoice.total > 0:
        note_payment(
            actor=Actor.system("gateway"),
            tenant=invoice.tenant_id,
            invoice_id=invoice.id,
            kind=Payment.Kind.PAYMENT,
            gateway=gateway,
            reference=receipt.reference,
            amount=invoice.total,
        )
    return collection
