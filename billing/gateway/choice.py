"""Which gateway the settings choose."""

from django.conf import settings

from billing.gateway.null import NullGateway
from billing.gateway.protocol import Gateway


def gateway() -> Gateway:
    """Give Stripe where a key is set, else the one that collects nothing.

    Stripe's library takes tens of MiB, so only who uses it loads it.
    """
    if settings.STRIPE_API_KEY:
        from billing.gateway.stripe_gateway import StripeGateway  # noqa: PLC0415 - as above

        return StripeGateway(settings.STRIPE_API_KEY)
    return NullGateway()
