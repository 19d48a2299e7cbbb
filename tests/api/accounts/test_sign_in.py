"""Accounts come from invitations only; signing in leaves a trace in the provider's log."""

import pytest
from django.test import Client

from core.accounts.adapter import InvitedOnlyAdapter
from core.accounts.models import Person
from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.cast import PASSWORD


@pytest.fixture
def clara(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    return cast.clara


def sign_in(client, password=PASSWORD, email="clara@example.org"):
    return client.post("/accounts/login/", {"login": email, "password": password})


def actions(cast):
    with scope(cast.provider.id):
        return list(AuditEntry.objects.order_by("time").values_list("action", flat=True))


def test_a_password_opens_the_portal_and_signing_out_closes_it(cast, clara):
    client = Client()
    assert sign_in(client)["Location"] == "/"
    assert client.get("/t/harbour/home").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/t/harbour/home").status_code == 302
    assert actions(cast) == ["session.started", "session.ended"]


def test_wrong_tries_are_logged_and_end_in_a_pause(cast, clara):
    client = Client()
    for _ in range(5):
        refused = sign_in(client, "not the password")
    locked = sign_in(client)
    assert 429 in {refused.status_code, locked.status_code}
    assert client.get("/t/harbour/home").status_code == 302
    assert "session.started" not in actions(cast)
    assert actions(cast).count("session.refused") >= 4


def test_nobody_signs_up(cast):
    before = Person.objects.count()
    client = Client()
    assert client.get("/accounts/signup/").status_code == 200
    body = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", body)
    assert Person.objects.count() == before
    with pytest.raises(RuntimeError, match="closed"):
        InvitedOnlyAdapter().save_user(None, None, None)


def test_a_person_is_made_with_an_address_in_small_letters_and_found_in_any(db):
    person = Person.objects.create_user("Nina@Example.ORG", PASSWORD)
    assert person.check_password(PASSWORD)
    assert Person.objects.get_by_natural_key("NINA@example.org") == person
    assert person.get_full_name() == "nina@example.org"
