"""What Stripe tells: signed events, of which only money that moved or was refused matters."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.rates.pricing import smallest
from core.errors import Invalid

#: Events that say the same in different versions of Stripe's API.
PAID = {"invoice.paid", "invoice.payment_succeeded"}
FAILED = {"invoice.payment_failed"}
REFUNDED = {"refund.created", "refund.updated"}


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """Money came in ("payment"), went back ("refund") or was refused ("failed") for our invoice."""

    kind: str
    tenant: UUID
    invoice_id: UUID
    reference: str
    amount: Decimal
    currency: str


def read_event(payload: bytes, signature: str, secret: str) -> MoneyMoved | None:
    """Check an event's signature and read it; None for what moves no money of ours.

    Raises Invalid when it was not signed with `secret`, or too long ago.
    """
    import stripe  # noqa: PLC0415 - tens of MiB, for who is told something

    try:
        event = stripe.Webhook.construct_event(payload, signature, secret)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise Invalid("This event was not signed by Stripe for us.") from error
    thing: dict[str, Any] = event["data"]["object"].to_dict()
    if event["type"] in PAID and thing.get("status") == "paid":
        return _moved("payment", thing, thing.get("amount_paid"))
    if event["type"] in FAILED:
        return _moved("failed", thing, thing.get("amount_due"))
    if event["type"] in REFUNDED and thing.get("status") == "succeeded":
        return _moved("refund", thing, thing.get("amount"))
    return None


def _moved(kind: str, thing: dict[str, Any], minor: Any) -> MoneyMoved | None:
    """None for what another system of the same account made: it lacks our marks."""
    marks = thing.get("metadata") or {}
    currency = str(thing.get("currency", "")).upper()
    try:
        tenant, invoice = UUID(marks["organization"]), UUID(marks["invoice"])
    except (KeyError, ValueError):
        return None
    if not isinstance(minor, int) or minor <= 0:
        return None
    return MoneyMoved(kind, tenant, invoice, thing["id"], minor * smallest(currency), currency)
