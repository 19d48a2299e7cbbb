"""Clips over the API."""

import hashlib
from uuid import uuid4

import pytest

from core.storage.vault import create_object
from core.tenancy.scope import scope
from tests.api.intake.conftest import make_project


@pytest.fixture
def make_clip(cast):
    """Store a clip's source and write its row."""
    from tenants.intake.models import Clip

    def make(organization, project, **fields):
        with create_object(tenant=organization.id, kind="source") as writer:
            writer.write(b"footage")
        with scope(organization.id):
            return Clip.objects.create(
                tenant=organization,
                project=project,
                source=writer.stored,
                filename="gate.mp4",
                **fields,
            )

    return make


def test_clips_are_listed_newest_first(cast, api, make_clip):
    gate, yard = make_project(cast.harbour), make_project(cast.harbour, "yard")
    first = make_clip(cast.harbour, gate)
    second = make_clip(
        cast.harbour, gate, state="ready", time_base_numerator=1, time_base_denominator=25
    )
    third = make_clip(cast.harbour, yard)
    make_clip(cast.museum, make_project(cast.museum))
    client = api(cast.vera)

    def ids(query=""):
        answer = client.get(f"/api/v1/t/harbour/clips{query}")
        assert answer.status_code == 200
        return [row["id"] for row in answer.json()["results"]]

    newest = [str(clip.id) for clip in (third, second, first)]
    assert ids() == newest
    assert ids("?project=gate") == newest[1:]
    assert ids(f"?project={yard.id}") == newest[:1]
    assert ids("?state=ready") == [str(second.id)]
    following = client.get("/api/v1/t/harbour/clips?limit=1").json()["next"]
    assert ids(f"?limit=1&cursor={following}") == newest[1:2]
    body = client.get(f"/api/v1/t/harbour/clips/{second.id}").json()
    assert body["sha256"] == hashlib.sha256(b"footage").hexdigest()
    assert body["size"] == 7
    assert body["time_base"] == [1, 25]
    assert body["filename"] == "gate.mp4"
    assert client.get(f"/api/v1/t/harbour/clips/{first.id}").json()["time_base"] is None


@pytest.mark.parametrize("query", ["?state=lost", "?limit=x", "?cursor=x", "?limit="])
def test_a_query_that_does_not_fit_is_refused(cast, api, query):
    answer = api(cast.vera).get(f"/api/v1/t/harbour/clips{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_another_organizations_clips_are_not_there(cast, api, make_clip):
    clip = make_clip(cast.harbour, make_project(cast.harbour))
    assert api(cast.mila).get(f"/api/v1/t/harbour/clips/{clip.id}").status_code == 404
    for clip_id in (clip.id, uuid4()):
        assert api(cast.mila).get(f"/api/v1/t/museum/clips/{clip_id}").status_code == 404
    none = {"count": 0, "results": [], "next": None}
    assert api(cast.mila).get("/api/v1/t/museum/clips").json() == none


def test_an_auditor_sees_no_file_names(cast, api, make_clip):
    clip = make_clip(cast.harbour, make_project(cast.harbour))
    answer = api(cast.arthur).get(f"/api/v1/t/harbour/clips/{clip.id}")
    assert answer.status_code == 200
    assert answer.json()["filename"] is None


def test_annotators_do_not_list_clips(cast, api):
    assert api(cast.anna).get("/api/v1/t/harbour/clips").status_code == 403
    assert api().get("/api/v1/t/harbour/clips").status_code in {401, 403}
