"""Collecting money is somebody else's system: one Protocol, a Null and a real implementation."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be collected. amount: Decimal in units of `currency`."""

    invoice_id: UUID
    number: str
    customer: UUID
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the gateway says: its own reference, and whether the money is there."""

    reference: str
    paid: bool


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What is to go back. collected: the gateway's reference of the paid invoice.

    reference: our own name for it; the same one sent twice goes back once.
    """

    tenant: UUID
    invoice_id: UUID
    collected: str
    amount: Decimal
    currency: str
    reference: str


class Gateway(Protocol):
    """Collects charges. The same charge sent twice is collected once."""

    name: str

    def collect(self, charge: Charge) -> Receipt:
        """Ask for the money. Raises Unavailable when the gateway can't be reached."""
        ...

    def refund(self, order: RefundOrder) -> str:
        """Send money back; give the gateway's reference.

        Raises Conflict where nothing was paid through it, Unavailable.
        """
        ...
