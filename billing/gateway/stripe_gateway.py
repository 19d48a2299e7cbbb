"""Stripe, by its own library: the only place that knows it."""

from decimal import Decimal

import stripe

from billing.gateway.protocol import Charge, Receipt, RefundOrder
from billing.rates.pricing import smallest
from core.errors import Conflict, Unavailable


def minor_units(amount: Decimal, currency: str) -> int:
    """Give an amount in the currency's smallest unit, as Stripe wants it."""
    return int(amount / smallest(currency))


class StripeGateway:
    """Makes one Stripe invoice a charge; idempotency keys are ours, so a retry makes no second."""

    name = "stripe"

    def __init__(self, api_key: str, *, base_url: str | None = None) -> None:
        addresses: stripe.BaseAddresses | None = {"api": base_url} if base_url else None
        self._client = stripe.StripeClient(api_key, base_addresses=addresses or {})

    def collect(self, charge: Charge) -> Receipt:
        """Make customer, item and invoice, finalize it and say whether it is paid."""
        try:
            return self._collect(charge)
        except stripe.APIConnectionError as error:
            raise Unavailable(
                "Stripe can't be reached; the invoice is sent again later."
            ) from error

    def _collect(self, charge: Charge) -> Receipt:
        def once(step: str, subject: object = charge.invoice_id) -> stripe.RequestOptions:
            return {"idempotency_key": f"{subject}-{step}"}

        customer = self._client.v1.customers.create(
            {"metadata": {"organization": str(charge.customer)}},
            once("customer", charge.customer),
        )
        invoice = self._client.v1.invoices.create(
            {
                "customer": customer.id,
                "collection_method": "send_invoice",
                "days_until_due": 30,
                "currency": charge.currency.lower(),
                "metadata": {
                    "organization": str(charge.customer),
                    "invoice": str(charge.invoice_id),
                    "number": charge.number,
                },
            },
            once("invoice"),
        )
        assert invoice.id is not None
        self._client.v1.invoice_items.create(
            {
                "customer": customer.id,
                "invoice": invoice.id,
                "amount": minor_units(charge.amount, charge.currency),
                "currency": charge.currency.lower(),
                "description": f"Custos {charge.number}",
            },
            once("item"),
        )
        final = self._client.v1.invoices.finalize_invoice(invoice.id, {}, once("finalize"))
        return Receipt(reference=invoice.id, paid=final.status == "paid")

    def refund(self, order: RefundOrder) -> str:
        """Send part of a paid invoice back the way it came."""
        try:
            payments = self._client.v1.invoice_payments.list(
                {"invoice": order.collected, "status": "paid"}
            )
            intents = [row.payment.payment_intent for row in payments.data]
            if not intents or intents[0] is None:
                raise Conflict("Nothing was paid through Stripe for this invoice.")
            return self.refund_payment(str(intents[0]), order)
        except stripe.APIConnectionError as error:
            raise Unavailable("Stripe can't be reached; order the refund again later.") from error

    def refund_payment(self, payment_intent: str, order: RefundOrder) -> str:
        """Send part of a payment back, with our marks, by which its events are known again."""
        refund = self._client.v1.refunds.create(
            {
                "payment_intent": payment_intent,
                "amount": minor_units(order.amount, order.currency),
                "metadata": {
                    "organization": str(order.tenant),
                    "invoice": str(order.invoice_id),
                },
            },
            {"idempotency_key": f"{order.invoice_id}-refund-{order.reference}"},
        )
        return str(refund.id)
