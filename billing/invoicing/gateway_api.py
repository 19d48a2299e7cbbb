"""Where Stripe tells of payments and refunds. Anyone may call; only its signature is believed."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from billing.gateway.stripe_events import read_event
from billing.invoicing.payments import note_moved
from core.errors import CustosError, NotFound

#: No event of Stripe's is as long.
LONGEST = 512 * 1024


@method_decorator(csrf_exempt, name="dispatch")
class StripeEvents(View):
    """In any order, and as often as Stripe likes: each payment and refund counts once."""

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if not settings.STRIPE_WEBHOOK_SECRET:
            raise NotFound
        if int(request.headers.get("Content-Length") or 0) > LONGEST:
            return HttpResponse(status=413)
        signature = request.headers.get("Stripe-Signature", "")
        try:
            moved = read_event(request.body, signature, settings.STRIPE_WEBHOOK_SECRET)
        except CustosError as error:
            return HttpResponse(error.message, status=error.status, content_type="text/plain")
        if moved is not None:
            note_moved(moved)
        return HttpResponse(status=200)
