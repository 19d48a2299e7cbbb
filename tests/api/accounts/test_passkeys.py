"""Operators and auditors: a passkey, or nothing. It is added, used, kept and taken by its rules."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from core.accounts.adapter import relying_party
from core.accounts.models import ApiToken
from core.accounts.tokens import issue_token
from core.audit.models import AuditEntry
from core.clock import now
from core.demo.passkey import SoftPasskey
from core.errors import SecondFactorNeeded
from core.tenancy.scope import scope
from tests.cast import PASSWORD, give_passkey, sign_in

ADD = "/accounts/2fa/webauthn/add/"
CONFIRM = "/accounts/2fa/webauthn/reauthenticate/"
LOGIN = "/accounts/login/"
KEYS = "/accounts/2fa/webauthn/"


@pytest.fixture
def olga(cast):
    """An operator with a password who has registered nothing yet."""
    Authenticator.objects.filter(user=cast.olga).delete()
    cast.olga.set_password(PASSWORD)
    cast.olga.save()
    return cast.olga


def by_password(person) -> Client:
    client = Client()
    client.post(LOGIN, {"login": person.email, "password": PASSWORD})
    return client


def enrol(client, name="Desk key") -> SoftPasskey:
    passkey = SoftPasskey("http://localhost:8000")
    options = client.get(ADD).context["js_data"]["creation_options"]
    credential = json.dumps(passkey.create(json.loads(json.dumps(options))))
    answer = client.post(ADD, {"name": name, "passwordless": "on", "credential": credential})
    assert answer.status_code == 302, answer.context["form"].errors
    return passkey


def confirm(client, passkey):
    options = client.get(CONFIRM).context["js_data"]["request_options"]
    credential = json.dumps(passkey.get(json.loads(json.dumps(options))))
    return client.post(CONFIRM, {"credential": credential})


def actions(cast):
    with scope(cast.provider.id):
        return list(AuditEntry.objects.order_by("time").values_list("action", flat=True))


@pytest.mark.parametrize(
    "path", ["/operator/", "/", "/account/", "/account/tokens", "/accounts/2fa/", "/design/"]
)
def test_an_operator_with_a_password_alone_is_led_to_the_enrolment(olga, path):
    answer = by_password(olga).get(path)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, ADD)


@pytest.mark.parametrize("path", ["me", "operator/organizations", "t/harbour", "me/tokens"])
def test_the_api_answers_such_a_session_with_a_code_of_its_own(olga, path):
    answer = by_password(olga).get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")


def test_an_auditor_s_password_opens_nothing_either(cast):
    Authenticator.objects.filter(user=cast.arthur).delete()
    cast.arthur.set_password(PASSWORD)
    cast.arthur.save()
    assert by_password(cast.arthur).get("/t/harbour/log")["Location"].startswith(ADD)


def test_a_registered_and_shown_passkey_opens_the_desk(cast, olga):
    client = by_password(olga)
    passkey = enrol(client)
    assert client.get("/operator/")["Location"].startswith(CONFIRM)
    confirm(client, passkey)
    assert client.get("/operator/").status_code == 200
    assert {"session.started", "factor.added", "factor.used"} <= set(actions(cast))


def test_a_passkey_signs_in_alone(olga):
    passkey = enrol(by_password(olga))
    client = Client()
    options = client.get("/accounts/2fa/webauthn/login/", HTTP_ACCEPT="application/json").json()
    credential = json.dumps(passkey.get(options["request_options"]))
    client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert client.get("/operator/").status_code == 200


def test_a_passkey_made_for_another_site_or_challenge_is_not_taken(olga):
    client = by_password(olga)
    passkey = enrol(client)
    for origin in ("https://custos.example", "http://localhost.evil.example"):
        passkey._origin = origin
        confirm(client, passkey)
        assert client.get("/operator/")["Location"].startswith(CONFIRM)
    passkey._origin = "http://localhost:8000"
    stale = passkey.get({"publicKey": {"challenge": "AAAA", "rpId": "localhost"}})
    client.get(CONFIRM)
    client.post(CONFIRM, {"credential": json.dumps(stale)})
    assert client.get("/operator/")["Location"].startswith(CONFIRM)


def test_digits_and_recovery_codes_lead_to_the_passkey_and_open_nothing_themselves(olga):
    enrol(by_password(olga))
    codes = Authenticator.objects.get(user=olga, type="recovery_codes").wrap().get_unused_codes()
    client = by_password(olga)
    answer = client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert answer.status_code == 302
    assert client.get("/operator/")["Location"].startswith(CONFIRM)
    # The way back for somebody who lost the device: another passkey, registered and logged.
    confirm(client, enrol(client, "New device"))
    assert client.get("/operator/").status_code == 200


def test_a_session_ends_with_the_passkey_that_opened_it(olga):
    client = by_password(olga)
    confirm(client, enrol(client))
    Authenticator.objects.filter(user=olga, type="webauthn").delete()
    assert client.get("/operator/")["Location"].startswith(ADD)


def test_the_last_passkey_of_an_operator_stays_and_a_second_may_go(cast, olga, api):
    client = by_password(olga)
    confirm(client, enrol(client))
    first = Authenticator.objects.get(user=olga, type="webauthn")
    client.post(f"{KEYS}keys/{first.pk}/remove/")
    assert Authenticator.objects.filter(pk=first.pk).exists()
    enrol(client, "Spare")
    client.post(f"{KEYS}keys/{first.pk}/remove/")
    assert not Authenticator.objects.filter(pk=first.pk).exists()
    assert "factor.removed" in actions(cast)
    give_passkey(cast.clara)
    mine = Authenticator.objects.get(user=cast.clara)
    api(cast.clara).post(f"{KEYS}keys/{mine.pk}/remove/")
    assert not Authenticator.objects.filter(pk=mine.pk).exists()


def test_passkeys_are_renamed_and_listed(olga):
    client = by_password(olga)
    confirm(client, enrol(client))
    key = Authenticator.objects.get(user=olga, type="webauthn")
    client.post(f"{KEYS}keys/{key.pk}/edit/", {"name": "Blue key"})
    assert "Blue key" in client.get(KEYS).content.decode()


def test_no_token_comes_from_an_operator_s_password(olga):
    body = {"email": olga.email, "password": PASSWORD, "organization": "provider"}
    answer = APIClient().post("/api/v1/auth/token", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert not ApiToken.objects.exists()


def test_a_token_made_in_a_passkey_session_works_and_one_from_before_the_role_does_not(cast, api):
    body = {"organization": "provider", "name": "desk"}
    made = api(cast.olga).post("/api/v1/me/tokens", body, format="json").json()
    desk = APIClient(HTTP_AUTHORIZATION=f"Bearer {made['secret']}")
    assert desk.get("/api/v1/operator/organizations").status_code == 200

    from core.access.models import Membership

    _, secret = issue_token(user=cast.clara, organization=cast.harbour, name="old")
    old = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert old.get("/api/v1/t/harbour").status_code == 200
    Membership.objects.create(user=cast.clara, organization=cast.provider, role="operator")
    answer = old.get("/api/v1/t/harbour")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    with pytest.raises(SecondFactorNeeded):
        issue_token(user=cast.clara, organization=cast.harbour, name="new")


def test_who_lost_everything_is_reset_by_the_server_s_command(cast, olga):
    client = by_password(olga)
    confirm(client, enrol(client))
    issue_token(user=cast.olga, organization=cast.provider, name="desk", second_factor=True)
    assert client.get("/operator/").status_code == 200
    call_command("reset_second_factor", "olga@example.org")
    assert not Authenticator.objects.filter(user=cast.olga).exists()
    assert not ApiToken.objects.filter(revoked_at__isnull=True).exists()
    assert client.get("/operator/")["Location"].startswith(LOGIN)
    assert {"factor.taken", "session.revoked"} <= set(actions(cast))
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_second_factor", "who@example.org")


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("http://127.0.0.1:8000", "localhost"),
        ("https://portal.custos.example", "portal.custos.example"),
        ("http://[::1]:8000", "localhost"),
    ],
)
def test_passkeys_are_bound_to_the_portal_s_own_name(url, domain):
    assert relying_party(url) == domain


def test_a_stale_proof_asks_again_before_a_passkey_is_added(cast):
    client = Client()
    sign_in(client, cast.olga, proven_at=now() - timedelta(hours=1))
    before = Authenticator.objects.count()
    answer = client.post(ADD, {"name": "x", "credential": "{}"})
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert Authenticator.objects.count() == before
