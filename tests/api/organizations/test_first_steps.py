"""First steps: read from what is there, one primary button, skippable, gone when done."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from core.access.models import Membership
from core.clock import now
from core.tenancy.scope import scope
from tenants.contracts.services import draft_contract, sign_contract
from tenants.contracts.terms import DEFAULT_TERMS
from tests.cast import sign_in

SKIPPABLE = ("passkey", "key", "people", "camera")


def signed_in(person) -> Client:
    client = Client()
    sign_in(client, person)
    return client


def steps(client: Client, home: str) -> tuple[str, str]:
    """Give the progress in words and the current step's title; empty strings when gone."""
    _, _, page = client.get(home).content.decode().partition('id="first-steps"')
    said = re.search(r"(\d of \d) done", page)
    current = re.search(r'aria-current="step">.*?<h2>(.*?)</h2>', page, re.DOTALL)
    return (said[1] if said else "", current[1] if current else "")


def test_a_client_is_led_from_nothing_to_footage(cast):
    from core.access.actors import Actor
    from tests.api.labels.floor import make_clip

    clara = signed_in(cast.clara)
    home, skip = "/t/harbour/home", "/t/harbour/first-steps"
    assert steps(clara, home) == ("0 of 8", "Your organization")

    given = {"name": "Harbour", "address": "Quay 1", "time_zone": "Europe/Lisbon"}
    answer = clara.post("/t/harbour/organization", given)
    assert answer["Location"] == "/t/harbour/"
    # No draft yet: it is not her turn, and the next thing is.
    assert steps(clara, home) == ("1 of 8", "Your second step")
    draft = draft_contract(
        actor=Actor.person(cast.olga), tenant=cast.harbour.id, terms=DEFAULT_TERMS
    )
    assert steps(clara, home) == ("1 of 8", "Your contract")
    assert f"Sign contract {draft.number}" in clara.get("/t/harbour/terms").content.decode()
    sign_contract(actor=Actor.person(cast.clara), tenant=cast.harbour.id, contract_id=draft.id)

    for key in SKIPPABLE:
        assert clara.post(skip, {"skip": key})["Location"] == "/t/harbour/"
    assert steps(clara, home) == ("6 of 8", "Your first project")
    assert clara.post(skip, {"again": "1"}).status_code == 302
    assert steps(clara, home) == ("2 of 8", "Your second step")

    make_clip(cast)
    for key in SKIPPABLE:
        clara.post(skip, {"skip": key})
    assert steps(clara, home) == ("", "")


def test_what_must_be_done_is_not_skipped(cast):
    clara = signed_in(cast.clara)
    assert clara.post("/t/harbour/first-steps", {"skip": "project"}).status_code == 404
    clara.cookies["skipped-harbour"] = "project.footage.details"
    assert steps(clara, "/t/harbour/home") == ("0 of 8", "Your organization")


def test_people_are_shown_only_what_they_may_do(cast):
    assert steps(signed_in(cast.vera), "/t/harbour/home") == ("", "")
    umar = signed_in(cast.umar)
    assert "an administrator makes it" in umar.get("/t/harbour/home").content.decode()


def test_a_vendor_manager_is_led_to_the_first_work(cast):
    nora = signed_in(cast.nora)
    # The cast's people joined without an invitation of Nora's.
    assert steps(nora, "/t/northlight/board") == ("1 of 6", "Your organization")
    nora.post("/t/northlight/first-steps", {"skip": "details"})
    assert steps(nora, "/t/northlight/board") == ("2 of 6", "Your people")


def test_the_operator_is_led_to_rates(cast):
    olga = signed_in(cast.olga)
    assert steps(olga, "/operator/") == ("4 of 5", "Your prices")
    page = {"name": "List", "currency": "EUR", "frame": "0.02"}
    assert olga.post("/operator/rates", page).status_code == 302
    assert steps(olga, "/operator/") == ("", "")


def test_details_stand_on_the_page_and_their_change_in_the_log(cast):
    from core.audit.models import AuditEntry

    clara = signed_in(cast.clara)
    bad = clara.post("/t/harbour/organization", {"name": "Harbour", "time_zone": "Mars/Olympus"})
    assert bad.status_code == 400
    given = {"name": "Harbour Ltd", "address": "Quay 1\nPort", "time_zone": "UTC"}
    clara.post("/t/harbour/organization", given)
    assert "Quay 1" in clara.get("/t/harbour/organization").content.decode()
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.get(action="organization.details.changed")
    assert b'"address"' in bytes(entry.body)
    assert b"Quay" not in bytes(entry.body)


def test_a_key_is_replaced_as_often_as_its_client_wants(cast, monkeypatch):
    from core.crypto.keys import open_keys
    from tenants.organizations import key_plans

    open_keys(cast.harbour.id)
    clara = signed_in(cast.clara)
    assert clara.post("/t/harbour/key", {"days": "91"}).status_code == 400
    assert clara.post("/t/harbour/key", {"days": "90"})["Location"] == "/t/harbour/"
    assert "Replaced next" in clara.get("/t/harbour/key").content.decode()
    assert key_plans.replace_due() == 0
    later = now() + timedelta(days=91)
    monkeypatch.setattr(key_plans, "now", lambda: later)
    assert key_plans.replace_due() == 1
    assert open_keys(cast.harbour.id).active == 2


def test_a_client_replaces_its_key_at_once(cast):
    from core.crypto.keys import open_keys

    open_keys(cast.harbour.id)
    clara = signed_in(cast.clara)
    page = clara.post("/t/harbour/key", {"now": "1"}, follow=True)
    assert "Key 2 is in use" in page.content.decode()


@pytest.mark.parametrize("person", ["umar", "vera"])
def test_only_administrators_have_a_say_on_the_key(cast, person):
    who = getattr(cast, person)
    assert Membership.objects.filter(user=who).exists()
    assert signed_in(who).get("/t/harbour/key").status_code == 403
