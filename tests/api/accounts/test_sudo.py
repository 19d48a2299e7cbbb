"""Dangerous acts: without a fresh proof, or a token made for them, nothing changes."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from core.access.models import Membership
from core.accounts.assurance import FRESH
from core.accounts.tokens import issue_token
from core.clock import now
from core.web.assurance import DANGEROUS, DANGEROUS_QUERIES
from tests.architecture import permission_table as table
from tests.architecture.test_permissions import real_rows
from tests.cast import PASSWORD, give_passkey, sign_in

OLD = FRESH + timedelta(minutes=1)
#: A change of anything but the session itself, which keeps the form that was sent, and the note of
#: when a token was last used.
WRITE = re.compile(
    r'^(INSERT INTO|UPDATE|DELETE FROM) "(?!django_session|accounts_apitoken)', re.MULTILINE
)


def acts():
    """Every dangerous route with its real methods, and somebody whom the table lets in."""
    rows = {
        ("api/v1/" + route if api else route, method): sorted(people & {"olga", "clara", "arthur"})
        for routes, api in [(table.API, True), (table.PAGES, False)]
        for route, methods in routes.items()
        for method, people in methods.items()
    }
    for route, method in sorted(real_rows()):
        if method in DANGEROUS.get(route, ()):
            yield route, method, (rows.get((route, method)) or ["clara"])[0]


ACTS = list(acts())


def path_of(route):
    route = route.replace("<slug:tenant>", "harbour").replace("<int:pk>", "1")
    return "/" + re.sub(r"<uuid:\w+>", lambda _: str(uuid4()), route)


def send(client, method, route):
    api = {"format": "json"} if route.startswith("api/") and isinstance(client, APIClient) else {}
    return getattr(client, method.lower())(path_of(route), {}, **api)


def test_every_dangerous_route_is_a_real_one():
    assert set(DANGEROUS) - {route for route, _ in real_rows()} == set()
    assert {route for route, _, _ in ACTS} == set(DANGEROUS)


@pytest.mark.parametrize(("route", "method", "name"), ACTS)
def test_a_dangerous_act_without_a_fresh_proof_changes_nothing(cast, route, method, name):
    person = getattr(cast, name)
    give_passkey(person)
    client = APIClient()
    sign_in(client, person, proven_at=now() - OLD)
    with CaptureQueriesContext(connection) as queries:
        answer = send(client, method, route)
    if route.startswith("api/"):
        assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
    else:
        assert answer.status_code == 302
        assert "/reauthenticate/" in answer["Location"]
    assert [q["sql"] for q in queries if WRITE.search(q["sql"])] == []


def test_a_fresh_proof_lets_it_pass(cast):
    for route, method, name in ACTS:
        client = APIClient()
        sign_in(client, getattr(cast, name), proven_at=now() - FRESH + timedelta(minutes=1))
        answer = send(client, method, route)
        assert "reauthentication_required" not in answer.content.decode(), route
        assert "/reauthenticate/" not in answer.get("Location", ""), route


@pytest.mark.parametrize(
    ("route", "method", "name"), [act for act in ACTS if act[0].startswith("api/")]
)
def test_a_token_without_sudo_does_no_dangerous_act(cast, route, method, name):
    person = getattr(cast, name)
    where = cast.harbour if name == "clara" else cast.provider
    proven = name != "clara"
    codes = {}
    for sudo in (False, True):
        _, secret = issue_token(
            user=person, organization=where, name="x", sudo=sudo, second_factor=proven
        )
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        with CaptureQueriesContext(connection) as queries:
            codes[sudo] = send(client, method, route).content.decode()
        if not sudo:
            assert [q["sql"] for q in queries if WRITE.search(q["sql"])] == []
    assert "sudo_scope_required" in codes[False]
    assert "sudo_scope_required" not in codes[True]


BUNDLE = "/api/v1/t/harbour/log/bundle"
#: Each of these makes the export disclose, or might with another reader of queries.
ASKS = (
    "disclose=1",
    "disclose=true",
    "disclose=yes",
    "disclose=0&disclose=on",
    "disclose=on&disclose=0",
)


@pytest.mark.parametrize("asked", ASKS)
def test_an_export_that_discloses_people_needs_a_fresh_proof(cast, asked):
    give_passkey(cast.arthur)
    client = APIClient()
    sign_in(client, cast.arthur, proven_at=now() - OLD)
    for send_it in (client.get, client.head):
        with CaptureQueriesContext(connection) as queries:
            answer = send_it(f"{BUNDLE}?{asked}&purpose=incident-7")
        assert answer.status_code == 403
        assert [q["sql"] for q in queries if WRITE.search(q["sql"])] == []
    assert client.get(f"{BUNDLE}?{asked}").json()["code"] == "reauthentication_required"
    sign_in(client, cast.arthur, proven_at=now())
    assert client.get(f"{BUNDLE}?{asked}&purpose=incident-7").status_code != 403


@pytest.mark.parametrize("asked", ["", "?disclose=0", "?disclose=false", "?since=0"])
def test_an_export_of_commitments_alone_needs_none(cast, asked):
    client = APIClient()
    sign_in(client, cast.arthur, proven_at=now() - OLD)
    assert client.get(f"{BUNDLE}{asked}").status_code != 403


def test_a_token_without_sudo_exports_commitments_and_discloses_nobody(cast):
    codes = {}
    for sudo in (False, True):
        _, secret = issue_token(user=cast.clara, organization=cast.harbour, name="x", sudo=sudo)
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        answers = [client.get(f"{BUNDLE}{query}") for query in ("", "?disclose=1&purpose=a")]
        codes[sudo] = [
            answer.json().get("code") if answer.status_code == 403 else None for answer in answers
        ]
    assert codes[False] == [None, "sudo_scope_required"]
    assert codes[True] == [None, "permission_denied"], "a client's admin discloses nobody"


def test_every_dangerous_query_is_of_a_real_route():
    assert {(route, "GET") for route in DANGEROUS_QUERIES} <= set(real_rows())


def test_the_form_is_kept_while_the_person_confirms(cast):
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    gone = Membership.objects.get(user=cast.vera)
    client = Client()
    sign_in(client, cast.clara, proven_at=now() - OLD)

    asked = client.post("/t/harbour/members", {"act": "remove", "id": str(gone.id)})
    assert Membership.objects.filter(id=gone.id).exists()
    page = client.get(asked["Location"])
    assert "Is it still you?" in page.content.decode()
    wrong = client.post(
        "/accounts/reauthenticate/", {"password": "no", "next": "/t/harbour/members"}
    )
    assert wrong.status_code == 200
    assert Membership.objects.filter(id=gone.id).exists()
    done = client.post(
        "/accounts/reauthenticate/", {"password": PASSWORD, "next": "/t/harbour/members"}
    )

    assert done["Location"] == "/t/harbour/members"
    assert not Membership.objects.filter(id=gone.id).exists()


def test_the_page_after_a_proof_has_forms_that_lead_to_it(cast):
    """It comes at the proof's address: a form without one of its own would be sent there."""
    cast.clara.set_password(PASSWORD)
    cast.clara.save()
    client = Client()
    sign_in(client, cast.clara, proven_at=now() - OLD)
    client.post("/t/harbour/members", {"email": "new@example.org", "role": "client_viewer"})
    page = client.post(
        "/accounts/reauthenticate/", {"password": PASSWORD, "next": "/t/harbour/members"}
    )

    assert "Hand this link over" in page.content.decode()
    main = page.content.decode().split("<main")[1].split("</main>")[0]
    # The one that closes a dialog is sent nowhere.
    forms = [form for form in re.findall(r"<form[^>]*>", main) if 'method="dialog"' not in form]
    assert forms
    assert [form for form in forms if 'action="/t/harbour/members"' not in form] == []


def test_who_took_an_invitation_is_not_asked_for_the_password_at_once(cast):
    from core.access.actors import Actor
    from core.access.permissions import Role
    from tenants.organizations.invitations import invite

    _, secret = invite(
        actor=Actor.person(cast.clara),
        organization=cast.harbour,
        email="new@example.org",
        role=Role.CLIENT_ADMIN,
    )
    client = Client()
    client.post(f"/invitation/{secret}", {"name": "New", "password": PASSWORD})
    given = {"email": "second@example.org", "role": "client_viewer"}
    assert client.post("/t/harbour/members", given).status_code == 201


def test_what_is_not_dangerous_asks_for_no_proof(cast):
    client = APIClient()
    sign_in(client, cast.clara, proven_at=now() - OLD)
    assert client.get("/t/harbour/members").status_code == 200
    made = client.post("/api/v1/t/harbour/sites", {"name": "S", "time_zone": "UTC"}, format="json")
    assert made.status_code == 201


def test_a_session_cookie_beside_a_token_gives_it_nothing(cast):
    _, secret = issue_token(user=cast.clara, organization=cast.harbour, name="x", sudo=True)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    sign_in(client, cast.clara, proven_at=now() - OLD)
    answer = client.delete(f"/api/v1/t/harbour/members/{uuid4()}")
    assert answer.json()["code"] == "reauthentication_required"
