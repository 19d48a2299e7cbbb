"""Gateways keep one contract; behind Stripe stands a small server that plays the card network."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
import stripe

from billing.gateway.choice import gateway
from billing.gateway.null import NullGateway
from billing.gateway.protocol import Charge, RefundOrder
from billing.gateway.stripe_gateway import StripeGateway
from core.errors import Conflict, Unavailable


@dataclass
class Network:
    """What the network was asked; each idempotency key is answered as it was the first time."""

    address: str = ""
    status: str = "open"
    broken: int = 0
    unpaid: bool = False
    requests: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    answers: dict[str, dict] = field(default_factory=dict)

    def answer(self, path: str, key: str, body: dict[str, list[str]]) -> dict:
        self.requests.append((path, body))
        if key not in self.answers:
            kind = path.split("/")[2]
            name = (
                path.split("/")[3] if path.endswith("/finalize") else f"{kind}_{len(self.answers)}"
            )
            self.answers[key] = {"id": name, "object": kind.rstrip("s"), "status": self.status}
        return self.answers[key]


@pytest.fixture
def network() -> Iterator[Network]:
    state = Network()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if state.broken:
                self._send(state.broken, {"error": {"message": "no", "type": "card_error"}})
                return
            self._send(200, state.answer(self.path, self.headers["Idempotency-Key"], body))

        def do_GET(self):
            paid = {"payment": {"type": "payment_intent", "payment_intent": "pi_7"}}
            rows = [] if state.unpaid else [{"id": "inpay_1", "object": "invoice_payment", **paid}]
            self._send(200, {"object": "list", "data": rows, "has_more": False})

        def _send(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def a_charge(amount="12.34", currency="EUR") -> Charge:
    return Charge(uuid4(), "harbour-2026-0001", uuid4(), Decimal(amount), currency)


@pytest.fixture(params=["none", "stripe"])
def any_gateway(request, network):
    if request.param == "none":
        return NullGateway()
    return StripeGateway("sk_test_x", base_url=network.address)


def test_every_gateway_gives_a_reference_and_the_same_one_for_the_same_charge(any_gateway):
    charge = a_charge()
    first, second = any_gateway.collect(charge), any_gateway.collect(charge)
    assert first == second
    assert first.reference
    assert not first.paid
    assert any_gateway.name in {"none", "stripe"}


def test_stripe_is_told_the_amount_in_the_smallest_coin_and_whose_it_is(network):
    charge = a_charge()
    StripeGateway("sk_test_x", base_url=network.address).collect(charge)
    paths = [path for path, _ in network.requests]
    assert paths[:3] == ["/v1/customers", "/v1/invoices", "/v1/invoiceitems"]
    assert paths[3].endswith("/finalize")
    bodies = [body for _, body in network.requests]
    assert bodies[0]["metadata[organization]"] == [str(charge.customer)]
    assert bodies[1]["metadata[invoice]"] == [str(charge.invoice_id)]
    assert (bodies[2]["amount"], bodies[2]["currency"]) == (["1234"], ["eur"])
    assert bodies[2]["description"] == ["Custos harbour-2026-0001"]


def test_a_currency_without_cents_has_none(network):
    StripeGateway("sk_test_x", base_url=network.address).collect(a_charge("1234", "JPY"))
    assert network.requests[2][1]["amount"] == ["1234"]


def test_a_charge_sent_again_after_a_break_makes_no_second_invoice(network):
    charge = a_charge()
    sender = StripeGateway("sk_test_x", base_url=network.address)
    first = sender.collect(charge)
    again = StripeGateway("sk_test_x", base_url=network.address).collect(charge)
    assert again == first
    assert len(network.requests) == 8
    assert len(network.answers) == 4


def test_two_invoices_of_one_client_share_the_customer(network):
    sender, first = StripeGateway("sk_test_x", base_url=network.address), a_charge()
    second = Charge(uuid4(), "harbour-2026-0002", first.customer, Decimal(1), "EUR")
    assert sender.collect(first) != sender.collect(second)
    customers = {body["customer"][0] for path, body in network.requests if "customer" in body}
    assert len(customers) == 1


def test_an_invoice_that_was_paid_at_once_says_so(network):
    network.status = "paid"
    assert StripeGateway("sk_test_x", base_url=network.address).collect(a_charge()).paid


def test_a_network_that_cannot_be_reached_is_unavailable(network, monkeypatch):
    address = network.address
    closed = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    address = f"http://127.0.0.1:{closed.server_port}"
    closed.server_close()
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    with pytest.raises(Unavailable, match="later"):
        StripeGateway("sk_test_x", base_url=address).collect(a_charge())


def test_a_refusal_of_the_network_is_an_error_and_no_receipt(network):
    network.broken = 402
    with pytest.raises(stripe.StripeError):
        StripeGateway("sk_test_x", base_url=network.address).collect(a_charge())


def an_order(**more) -> RefundOrder:
    told = {
        "tenant": uuid4(), "invoice_id": uuid4(), "collected": "in_7", "amount": Decimal("12.10"),
        "currency": "EUR", "reference": "R-1",
    }  # fmt: skip
    return RefundOrder(**(told | more))


def test_a_refund_goes_back_the_way_the_payment_came_once(network):
    order = an_order()
    gateway = StripeGateway("sk_test_x", base_url=network.address)
    assert gateway.refund(order) == gateway.refund(order)
    path, body = network.requests[-1]
    assert (path, body["payment_intent"], body["amount"]) == ("/v1/refunds", ["pi_7"], ["1210"])
    assert body["metadata[invoice]"] == [str(order.invoice_id)]


def test_what_was_never_paid_is_not_refunded(network):
    network.unpaid = True
    with pytest.raises(Conflict, match="Nothing was paid"):
        StripeGateway("sk_test_x", base_url=network.address).refund(an_order())
    with pytest.raises(Conflict, match="transfer"):
        NullGateway().refund(an_order())


def test_the_settings_choose_the_gateway(settings):
    settings.STRIPE_API_KEY = ""
    assert gateway().name == "none"
    settings.STRIPE_API_KEY = "sk_test_x"
    assert gateway().name == "stripe"
