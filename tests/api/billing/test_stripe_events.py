"""Events of Stripe: signed, in any order, repeated; the end is the same."""

import hashlib
import hmac
import itertools
import json
import time
from decimal import Decimal

import pytest

from billing.invoicing.models import Payment
from core.tenancy.scope import scope
from tests.api.billing.test_money import issue

PLACE = "/api/v1/stripe/events"
SECRET = "whsec_test_only"


@pytest.fixture
def invoice(cast, api, settings):
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    return issue(cast, api(cast.olga))


def event(kind, thing):
    body = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": thing}}
    return json.dumps(body).encode()


def marks(cast, invoice):
    return {"organization": str(cast.harbour.id), "invoice": invoice["id"]}


def paid(cast, invoice, kind="invoice.paid", **more):
    thing = {
        "id": "in_1", "object": "invoice", "status": "paid", "amount_paid": 6050,
        "currency": "eur", "metadata": marks(cast, invoice),
    }  # fmt: skip
    return event(kind, thing | more)


def refunded(cast, invoice, kind="refund.updated", **more):
    thing = {
        "id": "re_1", "object": "refund", "status": "succeeded", "amount": 1210,
        "currency": "eur", "metadata": marks(cast, invoice),
    }  # fmt: skip
    return event(kind, thing | more)


def signed(payload, secret=SECRET, at=None):
    at = int(at or time.time())
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def tell(client, payload, signature=None):
    return client.post(
        PLACE, payload, content_type="application/json",
        headers={"Stripe-Signature": signature or signed(payload)},
    )  # fmt: skip


def state(api, cast, invoice):
    told = api(cast.clara).get(f"/api/v1/t/harbour/invoices/{invoice['id']}").json()
    payments = sorted((p["kind"], p["reference"], p["amount"]) for p in told["payments"])
    return told["state"], Decimal(told["open"]), payments


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_events_in_any_order_and_repeated_end_in_the_same_state(cast, api, invoice, order):
    """Two names for the payment, two for the refund, as versions of the API tell them; twice."""
    told = [
        paid(cast, invoice),
        paid(cast, invoice, "invoice.payment_succeeded"),
        refunded(cast, invoice, "refund.created"),
        refunded(cast, invoice),
    ]
    nobody = api()
    for number in (*order, *reversed(order)):
        assert tell(nobody, told[number]).status_code == 200
    assert state(api, cast, invoice) == (
        "partly_paid",
        Decimal("12.10"),
        [("payment", "in_1", "60.5000"), ("refund", "re_1", "12.1000")],
    )


@pytest.mark.parametrize(
    "forge",
    [
        lambda payload: signed(payload, "whsec_other"),
        lambda payload: signed(payload + b" "),
        lambda payload: signed(payload, at=time.time() - 3600),
        lambda _: "t=1,v1=00",
        lambda _: "nonsense",
    ],
)
def test_what_stripe_did_not_sign_changes_nothing(cast, api, invoice, forge):
    payload = paid(cast, invoice)
    assert tell(api(), payload, forge(payload)).status_code == 400
    assert state(api, cast, invoice)[0] == "open"


def test_what_moves_no_money_of_ours_is_taken_and_ignored(cast, api, invoice):
    strangers = [
        paid(cast, invoice, metadata={}),
        paid(cast, invoice, metadata={"organization": "x", "invoice": "y"}),
        paid(cast, invoice, status="open"),
        paid(cast, invoice, amount_paid=0),
        refunded(cast, invoice, status="pending"),
        event("customer.created", {"id": "cus_1", "object": "customer"}),
    ]
    for payload in strangers:
        assert tell(api(), payload).status_code == 200
    assert state(api, cast, invoice)[0] == "open"


def test_a_mark_of_an_invoice_that_is_not_there_is_not_retried_for_ever(cast, api, invoice):
    foreign = {"organization": str(cast.museum.id), "invoice": invoice["id"]}
    assert tell(api(), paid(cast, invoice, metadata=foreign)).status_code == 200
    with scope(cast.museum.id):
        assert not Payment.objects.exists()


def test_another_currency_is_no_payment(cast, api, invoice):
    assert tell(api(), paid(cast, invoice, currency="usd")).status_code == 200
    assert state(api, cast, invoice)[0] == "open"


def test_without_a_secret_there_is_no_such_place(api, cast, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert api().post(PLACE, b"{}", content_type="application/json").status_code == 404
