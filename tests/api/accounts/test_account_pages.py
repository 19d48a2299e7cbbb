"""One's own account: sessions, tokens, address, password, codes; each act is in the log."""

import json
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from core.accounts.models import ApiToken
from core.accounts.sessions import device_of, place_of
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.cast import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


@pytest.fixture
def clara(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    return cast.clara


def enter(person, agent=FIREFOX, password=PASSWORD) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.post("/accounts/login/", {"login": person.email, "password": password})
    return client


def bodies(cast, action):
    with scope(cast.provider.id):
        return [json.loads(bytes(e.body)) for e in AuditEntry.objects.filter(action=action)]


def digits(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_sessions_are_listed_in_words_and_one_is_signed_out(cast, clara):
    here, phone = enter(clara), enter(clara, SAFARI)
    page = here.get("/account/sessions").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "This machine" in page
    other = UserSession.objects.exclude(session_key=here.session.session_key).get()

    here.post("/account/sessions", {"session": str(other.pk)})

    assert phone.get("/account/")["Location"].startswith("/accounts/login/")
    assert here.get("/account/").status_code == 200
    (entry,) = bodies(cast, "session.revoked")
    assert "Safari" not in json.dumps(entry)
    assert set(entry["personal"]) == {"network", "device"}


def test_all_other_sessions_are_signed_out_at_once(clara):
    others = [enter(clara) for _ in range(2)]
    here = enter(clara)
    here.post("/account/sessions")
    assert [c.get("/account/").status_code for c in (*others, here)] == [302, 302, 200]


def test_somebody_else_s_session_is_not_there(cast, clara):
    theirs = enter(clara)
    row = UserSession.objects.get()
    cast.mila.set_password(PASSWORD)
    cast.mila.save()
    assert enter(cast.mila).post("/account/sessions", {"session": str(row.pk)}).status_code == 404
    assert enter(cast.mila).post("/account/sessions", {"session": "x"}).status_code == 404
    assert theirs.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("python-httpx/0.28", "Program python-httpx"),
        ("", "Unknown device"),
    ],
)
def test_devices_are_named(agent, device):
    assert device_of(agent) == device


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("127.0.0.1", "This machine"),
        ("192.168.1.7", "Local network, 192.168.1.7"),
        ("8.8.8.8", "Internet, 8.8.8.8"),
        ("?", "Unknown network"),
    ],
)
def test_places_are_in_words(address, place):
    assert place_of(address) == place


def test_a_token_is_made_on_the_page_shown_once_and_revoked_at_once(cast, clara):
    client = enter(clara)
    form = {
        "organization": "harbour",
        "name": "nightly",
        "days": "30",
        "permissions": ["clip.list"],
    }
    page = client.post("/account/tokens", form)
    assert page.status_code == 201
    secret = re.search(r"custos_[\w-]{43}", page.content.decode())[0]
    assert secret not in client.get("/account/tokens").content.decode()
    header = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    program = Client(**header)
    assert program.get("/api/v1/t/harbour/clips").status_code == 200
    assert program.get("/api/v1/t/harbour/members").status_code == 403
    token = ApiToken.objects.get()
    assert token.last_used_at is not None

    client.post(f"/account/tokens/{token.id}/revoke")

    assert program.get("/api/v1/t/harbour/clips").status_code == 401
    assert len(bodies(cast, "token.issued")) == len(bodies(cast, "token.revoked")) == 1
    assert client.post(f"/account/tokens/{token.id}/revoke").status_code == 404


def test_a_token_holds_nothing_that_its_person_does_not(clara):
    client = enter(clara)
    form = {"organization": "harbour", "name": "x", "days": "30", "permissions": ["rate.manage"]}
    assert client.post("/account/tokens", form).status_code == 400
    body = {"organization": "harbour", "name": "x", "permissions": ["task.annotate"]}
    answer = client.post("/api/v1/me/tokens", body, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (400, "permissions")
    assert not ApiToken.objects.exists()


def test_a_token_loses_what_its_person_s_role_loses(cast, clara):
    from core.access.models import Membership

    body = {"organization": "harbour", "name": "x", "permissions": ["member.list", "clip.list"]}
    made = enter(clara).post("/api/v1/me/tokens", body, content_type="application/json").json()
    program = Client(HTTP_AUTHORIZATION=f"Bearer {made['secret']}")
    assert program.get("/api/v1/t/harbour/members").status_code == 200
    Membership.objects.filter(user=clara).update(role="client_viewer")
    assert program.get("/api/v1/t/harbour/members").status_code == 403
    assert program.get("/api/v1/t/harbour/clips").status_code == 200


def test_a_token_is_in_no_log_no_table_and_no_error_page(cast, clara, caplog, capfd):
    from django.db import connection

    caplog.set_level("DEBUG")
    body = {"organization": "harbour", "name": "x"}
    made = enter(clara).post("/api/v1/me/tokens", body, content_type="application/json").json()
    secret = made["secret"]
    program = Client(HTTP_AUTHORIZATION=f"Bearer {secret}")
    program.raise_request_exception = False
    said = [
        program.get(path).content.decode()
        for path in ("/api/v1/t/museum", "/api/v1/t/harbour", "/api/v1/nowhere", "/healthz\x00")
    ]
    said.append(program.delete(f"/api/v1/t/harbour/members/{cast.vera.id}").content.decode())
    said += [caplog.text, *capfd.readouterr()]
    assert not [text for text in said if secret in text]
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        assert "accounts_apitoken" in tables
        with scope(cast.provider.id):
            for name in tables:
                cursor.execute(
                    f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s', [f"%{secret}%"]
                )
                assert cursor.fetchone() == (0,), name


def test_a_second_step_by_app_is_asked_for_and_limited(cast, clara):
    client = enter(clara)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": digits(secret)})
    assert Authenticator.objects.filter(user=clara, type="totp").exists()

    again = enter(clara)
    assert again.get("/account/")["Location"].startswith("/accounts/login/")
    for _ in range(6):
        answer = again.post("/accounts/2fa/authenticate/", {"code": "000000"})
    refused = again.post("/accounts/2fa/authenticate/", {"code": digits(secret)})
    assert "Too many" in answer.content.decode()
    assert refused.status_code == 200
    assert again.get("/account/")["Location"].startswith("/accounts/login/")
    assert 0 < len(bodies(cast, "factor.refused")) <= 5


def test_recovery_codes_are_seen_taken_along_and_renewed(committed_cast):
    cast = committed_cast  # allauth tells of new codes once they are committed
    clara = cast.clara
    clara.set_password(PASSWORD)
    clara.save()
    client = enter(clara)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": digits(secret)})
    old = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert old[0] in client.get("/accounts/2fa/recovery-codes/download/").content.decode()
    client.post("/accounts/2fa/recovery-codes/generate/")
    new = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert not set(old) & set(new)
    assert len(bodies(cast, "factor.renewed")) == 1
    again = enter(clara)
    again.post("/accounts/2fa/authenticate/", {"code": old[1]})
    assert again.get("/account/").status_code == 302
    again.post("/accounts/2fa/authenticate/", {"code": new[0]})
    assert again.get("/account/").status_code == 200


def test_an_address_changes_when_its_link_was_opened(cast, clara):
    client = enter(clara)
    client.post("/accounts/email/", {"email": "clara@new.example", "action_add": ""})
    clara.refresh_from_db()
    assert clara.email == "clara@example.org"
    link = re.search(r"/accounts/confirm-email/\S+/", mail.outbox[-1].body)[0]
    assert client.get(link).status_code == 200
    client.post(link)
    clara.refresh_from_db()
    assert clara.email == "clara@new.example"
    (entry,) = bodies(cast, "email.changed")
    assert set(entry["personal"]) >= {"to"}
    assert "new.example" not in json.dumps(entry)
    assert enter(clara).get("/account/").status_code == 200


def test_a_password_is_changed_with_the_old_one_and_logged(cast, clara):
    client = enter(clara)
    page, new = "/accounts/password/change/", "another long one 7"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(page, {**form, "oldpassword": "no"}).status_code == 200
    elsewhere = enter(clara)
    client.post(page, form)
    assert [c.get("/account/").status_code for c in (client, elsewhere)] == [200, 302]
    assert enter(clara, password=new).get("/account/").status_code == 200
    assert len(bodies(cast, "password.changed")) == 1


def test_a_reset_tells_nobody_who_has_an_account_and_its_link_works_once(cast, clara):
    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in (clara.email, "who@example.org")
    ]
    assert {(a.status_code, a["Location"], a.content) for a in answers} == {
        (302, "/accounts/password/reset/done/", b"")
    }
    (message,) = [m for m in mail.outbox if m.to == [clara.email]]
    link = re.search(r"/accounts/password/reset/key/\S+/", message.body)[0]
    client = Client()
    page = client.get(link, follow=True)
    new = {"password1": "yet another one 8", "password2": "yet another one 8"}
    client.post(page.redirect_chain[-1][0], new)
    assert enter(clara, password="yet another one 8").get("/account/").status_code == 200
    assert "works no more" in Client().get(link, follow=True).content.decode()


def test_the_overview_says_what_protects_the_account(cast, clara, api):
    page = enter(clara).get("/account/").content.decode()
    assert "None yet" in page
    assert "Your role opens nothing" not in page
    assert "Your role opens nothing" in api(cast.olga).get("/account/").content.decode()
    assert api(cast.sam).get("/account/").status_code == 200


def test_a_used_token_is_noted_to_the_minute(cast, clara):
    body = {"organization": "harbour", "name": "x"}
    made = enter(clara).post("/api/v1/me/tokens", body, content_type="application/json").json()
    program = Client(HTTP_AUTHORIZATION=f"Bearer {made['secret']}")
    at = now()
    seen = []
    for seconds in (0, 30, 90):
        with frozen(at + timedelta(seconds=seconds)):
            program.get("/api/v1/me")
        seen.append(ApiToken.objects.get().last_used_at)
    assert seen == [at, at, at + timedelta(seconds=90)]
