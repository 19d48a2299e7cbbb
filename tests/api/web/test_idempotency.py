"""A request that is sent again with its key does nothing twice; a key is its sender's own."""

from datetime import timedelta

import pytest

from core.tenancy.scope import scope
from core.web.models import KeptAnswer

PLACE = "/api/v1/t/harbour/sites"
GATE = {"name": "Gate", "time_zone": "Europe/Berlin"}


def post(client, body=GATE, key="first", place=PLACE):
    return client.post(place, body, format="json", headers={"Idempotency-Key": key})


def names(client):
    return [site["name"] for site in client.get(PLACE).json()["results"]]


def test_the_same_again_answers_what_it_answered_and_makes_nothing(clara):
    first, again = post(clara), post(clara)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert names(clara) == ["Gate"]


def test_a_key_is_not_used_for_something_else(clara):
    post(clara)
    other = post(clara, {**GATE, "name": "Yard"})
    elsewhere = post(clara, place="/api/v1/t/harbour/projects", body={"name": "Gate"})

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert other["Content-Type"] == "application/problem+json"
    assert elsewhere.status_code == 422
    assert names(clara) == ["Gate"]


def test_what_failed_may_be_sent_again_with_its_key(clara):
    wrong = post(clara, {**GATE, "time_zone": "Nowhere/Town"})
    right = post(clara)

    assert (wrong.status_code, right.status_code) == (400, 201)


def test_a_request_that_is_under_way_is_not_begun_again(cast, clara):
    post(clara)
    with scope(cast.harbour.id):
        KeptAnswer.objects.update(status=None)
    waiting = post(clara)
    with scope(cast.harbour.id):
        rows = KeptAnswer.objects.all()
        rows.update(created_at=rows[0].created_at - timedelta(minutes=3))
    unknown = post(clara)

    assert (waiting.status_code, unknown.status_code) == (409, 409)
    assert "under way" in waiting.json()["detail"]
    assert "not known" in unknown.json()["detail"]
    assert names(clara) == ["Gate"]


def test_a_key_is_forgotten_after_a_day(cast, clara):
    post(clara)
    with scope(cast.harbour.id):
        rows = KeptAnswer.objects.all()
        rows.update(created_at=rows[0].created_at - timedelta(hours=25))
    second = post(clara, {**GATE, "name": "Yard"})
    assert (second.status_code, names(clara)) == (201, ["Gate", "Yard"])
    with scope(cast.harbour.id):
        assert KeptAnswer.objects.count() == 1


def test_another_person_s_key_of_the_same_name_is_another_key(clara, olga):
    assert post(clara).status_code == 201
    assert "Idempotency-Replayed" not in post(olga, {**GATE, "name": "Yard"})
    assert names(clara) == ["Gate", "Yard"]


@pytest.mark.parametrize("key", ["", "x" * 201, "é"])
def test_a_key_that_is_none_is_refused(clara, key):
    answer = post(clara, key=key)
    assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")


def test_what_answers_a_secret_takes_no_key(clara):
    body = {"email": "new@example.org", "role": "client_viewer"}
    answer = post(clara, body, place="/api/v1/t/harbour/invitations")
    assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")
