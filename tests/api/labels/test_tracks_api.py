"""Tracks over HTTP: read under a lease, autosave of what changed, hand in."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, lease, make_clip, walker


@pytest.fixture
def task(cast):
    return cut(cast, make_clip(cast))[0]


@pytest.fixture
def at(task):
    def url(what: str, tenant: str = "harbour") -> str:
        return f"/api/v1/t/{tenant}/tasks/{task.id}/{what}"

    return url


@pytest.fixture
def anna_at_work(cast, api, task, at):
    """Anna's client, the URL of the tracks and the token of her lease."""
    return api(cast.anna), at("tracks"), lease(cast.anna, task.id)


def stored(client, url) -> list[dict]:
    response = client.get(url)
    assert response.status_code == 200, response.content
    assert "no-store" in response["Cache-Control"]
    return response.json()["tracks"]


def test_what_is_saved_is_read_back(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    track = walker()

    saved = anna.patch(at("tracks"), {"token": token, "tracks": [track]}, format="json")

    assert saved.status_code == 200
    assert saved.json() == {"revisions": {track["id"]: 1}}
    assert stored(anna, at("tracks")) == [{**track, "revision": 1}]


def test_a_polygon_is_saved_and_one_that_meets_itself_is_refused_with_its_place(anna_at_work):
    anna, url, token = anna_at_work
    polygon = {**walker(), "kind": "polygon", "keyframes": [[0, 0, [10, 10, 90, 10, 50, 80]]]}
    bow_tie = {**walker(), "kind": "polygon", "keyframes": [[0, 0, [0, 0, 90, 90, 90, 0, 0, 90]]]}

    kept = anna.patch(url, {"token": token, "tracks": [polygon]}, format="json")
    refused = anna.patch(url, {"token": token, "tracks": [bow_tie]}, format="json")

    assert kept.status_code == 200
    assert stored(anna, url) == [{**polygon, "revision": 1}]
    assert refused.status_code == 400
    assert "The outline meets itself" in refused.json()["detail"]


def test_only_changed_tracks_are_sent_and_the_others_stay(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    first, second = walker(), walker(left=300)
    anna.patch(at("tracks"), {"token": token, "tracks": [first, second]}, format="json")
    moved = {**first, "keyframes": [[0, 0, [1, 1, 9, 9]]]}

    body = {"token": token, "tracks": [moved], "revisions": {first["id"]: 1}}
    saved = anna.patch(at("tracks"), body, format="json")

    assert saved.json()["revisions"] == {first["id"]: 2}
    found = {item["id"]: item for item in stored(anna, at("tracks"))}
    assert found[first["id"]]["keyframes"] == [[0, 0, [1, 1, 9, 9]]]
    assert found[second["id"]]["revision"] == 1


def test_sending_the_same_again_changes_nothing(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    body = {"token": token, "tracks": [walker()]}

    first = anna.put(at("tracks"), body, format="json").json()
    again = anna.put(at("tracks"), body, format="json").json()

    assert again == first


def test_a_deleted_track_is_gone_and_may_come_back(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    track = walker()
    anna.patch(at("tracks"), {"token": token, "tracks": [track]}, format="json")

    gone = {"token": token, "deleted": [track["id"], str(uuid4())]}
    assert anna.patch(at("tracks"), gone, format="json").json() == {"revisions": {track["id"]: 2}}
    assert anna.patch(at("tracks"), gone, format="json").json() == {"revisions": {track["id"]: 2}}
    assert stored(anna, at("tracks")) == []

    anna.patch(at("tracks"), {"token": token, "tracks": [track]}, format="json")
    assert [item["revision"] for item in stored(anna, at("tracks"))] == [3]


def test_two_windows_on_one_task_are_told_of_each_other(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    track = walker()
    anna.patch(at("tracks"), {"token": token, "tracks": [track]}, format="json")

    late = {"token": token, "tracks": [walker(track["id"], left=99)], "revisions": {track["id"]: 0}}
    refused = anna.patch(at("tracks"), late, format="json")

    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "conflict"
    assert problem["field"] == f"revisions.{track['id']}"
    assert "Load the task again" in problem["detail"]
    assert stored(anna, at("tracks")) == [{**track, "revision": 1}]


def test_a_lost_lease_is_told_and_what_was_sent_is_kept(cast, api, task, at):
    anna, amir = api(cast.anna), api(cast.amir)
    old = lease(cast.anna, task.id)
    lease(cast.amir, task.id)
    track = walker()

    refused = anna.patch(at("tracks"), {"token": old, "tracks": [track]}, format="json")

    assert refused.status_code == 409
    assert refused.json()["code"] == "lease_lost"
    assert stored(amir, at("tracks")) == []
    assert anna.get(at("tracks")).status_code == 404
    (draft,) = anna.get(at("drafts")).json()["results"]
    assert draft["tracks"] == [track]
    assert amir.get(at("drafts")).json()["results"] == []

    anna.patch(at("tracks"), {"token": old, "tracks": []}, format="json")
    assert [d["tracks"] for d in anna.get(at("drafts")).json()["results"]] == [[]]


def test_the_last_changes_are_saved_and_handed_in_at_once(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    kept, gone, drawn = walker(), walker(left=99), walker(left=200)
    anna.patch(at("tracks"), {"token": token, "tracks": [kept, gone]}, format="json")
    stale = {"token": token, "tracks": [drawn], "revisions": {drawn["id"]: 7}}
    assert anna.post(at("submit"), stale, format="json").status_code == 409

    last = {"token": token, "tracks": [drawn], "deleted": [gone["id"]]}
    handed_in = anna.post(at("submit"), last, format="json")

    assert (handed_in.status_code, handed_in.json()["tracks"]) == (201, 2)
    from workforce.labels.models import LabelSet

    with scope(cast.harbour.id):
        frozen_set = LabelSet.objects.get()
        acts = [entry.action for entry in AuditEntry.objects.filter(actor_id=cast.anna.id)]
    tracks = {item["id"]: item for item in json.loads(frozen_set.content)["tracks"]}
    assert tracks == {kept["id"]: kept, drawn["id"]: drawn}
    assert sorted(acts)[-3:] == ["labels.saved", "labels.saved", "labels.submitted"]


def test_last_changes_that_come_after_the_lease_are_kept(cast, api, task, at):
    anna = api(cast.anna)
    old = lease(cast.anna, task.id)
    lease(cast.amir, task.id)
    track = walker()

    refused = anna.post(at("submit"), {"token": old, "tracks": [track]}, format="json")
    again = anna.post(at("submit"), {"token": old}, format="json")

    assert [(a.status_code, a.json()["code"]) for a in (refused, again)] == [
        (409, "lease_lost")
    ] * 2
    (draft,) = anna.get(at("drafts")).json()["results"]
    assert draft["tracks"] == [track]


def test_even_what_the_database_cannot_hold_is_kept_as_a_draft(cast, api, task, at):
    anna = api(cast.anna)
    old = lease(cast.anna, task.id)
    lease(cast.amir, task.id)
    odd = [{"id": "x\0", "label": "\ud800", "keyframes": [10**400]}]

    body = json.dumps({"token": old, "tracks": odd})
    refused = anna.patch(at("tracks"), body, content_type="application/json")

    assert refused.json()["code"] == "lease_lost"
    (draft,) = json.loads(anna.get(at("drafts")).content)["results"]
    assert draft["tracks"] == odd


def test_a_lease_that_ran_out_saves_nothing(cast, api, task, at):
    token = lease(cast.anna, task.id)

    with frozen(now() + timedelta(hours=1)):
        refused = api(cast.anna).patch(at("tracks"), {"token": token, "tracks": []}, format="json")

    assert refused.json()["code"] == "lease_lost"


@pytest.mark.parametrize(
    ("tracks", "field", "told"),
    [
        ({}, "tracks", "JSON array"),
        ([7], "tracks[0].track", "JSON object"),
        ([walker(), walker(label="dog")], "tracks[1].label", "no label 'dog'"),
        ([walker(start=50, end=60)], "tracks[0].keyframes[0]", "frames 0 to 49"),
    ],
)
def test_wrong_tracks_are_refused_whole(anna_at_work, tracks, field, told):
    anna, url, token = anna_at_work

    refused = anna.patch(url, {"token": token, "tracks": tracks}, format="json")

    assert refused.status_code == 400
    assert refused.json()["field"] == field
    assert told in refused.json()["detail"]
    assert stored(anna, url) == []


@pytest.mark.parametrize(
    "body",
    [
        {"tracks": []},
        {"token": 0},
        {"token": "x"},
        {"token": 1, "deleted": ["x"]},
        {"token": 1, "deleted": "x"},
        {"token": 1, "revisions": {"x": 1}},
        {"token": 1, "revisions": {str(uuid4()): -1}},
        {"token": 1, "revisions": []},
    ],
)
def test_a_malformed_request_is_refused(cast, api, task, at, body):
    lease(cast.anna, task.id)

    assert api(cast.anna).patch(at("tracks"), body, format="json").status_code == 400


def test_a_task_holds_no_more_than_its_limit_of_tracks(cast, api, task, at, monkeypatch):
    monkeypatch.setattr("workforce.labels.services.MAX_TRACKS_PER_TASK", 1)
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)

    many = {"token": token, "tracks": [walker(), walker(left=200)]}

    assert anna.patch(at("tracks"), many, format="json").status_code == 400


def test_the_same_track_id_may_be_used_in_two_tasks(cast, api):
    """Ids are the annotator's to choose: that one is taken elsewhere must not be told."""
    tasks = cut(cast, make_clip(cast))
    track_id = uuid4()
    for task, start in zip(tasks, (0, 50), strict=True):
        token = lease(cast.anna, task.id)
        body = {"token": token, "tracks": [walker(track_id, start=start, end=start + 49)]}
        url = f"/api/v1/t/harbour/tasks/{task.id}/tracks"
        assert api(cast.anna).patch(url, body, format="json").status_code == 200


def test_handing_in_freezes_a_hashed_label_set(cast, api, task, at):
    from workforce.labels.canonical import content_hash
    from workforce.labels.store import latest_label_set, read_label_set

    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    track = walker()
    anna.patch(at("tracks"), {"token": token, "tracks": [track]}, format="json")

    handed_in = anna.post(at("submit"), {"token": token}, format="json")

    assert handed_in.status_code == 201
    assert handed_in.json()["tracks"] == 1
    with scope(cast.harbour.id):
        label_set = latest_label_set(task.id)
        task.refresh_from_db()
    assert label_set.sha256 == handed_in.json()["sha256"]
    assert content_hash(label_set.content.encode()) == label_set.sha256
    assert json.loads(label_set.content)["tracks"] == [track]
    assert [item.to_wire() for item in read_label_set(label_set)] == [track]
    assert label_set.vendor_id == cast.northlight.id
    assert task.state == "submitted"


def test_after_handing_in_nothing_more_is_saved(cast, api, task, at):
    anna = api(cast.anna)
    token = lease(cast.anna, task.id)
    anna.post(at("submit"), {"token": token}, format="json")

    for response in (
        anna.patch(at("tracks"), {"token": token, "tracks": []}, format="json"),
        anna.post(at("submit"), {"token": token}, format="json"),
    ):
        assert response.status_code == 409
        assert response.json()["code"] == "lease_lost"
    assert anna.get(at("tracks")).status_code == 404


def test_label_sets_refuse_to_be_changed(cast, api, task, at):
    from django.db import ProgrammingError, transaction

    from workforce.labels.models import LabelSet

    token = lease(cast.anna, task.id)
    api(cast.anna).post(at("submit"), {"token": token}, format="json")

    with scope(cast.harbour.id):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            LabelSet.objects.update(sha256="0" * 64)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            LabelSet.objects.all().delete()


def test_who_may_read_the_tracks(cast, api, task, at):
    lease(cast.anna, task.id)
    expected = {
        "anna": 200,  # holds the lease
        "clara": 200,  # administers the client
        "umar": 404,
        "vera": 404,
        "amir": 404,
        "rita": 404,
        "nora": 404,
        "olga": 404,
        "arthur": 404,
        "mila": 404,  # another client
        "sam": 404,
    }

    found = {name: api(getattr(cast, name)).get(at("tracks")).status_code for name in expected}

    assert found == expected
    assert api().get(at("tracks")).status_code in {401, 403}
    assert api(cast.mila).get(at("tracks", tenant="museum")).status_code == 404


def test_who_may_write_the_tracks(cast, api, task, at):
    token = lease(cast.anna, task.id)
    body = {"token": token, "tracks": []}

    for name, status in {"clara": 403, "vera": 403, "olga": 403, "mila": 404, "sam": 404}.items():
        person = api(getattr(cast, name))
        assert person.patch(at("tracks"), body, format="json").status_code == status, name
        assert person.post(at("submit"), body, format="json").status_code == status, name
        assert person.get(at("drafts")).status_code == status, name
    assert api(cast.amir).patch(at("tracks"), body, format="json").json()["code"] == "lease_lost"


def test_a_task_that_is_not_there_is_not_found(cast, api):
    url = f"/api/v1/t/harbour/tasks/{uuid4()}/"
    body = {"token": 1, "tracks": []}

    assert api(cast.anna).patch(url + "tracks", body, format="json").status_code == 404
    assert api(cast.anna).post(url + "submit", body, format="json").status_code == 404
    assert api(cast.clara).get(url + "tracks").status_code == 404
