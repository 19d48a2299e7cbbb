"""The page of the webhook: set an address, see its secret once, see what came of it."""

import pytest
from django.test import Client

from tenants.compliance.models import Webhook
from tenants.compliance.webhooks import find_webhook
from tests.api.compliance.test_log_api import drain, write
from tests.api.compliance.test_webhook import receiver
from tests.cast import sign_in

__all__ = ["receiver"]

PAGE = "/t/harbour/log/webhook"
WITNESSES = "/t/harbour/log/witnesses"


@pytest.fixture
def clara(committed_cast, settings):
    settings.WEBHOOK_LOOPBACK = True
    write(committed_cast.harbour)
    drain()
    client = Client()
    sign_in(client, committed_cast.clara)
    return client


def text(answer):
    return answer.content.decode()


def test_the_secret_is_on_the_page_once(clara, receiver):
    assert "Nothing is sent yet" in text(clara.get(PAGE))
    made = clara.post(PAGE, {"what": "set", "url": receiver.url})
    assert made.status_code == 201
    assert "whsec_" in text(made)
    assert made["Cache-Control"] == "no-store"
    assert receiver.url in text(clara.get(WITNESSES))
    later = text(clara.get(PAGE))
    assert "whsec_" not in later
    assert receiver.url in later


def test_a_test_is_sent_and_its_answer_shown(clara, receiver):
    clara.post(PAGE, {"what": "set", "url": receiver.url})
    assert "The test was taken" in text(clara.post(PAGE, {"what": "try"}, follow=True))
    receiver.answer = 500
    shown = text(clara.post(PAGE, {"what": "try"}, follow=True))
    assert "500 not taken" in shown
    assert "The test was not taken" in shown


def test_an_address_in_a_private_network_is_refused_beside_its_field(clara, settings):
    settings.WEBHOOK_LOOPBACK = False
    refused = clara.post(PAGE, {"what": "set", "url": "https://127.0.0.1/x"})
    assert refused.status_code == 400
    assert "not a public address" in text(refused)
    assert "Nothing is sent yet" in text(clara.get(PAGE))


def test_sending_is_stopped_and_started_by_a_test(clara, receiver, committed_cast):
    clara.post(PAGE, {"what": "set", "url": receiver.url})
    assert "Nothing is sent any more" in text(clara.post(PAGE, {"what": "stop"}, follow=True))
    assert find_webhook(committed_cast.harbour.id).state == Webhook.State.PAUSED

    receiver.answer = 503
    assert "Nothing is sent yet" in text(clara.post(PAGE, {"what": "start"}, follow=True))
    assert find_webhook(committed_cast.harbour.id).state == Webhook.State.PAUSED
    receiver.answer = 200
    assert "sent again" in text(clara.post(PAGE, {"what": "start"}, follow=True))
    assert find_webhook(committed_cast.harbour.id).state == Webhook.State.ACTIVE


def test_who_may_not_set_an_address_is_told_who_may(clara, committed_cast):
    arthur = Client()
    sign_in(arthur, committed_cast.arthur)
    shown = text(arthur.get(PAGE))
    assert "An administrator of the client names it here." in shown
    assert "Name an address of yours" not in shown
    assert "An administrator of the client names it here." not in text(clara.get(PAGE))
