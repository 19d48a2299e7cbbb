"""How many requests one may send; what a tag of an answer is good for; pages of lists."""

from datetime import UTC, datetime

import pytest

from core.access.actors import Actor
from tenants.projects.services import add_site, create_project

SITES = "/api/v1/t/harbour/sites"


@pytest.fixture(autouse=True)
def one_minute(monkeypatch):
    """All requests of a test fall into one minute."""
    monkeypatch.setattr("core.web.limits.now", lambda: datetime(2026, 3, 1, 8, 0, 30, tzinfo=UTC))


@pytest.fixture
def project(cast):
    return create_project(actor=Actor.person(cast.clara), tenant=cast.harbour.id, name="Gate")


def test_an_answer_tells_what_is_left_of_the_minute(clara, settings):
    settings.API_LIMITS = {**settings.API_LIMITS, "person": 5}
    first, second = clara.get(SITES), clara.get(SITES)

    assert first["RateLimit-Policy"] == '"person";q=5;w=60'
    assert first["RateLimit"].startswith('"person";r=4;t=')
    assert second["RateLimit"].startswith('"person";r=3;t=')


def test_too_many_are_told_when_to_come_back(cast, api, settings):
    settings.API_LIMITS = {**settings.API_LIMITS, "person": 2}
    clara, vera = api(cast.clara), api(cast.vera)
    answers = [clara.get(SITES) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.json()["code"] == "too_many_requests"
    assert refused["Content-Type"] == "application/problem+json"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert vera.get(SITES).status_code == 200, "each person has a minute of their own"


def test_strangers_are_counted_by_their_network(api, db, settings):
    settings.API_LIMITS = {**settings.API_LIMITS, "network": 2}
    nobody = api()
    answers = [nobody.get("/api/v1/me").status_code for _ in range(2)]
    answers.append(nobody.post("/api/v1/applications", {}, format="json").status_code)

    assert answers == [401, 401, 429]


def test_what_one_has_is_not_sent_again(clara, project):
    place = f"/api/v1/t/harbour/projects/{project.id}"
    first = clara.get(place)
    same = clara.get(place, headers={"If-None-Match": first["ETag"]})
    weak = clara.get(place, headers={"If-None-Match": f'"x", W/{first["ETag"]}'})
    other = clara.get(place, headers={"If-None-Match": '"x"'})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert weak.status_code == 304
    assert (other.status_code, other["ETag"]) == (200, first["ETag"])


def test_an_edit_of_something_else_than_was_read_is_refused(clara, project):
    place = f"/api/v1/t/harbour/projects/{project.id}/requirements"
    read = clara.get(place)["ETag"]
    ours = clara.put(place, {"level": 2}, format="json", headers={"If-Match": read})
    late = clara.put(place, {"level": 3}, format="json", headers={"If-Match": read})
    again = clara.get(place)
    anyhow = clara.put(place, {"level": 4}, format="json", headers={"If-Match": "*"})

    assert (ours.status_code, late.status_code) == (200, 412)
    assert late.json()["code"] == "precondition_failed"
    assert again.json()["level"] == 2
    assert anyhow.status_code == 200


def test_a_list_comes_in_pages_that_rows_in_between_do_not_shift(cast, clara):
    def add(name):
        actor = Actor.person(cast.clara)
        add_site(actor=actor, tenant=cast.harbour.id, name=name, time_zone="UTC")

    for name in ("b", "d", "f"):
        add(name)
    first = clara.get(SITES, {"limit": 2})
    add("a")
    following = first.json()["next"]
    rest = clara.get(SITES, {"limit": 2, "cursor": following})

    assert [site["name"] for site in first.json()["results"]] == ["b", "d"]
    assert first["Link"] == f'<{SITES}?limit=2&cursor={following}>; rel="next"'
    assert [site["name"] for site in rest.json()["results"]] == ["f"]
    assert rest.json()["next"] is None
    assert "Link" not in rest


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "bnVsbA", "eyJ0IjoxfQ", "%00", "é"])
def test_a_cursor_of_elsewhere_is_refused(clara, cursor):
    answer = clara.get(SITES, {"cursor": cursor})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
