"""`custos keys rotate` says its progress, goes on where it was killed, and leaves all readable."""

import base64
import json
import os
import random
import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings as configured

from core.audit.models import AuditEntry
from core.crypto.models import TenantKey
from core.crypto.wrapping import new_key
from core.embedded.layout import REPOSITORY
from core.storage.models import KeyRotation, StoredObject
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope

KILLS = 3
KEYS = 24


@pytest.fixture
def footage(committed_cast):
    """What Harbour has stored: ids and plaintext."""
    stored = {}
    for number in range(KEYS):
        data = b"footage %d" % number
        with create_object(tenant=committed_cast.harbour.id, kind="source") as writer:
            writer.write(data)
        stored[writer.stored.id] = data
    return stored


def readable(tenant, footage):
    for object_id, data in footage.items():
        with open_object(tenant=tenant.id, object_id=object_id) as reader:
            if reader.read() != data:
                return False
    return True


@pytest.fixture
def command(committed_db):
    """Start a command on the test's database; none outlives the test."""
    running = []

    def start(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", *arguments],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "CUSTOS_DATABASE": committed_db,
                "DJANGO_SETTINGS_MODULE": "core.web.settings",
                "PYTHONPATH": str(REPOSITORY),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate(timeout=30)


def finish(process):
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def actions(tenant, name):
    with scope(tenant.id):
        rows = AuditEntry.objects.filter(action=name)
        return [json.loads(bytes(row.body))["details"] for row in rows]


def test_a_rotation_killed_at_random_places_goes_on_and_ends_once(committed_cast, footage, command):
    harbour = committed_cast.harbour
    for _ in range(KILLS):
        process = command("django", "rotate_keys", "harbour", "--batch=1")
        for _ in range(random.randint(1, KEYS // KILLS)):
            assert process.stdout.readline()
        process.kill()
        process.wait(30)
        assert readable(harbour, footage)

    code, said = finish(command("core.cli", "keys", "rotate", "harbour"))

    assert (code, "going on with the rotation to key 2" in said) == (0, True), said
    assert f"{KEYS} of {KEYS} data keys" in said
    assert "done, nothing lies under an earlier key" in said
    assert readable(harbour, footage)
    with scope(harbour.id):
        assert set(StoredObject.objects.values_list("key_version", flat=True)) == {2}
        assert KeyRotation.objects.get().state == "done"
    counts = {"version": 2, "data_keys": KEYS}
    assert actions(harbour, "key.rotation.begun") == [counts]
    assert actions(harbour, "key.rotation.finished") == [counts]


def test_all_keys_move_under_the_new_root_key(committed_cast, footage, command, settings):
    harbour, old, fresh = committed_cast.harbour, configured.ROOT_KEK, new_key()
    names = {
        "CUSTOS_ROOT_KEK": base64.b64encode(fresh).decode(),
        "CUSTOS_FORMER_ROOT_KEKS": base64.b64encode(old).decode(),
    }
    with scope(harbour.id):
        before = TenantKey.objects.get().root_key

    RecoveryCodes.activate(committed_cast.olga)

    for moved in (1, 0):
        code, said = finish(command("core.cli", "keys", "rotate", "--root", **names))
        assert (code, f"harbour: {moved} key versions moved" in said) == (0, True), said
        assert f"People: {moved} secrets of second steps moved" in said

    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = fresh, []
    with scope(harbour.id):
        assert TenantKey.objects.get().root_key != before
    assert readable(harbour, footage), "without the former root key"
    codes = Authenticator.objects.get(user=committed_cast.olga, type="recovery_codes")
    assert codes.wrap().get_unused_codes()


def test_a_move_under_a_new_root_key_that_is_killed_is_ended_by_the_next(
    committed_cast, footage, command, settings
):
    old, fresh = configured.ROOT_KEK, new_key()
    names = {
        "CUSTOS_ROOT_KEK": base64.b64encode(fresh).decode(),
        "CUSTOS_FORMER_ROOT_KEKS": base64.b64encode(old).decode(),
    }
    tenants = (committed_cast.harbour, committed_cast.museum)
    with create_object(tenant=committed_cast.museum.id, kind="source") as writer:
        writer.write(b"paintings")
    people = (committed_cast.olga, committed_cast.clara, committed_cast.nora)
    for person in people:
        RecoveryCodes.activate(person)
    settings.ROOT_KEK, settings.FORMER_ROOT_KEKS = fresh, [old]

    for lines in (1, 3):
        process = command("core.cli", "keys", "rotate", "--root", **names)
        for _ in range(lines):
            assert process.stdout.readline()
        process.kill()
        process.wait(30)
        assert readable(committed_cast.harbour, footage), "with both root keys"

    code, said = finish(command("core.cli", "keys", "rotate", "--root", **names))

    assert code == 0, said
    settings.FORMER_ROOT_KEKS = []
    assert readable(committed_cast.harbour, footage)
    assert readable(committed_cast.museum, {writer.stored.id: b"paintings"})
    for tenant in tenants:
        with scope(tenant.id):
            assert TenantKey.objects.values_list("root_key", flat=True).distinct().count() == 1
    for person in people:
        codes = Authenticator.objects.get(user=person, type="recovery_codes")
        assert codes.wrap().get_unused_codes()


def test_a_command_that_cannot_do_what_is_asked_says_so(committed_cast, command):
    for arguments, words in (
        (["nobody"], "There is no organization nobody"),
        ([], "Name one organization, or give --root"),
    ):
        code, said = finish(command("core.cli", "keys", "rotate", *arguments))
        assert code != 0
        assert words in said
        assert "Traceback" not in said
