"""What counts wrong tries is shared by all processes, and limits one alone while Valkey is away."""

import os
import subprocess
import sys

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import Client

from core.embedded.valkey import EmbeddedValkey
from core.web.shared_cache import SharedCache
from tests.api.accounts.test_account_pages import digits, enter
from tests.api.accounts.test_second_factors import SECOND_STEP, with_app
from tests.cast import PASSWORD

#: Another process of the portal: asks whether a person may try a code. It reads no database.
ASK = """
import sys
import django
django.setup()
from allauth.core import ratelimit
from django.test import RequestFactory
request = RequestFactory().post("/")
for person in sys.argv[1:]:
    key = f"mfa-auth-user-{person}"
    taken = ratelimit.consume(request, action="login_failed", key=key)
    print("may try" if taken else "refused")
"""


@pytest.fixture
def clara(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    return cast.clara


def guess(client, times):
    for _ in range(times):
        answer = client.post(SECOND_STEP, {"code": "000000"})
    return answer.content.decode()


def elsewhere(*people):
    """Ask in a process of its own."""
    command = [sys.executable, "-P", "-c", ASK, *(str(person.pk) for person in people)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "core.web.settings"}
    said = subprocess.check_output(command, env=environment, text=True, timeout=120)
    return said.split("\n")[:-1]


def test_wrong_codes_in_one_process_are_counted_in_another(broker, cast, clara):
    with_app(clara)
    assert "Too many" not in guess(enter(clara), 5)
    assert elsewhere(clara, cast.vera) == ["refused", "may try"]
    assert "Too many" in guess(enter(clara), 1)


def test_a_code_that_was_used_is_used_for_all_processes(broker, clara):
    _, secret = with_app(clara)
    code = digits(secret)
    assert enter(clara).post(SECOND_STEP, {"code": code}).status_code == 302
    SharedCache("unix:///nowhere", {})._here.clear()  # what this process alone remembers
    assert enter(clara).post(SECOND_STEP, {"code": code}).status_code == 200


def test_a_lock_for_wrong_passwords_is_in_the_database(broker, clara):
    for _ in range(5):
        enter(clara, password="wrong")
    cache.clear()
    assert AccessAttempt.objects.get(username=clara.email).failures_since_start == 5
    locked = Client().post("/accounts/login/", {"login": clara.email, "password": PASSWORD})
    assert locked.status_code == 429


def test_while_valkey_is_away_people_sign_in_and_each_process_limits_alone(clara, settings, caplog):
    nowhere = settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock"}
    settings.CACHES = {"default": nowhere}
    _, secret = with_app(clara)
    client = enter(clara)
    assert client.post(SECOND_STEP, {"code": digits(secret)}).status_code == 302
    assert client.get("/account/").status_code == 200
    assert "Too many" in guess(enter(clara), 6)
    assert enter(clara).post(SECOND_STEP, {"code": digits(secret)}).status_code == 200
    assert caplog.text.count("this process counts tries alone") <= 1, "once, not for each request"
    cache.clear()


def test_counting_together_begins_again_when_valkey_is_back(tmp_path):
    server = EmbeddedValkey(tmp_path / "home", tmp_path / "run" / "v.sock")
    address = f"unix://{server.socket_path}"
    shared = SharedCache(address, {"KEY_PREFIX": "t"})
    assert shared.add("tries", [1.5], 60)
    server.start()
    try:
        assert shared.get("tries") is None, "what it counted alone stays its own"
        assert shared.add("tries", [2.5, 3.5], 60)
        assert not shared.add("tries", [], 60)
        assert SharedCache(address, {"KEY_PREFIX": "t"}).get("tries") == [2.5, 3.5]
        client = RedisCache(address, {})._cache.get_client()
        assert client.get("t:1:tries") == b"[2.5, 3.5]", "no pickle, which could hold code"
        assert 0 < client.ttl("t:1:tries") <= 60
        client.set("queue", "a job")
        shared.clear()
        assert client.keys() == [b"queue"]
        client.connection_pool.disconnect()
    finally:
        server.stop()
    assert shared.get("tries") is None
