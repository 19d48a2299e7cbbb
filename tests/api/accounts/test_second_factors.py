"""Secrets of second steps lie sealed: in rows, in the session, before and after a new root key."""

from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

from core.accounts.second_factors import count_to_move, unseal
from core.crypto.wrapping import new_key
from core.errors import Misconfigured
from core.tenancy.scope import scope
from tests.api.accounts.test_account_pages import bodies, digits, enter
from tests.cast import PASSWORD

SET_UP = "/accounts/2fa/totp/activate/"
SECOND_STEP = "/accounts/2fa/authenticate/"
SEAL_MIGRATION = "core.accounts.migrations.0003_seal_second_factors"


@pytest.fixture
def clara(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    return cast.clara


def with_app(person):
    """Sign in and set up an authenticator app; give the client and the app's secret."""
    client = enter(person)
    secret = client.get(SET_UP).context["form"].secret
    client.post(SET_UP, {"code": digits(secret)})
    return client, secret


def held(person, kind):
    return Authenticator.objects.get(user=person, type=kind)


def tables_with(texts):
    """Name the tables in which one of the texts can be read, scopes aside."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        found = set()
        for name in names:
            cursor.execute(
                f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE ANY(%s)',
                [[f"%{text}%" for text in texts]],
            )
            if cursor.fetchone() != (0,):
                found.add(name)
    return found


def sessions_with(text):
    return [row for row in Session.objects.all() if text in str(row.get_decoded())]


def test_the_database_holds_no_readable_seed(cast, clara):
    _, secret = with_app(clara)
    codes = held(clara, "recovery_codes").wrap()
    seed = codes.instance.data["seed"]
    with scope(cast.provider.id):
        assert tables_with([secret, unseal(seed), *codes.get_unused_codes()]) == set()
        assert tables_with([seed]) == {"mfa_authenticator"}, "the search itself finds what is there"


def test_a_secret_that_waits_for_its_first_code_is_sealed_in_the_session(clara):
    client = enter(clara)
    shown = client.get(SET_UP).context["form"].secret
    assert sessions_with("custos-sealed-1")
    assert not sessions_with(shown)
    wrong = client.post(SET_UP, {"code": "000000"})
    assert wrong.context["form"].secret == shown, "a wrong code leaves the picture that was scanned"
    assert not sessions_with(shown)
    client.post(SET_UP, {"code": digits(shown)})
    assert held(clara, "totp").wrap().instance.data["secret"] != shown
    assert not sessions_with("custos-sealed-1")


def test_a_sealed_app_and_sealed_recovery_codes_sign_in(clara):
    _, secret = with_app(clara)
    code = held(clara, "recovery_codes").wrap().get_unused_codes()[0]
    for given in (digits(secret), code):
        client = enter(clara)
        assert client.get("/account/").status_code == 302
        assert client.post(SECOND_STEP, {"code": given}).status_code == 302
        assert client.get("/account/").status_code == 200


def test_what_lay_open_is_sealed_by_the_migration_and_signs_in_as_before(clara):
    secret = generate_totp_secret()
    Authenticator.objects.create(user=clara, type="totp", data={"secret": secret})
    codes = {"seed": "ab" * 40, "used_mask": 5}
    Authenticator.objects.create(user=clara, type="recovery_codes", data=codes)
    assert tables_with([secret]) == {"mfa_authenticator"}

    class Editor:
        connection = connection

    migrate = import_module(SEAL_MIGRATION).seal_what_lies_open
    for _ in range(2):  # one that was cut short is run again
        migrate(apps, Editor)
    assert tables_with([secret, "ab" * 40]) == set()
    assert held(clara, "recovery_codes").data["used_mask"] == 5
    assert len(held(clara, "recovery_codes").wrap().get_unused_codes()) == 8
    client = enter(clara)
    client.post(SECOND_STEP, {"code": digits(secret)})
    assert client.get("/account/").status_code == 200


def test_a_new_root_key_takes_the_secrets_over_and_the_former_one_can_go(
    cast, clara, api, settings
):
    _, secret = with_app(clara)
    olga = api(cast.olga)
    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = new_key(), [settings.ROOT_KEK]
    assert olga.get("/api/v1/operator/keys").json()["secrets_behind"] == 2
    assert "2 to move" in olga.get("/operator/keys").content.decode()
    assert held(clara, "totp").wrap().validate_code(digits(secret)), "readable before it has moved"
    moved = olga.post("/operator/keys", {"what": "root"}, follow=True).content.decode()
    assert "2 keys and secrets now lie under the active root key." in moved
    settings.FORMER_ROOT_KEKS = []
    assert count_to_move() == 0
    assert len(held(clara, "recovery_codes").wrap().get_unused_codes()) == 10
    client = enter(clara)
    client.post(SECOND_STEP, {"code": held(clara, "recovery_codes").wrap().get_unused_codes()[0]})
    assert client.get("/account/").status_code == 200
    (entry,) = bodies(cast, "key.root.changed")
    assert entry["details"]["second_factors"] == 2


def test_secrets_are_not_left_behind_by_a_root_key_that_is_missing(clara, settings):
    with_app(clara)
    settings.ROOT_KEK = new_key()
    with pytest.raises(Misconfigured):
        held(clara, "recovery_codes").wrap().get_unused_codes()
