"""Every error is a problem document that says what to do; another's object looks like none."""

import json
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from core.tenancy.scope import scope
from tests.cast import sign_in as sign_in_as
from tests.documents import ROOT, blocks

SHAPE = {"type", "title", "status", "code", "detail", "request_id"}


@pytest.fixture
def museum_project(cast):
    from core.access.actors import Actor
    from tenants.projects.services import create_project

    return create_project(actor=Actor.person(cast.mila), tenant=cast.museum.id, name="Vault")


def test_a_problem_has_the_shape_of_rfc_9457_and_an_id_to_quote(cast, api):
    answer = api(cast.clara).get("/api/v1/t/nowhere")

    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == SHAPE
    assert answer.json()["type"] == "about:blank#not_found"
    assert answer.json()["request_id"] == answer["X-Request-Id"]


def words(answer):
    body = answer.json()
    body.pop("request_id")
    return answer.status_code, body, sorted(answer.headers)


def test_another_s_object_looks_just_like_one_that_is_not_there(cast, api, museum_project):
    clara = api(cast.clara)
    asked = [
        f"/api/v1/t/harbour/projects/{museum_project.id}",
        f"/api/v1/t/harbour/projects/{uuid4()}",
        f"/api/v1/t/museum/projects/{museum_project.id}",
        f"/api/v1/t/nowhere/projects/{museum_project.id}",
        f"/api/v1/t/museum/projects/{uuid4()}",
    ]
    answers = [words(clara.get(address)) for address in asked]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
    assert words(clara.get("/api/v1/no/such/route"))[:2] == answers[0][:2]


def test_a_missing_organization_costs_the_same_queries_as_a_hidden_one(cast, api):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clara = api(cast.clara)
    counts = []
    for slug in ("museum", "nowhere"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            clara.get(f"/api/v1/t/{slug}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_two_tenants_see_their_own_rows_and_nothing_else(cast, api, museum_project):
    from core.access.actors import Actor
    from tenants.projects.services import create_project

    mine = create_project(actor=Actor.person(cast.clara), tenant=cast.harbour.id, name="Gate")
    seen = [
        [row["id"] for row in api(who).get(f"/api/v1/t/{slug}/projects").json()["results"]]
        for who, slug in ((cast.clara, "harbour"), (cast.mila, "museum"))
    ]
    assert seen == [[str(mine.id)], [str(museum_project.id)]]


def test_a_suspended_organization_stays_readable_and_a_closed_one_is_gone(cast, api):
    cast.harbour.state = "suspended"
    cast.harbour.save()
    assert api(cast.clara).get("/api/v1/t/harbour").json()["state"] == "suspended"
    cast.harbour.state = "closed"
    cast.harbour.save()
    assert api(cast.clara).get("/api/v1/t/harbour").status_code == 404


def test_nobody_gets_past_the_door_without_signing_in(cast):
    answer = APIClient().get("/api/v1/t/harbour")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"


def test_a_role_that_lacks_the_right_is_told_which(cast, api):
    answer = api(cast.vera).get("/api/v1/t/harbour/members")
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"
    assert "member.list" in answer.json()["detail"]


def test_a_body_that_does_not_fit_names_each_field(cast, api):
    answer = api(cast.clara).post("/api/v1/t/harbour/sites", {"name": ""}, format="json")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"name", "time_zone"}
    assert "time_zone: This field is required." in answer.json()["detail"]


def test_a_field_that_a_service_refuses_is_named(cast, api):
    body = {"name": "Quay", "time_zone": "Mars/Olympus"}
    answer = api(cast.clara).post("/api/v1/t/harbour/sites", body, format="json")
    assert answer.status_code == 400
    assert (answer.json()["field"], answer.json()["code"]) == ("time_zone", "invalid")


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "parse_error"),
        ("a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("[1]", "application/json", 400, "invalid"),
    ],
)
def test_what_is_no_json_object_is_refused(cast, api, body, kind, status, code):
    answer = api(cast.clara).post("/api/v1/t/harbour/sites", body, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_method_that_is_not_there_is_refused(cast, api):
    answer = api(cast.clara).delete("/api/v1/t/harbour/sites")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/t/harbour/%00", "/invitation/a%00b", "/t/harbour/clips?x=%00"])
def test_a_zero_byte_in_an_address_is_refused_before_it_meets_the_database(cast, api, path):
    assert api(cast.clara).get(path).status_code in {400, 404}


def test_a_session_s_write_needs_its_csrf_token(cast):
    client = APIClient(enforce_csrf_checks=True)
    sign_in_as(client, cast.clara)
    answer = client.post(
        "/api/v1/t/harbour/sites", {"name": "Quay", "time_zone": "UTC"}, format="json"
    )
    assert answer.status_code == 403
    with scope(cast.harbour.id):
        from tenants.projects.models import Site

        assert not Site.objects.exists()


def test_a_form_without_its_csrf_token_says_what_to_do(cast):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    answer = client.post("/apply", {"name": "x"})
    assert answer.status_code == 403
    assert b"This form is too old." in answer.content
    assert b"Load the page again" in answer.content
    assert b"Your role" not in answer.content


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/t/harbour/sla?page=2", b'href="/t/harbour/sla?page=2"'),
        ("http://elsewhere.example/t/harbour/sla", None),
        ("http://testserver//elsewhere.example", None),
        ("", None),
    ],
)
def test_from_an_error_one_gets_back_to_the_form_that_was_sent(cast, api, referer, back):
    clara, place = api(cast.clara), f"/t/harbour/clips/{uuid4()}/erase"
    answer = clara.post(place, {}, headers={"referer": referer})
    assert answer.status_code == 404
    assert (b"Back to the form" in answer.content) is (back is not None)
    assert back is None or back in answer.content
    assert b"elsewhere" not in answer.content
    assert b"Back to the form" not in clara.get(place, headers={"referer": referer}).content


def test_pages_say_errors_as_pages_with_the_id_to_quote(cast, api):
    answer = api(cast.clara).get("/t/museum/home")
    assert answer.status_code == 404
    assert answer["X-Request-Id"].encode() in answer.content


def test_every_answer_has_its_policy_and_is_kept_by_no_cache(cast, api):
    answer = api(cast.clara).get("/t/harbour/home")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Mars/Olympus", "../etc"])
def test_times_are_shown_in_the_person_s_zone_and_a_broken_zone_breaks_nothing(cast, api, zone):
    cast.clara.time_zone = zone
    cast.clara.save()
    assert api(cast.clara).get("/t/harbour/home").status_code == 200


def test_what_breaks_inside_is_told_without_its_inside(cast, api, monkeypatch):
    """The view is made to fail; nothing of the error's text may reach the reader."""
    from core.errors import IntegrityFailed
    from tenants.organizations import api as views

    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret inside")

    client = api(cast.clara)
    client.raise_request_exception = False
    monkeypatch.setattr(views.Home, "get", broken)
    answer = client.get("/api/v1/t/harbour")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert b"secret" not in answer.content

    def corrupt(*args, **kwargs):
        raise IntegrityFailed("The object does not authenticate.")

    monkeypatch.setattr(views.Home, "get", corrupt)
    answer = client.get("/api/v1/t/harbour")
    assert (answer.status_code, answer.json()["code"]) == (500, "integrity_failed")


def test_django_s_own_refusals_are_problems_too(cast, api, monkeypatch):
    from django.core.exceptions import PermissionDenied, SuspiciousOperation
    from django.http import Http404

    from tenants.organizations import api as views

    client = api(cast.clara)
    for error, status in ((Http404(), 404), (PermissionDenied("no"), 403)):

        def refuse(*args, error=error, **kwargs):
            raise error

        monkeypatch.setattr(views.Home, "get", refuse)
        answer = client.get("/api/v1/t/harbour")
        assert answer.status_code == status
        assert set(answer.json()) == SHAPE

    def suspicious(*args, **kwargs):
        raise SuspiciousOperation("odd")

    monkeypatch.setattr(views.Home, "get", suspicious)
    assert client.get("/api/v1/t/harbour").status_code == 400


@pytest.mark.parametrize(
    ("error", "status"),
    [("ZeroDivisionError", 500), ("PermissionDenied", 403), ("SuspiciousOperation", 400)],
)
def test_a_page_that_breaks_says_so_with_an_id_and_without_its_inside(
    cast, api, monkeypatch, error, status
):
    from django.core import exceptions

    from workforce.delivery import pages

    kind = getattr(exceptions, error, ZeroDivisionError)

    def broken(*args, **kwargs):
        raise kind("secret inside")

    client = api(cast.clara)
    client.raise_request_exception = False
    monkeypatch.setattr(pages.ClientHome, "get", broken)
    answer = client.get("/t/harbour/home")
    assert answer.status_code == status
    assert answer["X-Request-Id"].encode() in answer.content
    assert b"secret" not in answer.content


def test_the_example_of_the_documents_is_what_is_answered(clara):
    (told,) = [b for b in blocks(ROOT / "docs" / "api.md") if b.info == "json problem"]
    given = {"name": "Harbour", "address": "", "time_zone": "Mars/Olympus"}
    answer = clara.put("/api/v1/t/harbour/details", given, format="json")
    assert answer["Content-Type"] == "application/problem+json"
    expected = json.loads(told.code)
    assert answer.json() == expected | {"request_id": answer["X-Request-Id"]}
