"""Stripe's own library against `localstripe`, a server that plays Stripe, as a separate process.

It is GPL and speaks an old version of the API, so it lies in an environment of its own
(benchmarks/peers/localstripe.txt, made by tools/install-peer) and is never imported. It does not
cover, of what the gateway calls:

* POST /v1/invoices: it makes invoices of subscriptions only, and ours has none
* POST /v1/invoiceitems on such an invoice, POST /v1/invoices/{id}/finalize: unknown
* GET /v1/invoice_payments: unknown
* idempotency keys: ignored, so a repeated call makes a second object

Those calls are held by the small server of test_gateways.py.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import stripe

from billing.gateway.protocol import RefundOrder
from billing.gateway.stripe_events import read_event
from billing.gateway.stripe_gateway import StripeGateway
from core.errors import Invalid

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / ".venv-peers" / "localstripe" / "bin" / "localstripe"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A running localstripe; skipped where it is not installed, failed if CUSTOS_STRICT."""
    if not PROGRAM.exists():
        message = "needs localstripe: tools/install-peer localstripe"
        if os.environ.get("CUSTOS_STRICT") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("localstripe")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, f"--port={port}", "--from-scratch"],
            cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen, log: Path) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"localstripe did not come up: {log.read_text()[-2000:]}", pytrace=False)


@pytest.fixture
def client(address) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_local", base_addresses={"api": address})


def paid_intent(client, amount=6050) -> str:
    """A payment of a customer, made as a card payment is."""
    customer = client.v1.customers.create({"metadata": {"organization": str(uuid4())}})
    method = client.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"},
        }
    )
    client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    intent = client.v1.payment_intents.create(
        {
            "amount": amount, "currency": "eur", "customer": customer.id,
            "payment_method": method.id, "confirm": True,
        }
    )  # fmt: skip
    assert intent.status == "succeeded"
    return str(intent.id)


def test_a_customer_is_kept_with_our_mark(client):
    mark = str(uuid4())
    made = client.v1.customers.create({"metadata": {"organization": mark}})
    assert client.v1.customers.retrieve(made.id).metadata["organization"] == mark


def test_part_of_a_payment_goes_back_in_the_smallest_coin_with_our_marks(address, client):
    order = RefundOrder(
        tenant=uuid4(), invoice_id=uuid4(), collected="in_1", amount=Decimal("12.10"),
        currency="EUR", reference="R-1",
    )  # fmt: skip
    gateway = StripeGateway("sk_test_local", base_url=address)
    reference = gateway.refund_payment(paid_intent(client), order)
    refund = client.v1.refunds.retrieve(reference)
    assert (refund.amount, refund.currency, refund.status) == (1210, "eur", "succeeded")
    assert refund.metadata["invoice"] == str(order.invoice_id)


def test_its_signature_is_believed_and_no_other_secret_is(address, client):
    """An event that another program signed by Stripe's rules, over a real connection."""
    heard: list[tuple[bytes, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    hook = {"url": f"http://127.0.0.1:{server.server_port}/", "secret": "whsec_test"}
    httpx.post(f"{address}/_config/webhooks/ours", json=hook).raise_for_status()
    client.v1.customers.create({})
    thread.join(20)
    server.server_close()
    ((body, signature),) = heard

    assert read_event(body, signature, "whsec_test") is None, "no money moved"
    with pytest.raises(Invalid):
        read_event(body, signature, "whsec_other")


def test_what_localstripe_does_not_cover_is_what_the_note_says(client):
    customer = client.v1.customers.create({})
    with pytest.raises(stripe.StripeError):
        client.v1.invoices.create({"customer": customer.id})
    with pytest.raises(stripe.StripeError):
        client.v1.invoice_payments.list({"invoice": "in_1"})
    key = {"idempotency_key": "same"}
    assert client.v1.customers.create({}, key).id != client.v1.customers.create({}, key).id


def test_it_is_never_imported():
    assert "localstripe" not in sys.modules
