"""Checkpoints are sent to where the client wants them: signed, in order, again after a failure."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.models import Checkpoint as Row
from core.audit.notes import open_checkpoint
from core.audit.tree import verifier_key
from core.clock import now
from core.errors import Invalid, Unavailable
from core.tenancy.scope import scope
from tenants.compliance import checkpoint_sending, deliveries, sending, webhooks
from tenants.compliance.models import Webhook, WebhookDue
from tests.api.compliance.test_log_api import drain, write


class Receiver:
    """A client's endpoint on loopback. `answer` is the status it gives."""

    def __init__(self):
        self.got, self.answer = [], 204
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.got.append((dict(self.headers), body))
                self.send_response(owner.answer)
                if owner.answer == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://localhost:{self.server.server_port}/custos"


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


@pytest.fixture
def secret(committed_cast, receiver, settings):
    """The webhook of Harbour is set, and its secret shown."""
    settings.WEBHOOK_LOOPBACK = True
    actor = Actor.person(committed_cast.clara)
    return webhooks.set_webhook(actor=actor, tenant=committed_cast.harbour.id, url=receiver.url)


def checkpoints(tenant):
    with scope(tenant.id):
        return list(Row.objects.order_by("size").values_list("note", flat=True))


def notes_in(receiver, secret):
    verifier, found = Verifier(secret), []
    for headers, body in receiver.got:
        message = verifier.verify(body, headers)
        found += [row["note"] for row in message["data"]["checkpoints"]]
    return found


def test_every_checkpoint_arrives_signed_and_in_order(
    committed_cast, receiver, secret, run_jobs, monkeypatch
):
    monkeypatch.setattr(checkpoint_sending, "BATCH", 3)
    harbour = committed_cast.harbour
    for count in (1, 2, 3, 4):
        write(harbour, count)
        drain()
    assert checkpoint_sending.enqueue_due() == 1
    assert checkpoint_sending.enqueue_due() == 0, "one job at a time"
    run_jobs()
    assert notes_in(receiver, secret) == checkpoints(harbour)
    for note in checkpoints(harbour):
        open_checkpoint(note, verifier_key(harbour.id))
    assert len(receiver.got) == 2
    headers, body = receiver.got[0]
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body.replace(b"checkpoints", b"checkpointz"), headers)
    # Being told of a checkpoint does not cause the next one.
    drain()
    assert checkpoint_sending.enqueue_due() == 0


def test_what_was_not_taken_is_sent_again_after_growing_pauses(
    committed_cast, receiver, secret, run_jobs
):
    harbour = committed_cast.harbour
    write(harbour)
    drain()
    receiver.answer, start, waited = 503, now(), []
    for _ in range(3):
        assert checkpoint_sending.enqueue_due() == 1
        run_jobs()
        assert checkpoint_sending.enqueue_due() == 0, "it is left alone for a while"
        waited.append(WebhookDue.objects.get().not_before - now())
        later = WebhookDue.objects.get().not_before - start
        WebhookDue.objects.update(not_before=start)  # the while is over
    assert later > timedelta(minutes=29)
    assert waited == sorted(waited)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1

    receiver.answer = 200
    receiver.got.clear()
    assert checkpoint_sending.enqueue_due() == 1
    run_jobs()
    assert notes_in(receiver, secret) == checkpoints(harbour)
    assert webhooks.require_webhook(harbour.id).failing_since is None


def test_a_redirect_is_not_followed(committed_cast, receiver, secret):
    receiver.answer = 302
    delivery = deliveries.send_test(tenant=committed_cast.harbour.id)
    assert (delivery.status, delivery.taken) == (302, False)


def test_the_secret_is_shown_once_and_kept_sealed(committed_cast, secret):
    with scope(committed_cast.harbour.id):
        row = Webhook.objects.get()
        entry = AuditEntry.objects.get(action="log.webhook.set")
    plain = Verifier(secret)._whsecret
    assert plain not in bytes(row.sealed) + bytes(row.commitment)
    assert secret not in bytes(entry.body).decode()
    assert json.loads(bytes(entry.body))["details"] == {"host": "localhost"}


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_nothing_is_sent_into_a_private_network(address, monkeypatch, settings):
    settings.WEBHOOK_LOOPBACK = False
    entry = (2, 1, 6, "", (address, 443))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 443)),
                                                               entry])  # fmt: skip
    with pytest.raises(Invalid, match="not a public address"):
        sending.resolve("https://hook.example/x")


def test_the_connection_goes_to_the_address_that_was_checked(receiver, monkeypatch, settings):
    """A name that answers differently the second time is asked only once."""
    settings.WEBHOOK_LOOPBACK = True
    asked = []

    def rebinding(host, port, **_):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "169.254.169.254", port))]

    port = receiver.server.server_port
    with monkeypatch.context() as patch:
        patch.setattr("tenants.compliance.sending.socket.getaddrinfo", rebinding)
        target = sending.resolve(f"http://rebind.example:{port}/x")
    assert (target.address, asked) == ("127.0.0.1", ["rebind.example"])


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example/x", "ftp://hook.example", "https://", "https://u:p@hook.example",
        "https://hook.example:22/", "https://hook.example/#x", "https://[::1", "nonsense",
        "https://hook.example:99999/",
    ],
)  # fmt: skip
def test_only_plain_https_addresses_are_taken(url, settings):
    settings.WEBHOOK_LOOPBACK = False
    with pytest.raises(Invalid):
        sending.resolve(url)


def test_a_receiver_that_is_away_is_told_in_the_delivery_log(committed_cast, secret, receiver):
    harbour = committed_cast.harbour.id
    with scope(harbour):
        Webhook.objects.update(url="http://127.0.0.1:1025/away")
    delivery = deliveries.send_test(tenant=harbour)
    assert delivery.status is None
    assert "ConnectError" in delivery.error


def test_a_name_that_does_not_resolve_is_told(clara, monkeypatch):
    def nowhere(*_, **__):
        raise OSError("no such name")

    monkeypatch.setattr("tenants.compliance.sending.socket.getaddrinfo", nowhere)
    with pytest.raises(Unavailable, match="does not resolve"):
        sending.resolve("https://nowhere.example/x")
    body = {"url": "https://nowhere.example/x"}
    refused = clara.put("/api/v1/t/harbour/webhook", body, format="json")
    assert (refused.status_code, refused.json()["field"]) == (400, "url")
