"""Wrong passwords are counted by account and network, and by network; the answer tells nothing."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from core.web.lockout import PER_NETWORK
from tests.cast import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture
def clara(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    return cast.clara


def attempt(email, password="wrong", network="192.0.2.1"):
    return Client(REMOTE_ADDR=network).post(LOGIN, {"login": email, "password": password})


def test_five_wrong_tries_lock_and_the_page_says_until_when(clara):
    for _ in range(5):
        answer = attempt(clara.email)
    until = timezone.localtime(AccessAttempt.objects.get().attempt_time) + timedelta(minutes=15)
    assert answer.status_code == 429
    assert f"{until:%H:%M}" in answer.content.decode()
    assert attempt(clara.email, PASSWORD).status_code == 429


def test_another_spelling_of_the_address_is_the_same_account(clara):
    for email in (
        "clara@example.org",
        "Clara@example.org",
        "CLARA@EXAMPLE.ORG",
        "clara@Example.org",
    ):
        attempt(email)
    assert attempt("cLara@example.org").status_code == 429


def test_a_lock_holds_for_one_network_only(clara):
    for _ in range(5):
        attempt(clara.email)
    assert attempt(clara.email, PASSWORD, network="192.0.2.2").status_code == 302


def test_many_accounts_from_one_network_are_stopped_as_well(clara):
    AccessAttempt.objects.bulk_create(
        AccessAttempt(
            username=f"p{n}@example.org", ip_address="192.0.2.1", failures_since_start=4,
            user_agent="", get_data="", post_data="",
        )
        for n in range(PER_NETWORK // 4 + 1)
    )  # fmt: skip
    assert attempt(clara.email, PASSWORD).status_code == 429
    assert attempt(clara.email, PASSWORD, network="192.0.2.2").status_code == 302


def test_an_unknown_address_answers_like_a_known_one_all_the_way_to_the_lock(clara):
    def walk(email, network):
        answers = [attempt(email, network=network) for _ in range(6)]
        return [
            (a.status_code, a.content.decode().replace(email, "").split("csrfmiddlewaretoken")[0])
            for a in answers[:4]
        ], [a.status_code for a in answers[4:]]

    assert walk(clara.email, "192.0.2.1") == walk("who@example.org", "192.0.2.2")


def test_a_known_and_an_unknown_address_cost_the_same_hashing(clara, monkeypatch):
    from django.contrib.auth.hashers import BasePasswordHasher, get_hasher

    count = []
    kind = type(get_hasher())
    real = kind.encode

    def counted(self, password, salt, *more, **named):
        count.append(1)
        return real(self, password, salt, *more, **named)

    monkeypatch.setattr(kind, "encode", counted)
    costs = []
    for email in (clara.email, "who@example.org"):
        count.clear()
        attempt(email)
        costs.append(len(count))
    assert issubclass(kind, BasePasswordHasher)
    assert costs[0] == costs[1] > 0
