from billing.gateway.protocol import Charge, Receipt, RefundOrder
from core.errors import Conflict


class NullGateway:
    """Collects nothing: invoices are paid by bank transfer and marked so by an operator."""

    name = "none"

    def collect(self, charge: Charge) -> Receipt:
        """Answer that the invoice stands open, under its own number."""
        return Receipt(reference=charge.number, paid=False)

    def refund(self, order: RefundOrder) -> str:
        """Refuse: what came in by bank transfer goes back by bank transfer."""
        raise Conflict("No card network is set up: transfer the money, then note the refund.")
