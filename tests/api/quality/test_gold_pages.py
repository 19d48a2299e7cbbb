"""Gold is made of reviewed work on a page, corrected into versions, and retired."""

import json
from uuid import UUID

import pytest

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.api.quality.test_gold_flow import always_gold, scores, truthful, work
from workforce.quality.models import GoldTruth

PAGE = "/t/harbour/gold"


@pytest.fixture
def clip(cast):
    made = make_clip(cast)
    hire(cast, cast.anna, cast.rita)
    return made


@pytest.fixture
def reviewed(cast, api, clip, run_jobs):
    """A task that Anna labelled (a person and a vehicle) and Rita accepted; the next is open."""
    task = cut(cast, clip)[0]
    place = f"/api/v1/t/harbour/tasks/{task.id}"
    tracks = [walker(UUID(int=1)), walker(UUID(int=2), left=200.0, label="vehicle")]
    token = lease(cast.anna, task.id)
    anna, rita = api(cast.anna), api(cast.rita)
    saved = anna.patch(f"{place}/tracks", {"token": token, "tracks": tracks}, format="json")
    assert saved.status_code == 200, saved.content
    assert anna.post(f"{place}/submit", {"token": token}, format="json").status_code == 201
    run_jobs()
    held = lease(cast.rita, task.id, work="review")
    accepted = rita.post(
        f"{place}/review", {"token": held, "outcome": "accept", "reasons": []}, format="json"
    )
    assert accepted.status_code < 300, accepted.content
    run_jobs()
    return task


def text(answer):
    return answer.content.decode()


def made_of(clara, task, **more):
    return clara.post(PAGE, {"task": str(task.id), "use": "", **more})


def newest(cast):
    with scope(cast.harbour.id):
        return GoldTruth.objects.latest("version")


def test_reviewed_work_becomes_gold_once(cast, clara, reviewed):
    listed = text(clara.get(PAGE))
    assert "No gold is in use" in listed
    assert f'value="{reviewed.id}"' in listed
    made = made_of(clara, reviewed)
    assert made.status_code == 302
    shown = text(clara.get(made["Location"]))
    assert "Mixed into work, unseen" in shown
    assert 'data-frame="49"' in shown
    assert "Nobody yet" in shown
    listed = text(clara.get(PAGE))
    assert "One piece of gold is in use" in listed
    assert f'value="{reviewed.id}"' not in listed
    again = clara.post(PAGE, {"task": str(reviewed.id), "use": ""}, follow=True)
    assert "gold already" in text(again)
    with scope(cast.harbour.id):
        actions = {json.loads(bytes(row.body))["action"] for row in AuditEntry.objects.all()}
    assert {"gold.created", "labels.gold.read"} <= actions


def test_gold_for_quizzes_is_made_on_the_same_page(cast, clara, reviewed):
    made = made_of(clara, reviewed, use="3")
    assert "Quizzes that lead to level 3" in text(clara.get(made["Location"]))
    listed = f"/api/v1{PAGE}"
    for asked, count in (("use=quiz", 1), ("use=work", 0), ("state=active", 1), ("project=x", 0)):
        assert len(clara.get(f"{listed}?{asked}").json()["results"]) == count, asked
    assert "Quiz, level 3" in text(clara.get(f"{PAGE}?use=quiz"))
    assert "No gold is like that" in text(clara.get(f"{PAGE}?use=work"))
    assert "A quiz leads to" in text(
        clara.post(PAGE, {"task": str(reviewed.id), "use": "9"}, follow=True)
    )


def test_what_no_reviewer_saw_is_not_offered(cast, clara, reviewed):
    with scope(cast.harbour.id):
        other = reviewed.clip.tasks.exclude(id=reviewed.id).earliest("start_frame")
        type(other).objects.filter(id=other.id).update(state="accepted")
    listed = text(clara.get(PAGE))
    assert f'value="{other.id}"' not in listed


def test_a_truth_is_corrected_into_the_next_version(cast, clara, reviewed):
    place = made_of(clara, reviewed)["Location"]
    first = newest(cast)
    vehicle, person = UUID(int=2), UUID(int=1)
    same = {f"label-{person}": "person", f"label-{vehicle}": "vehicle"}
    nothing = clara.post(place, {"act": "correct", **same}, follow=True)
    assert "Nothing would change" in text(nothing)
    made = clara.post(place, {"act": "correct", **same, "out": str(vehicle)}, follow=True)
    assert "Version 2 is the truth now" in text(made)
    second = newest(cast)
    assert (second.version, second.replaces_id) == (2, first.id)
    assert [t["id"] for t in json.loads(second.content)["tracks"]] == [str(person)]
    with scope(cast.harbour.id):
        assert GoldTruth.objects.get(id=first.id).state == "retired"

    called = clara.post(
        f"{PAGE}/{second.id}", {"act": "correct", f"label-{person}": "vehicle"}, follow=True
    )
    assert "Version 3 is the truth now" in text(called)
    assert json.loads(newest(cast).content)["tracks"][0]["label"] == "vehicle"
    late = clara.post(place, {"act": "correct", **same, "out": str(vehicle)}, follow=True)
    assert "retired" in text(late)
    assert clara.post(place, {"act": "correct", "out": str(UUID(int=9))}).status_code == 404


def test_a_reviewed_revision_becomes_the_truth_again(cast, clara, reviewed):
    place = made_of(clara, reviewed)["Location"]
    assert "The truth" in text(clara.get(place))
    vehicle = UUID(int=2)
    clara.post(place, {"act": "correct", "out": str(vehicle)})
    second = f"{PAGE}/{newest(cast).id}"
    with scope(cast.harbour.id):
        labels = reviewed.label_sets.get()
    assert f'value="{labels.id}"' in text(clara.get(second))
    clara.post(second, {"act": "revision", "labels": str(labels.id)})
    third = newest(cast)
    assert third.version == 3
    assert third.sha256 == labels.sha256
    assert clara.post(second, {"act": "revision", "labels": str(UUID(int=7))}).status_code == 404


def test_it_tells_who_had_it_and_how_they_did_without_a_name(cast, api, clara, reviewed, run_jobs):
    place = made_of(clara, reviewed)["Location"]
    hire(cast, cast.amir)
    with scope(cast.harbour.id):
        clip = reviewed.clip
    always_gold(clara, clip)
    work(api(cast.amir), run_jobs, truthful)
    (score,) = scores(clara)
    shown = text(clara.get(place))
    assert str(cast.amir.id)[:8] in shown
    assert "Amir" not in shown
    assert f"{score['metrics']['HOTA']:.2f}" in shown
    assert "1 of 50 people" in shown


def test_retired_gold_measures_nobody(cast, clara, reviewed):
    place = made_of(clara, reviewed)["Location"]
    assert "Retired" in text(clara.post(place, {"act": "retire"}, follow=True))
    assert newest(cast).state == "retired"
    assert "No gold is in use" in text(clara.get(PAGE))


def test_gold_of_another_client_does_not_exist(cast, api, clara, reviewed):
    made = made_of(clara, reviewed)["Location"].rpartition("/")[2]
    mila = api(cast.mila)
    assert mila.get(f"/t/museum/gold/{made}").status_code == 404
    assert mila.post(f"/t/museum/gold/{made}", {"act": "retire"}).status_code == 404
    assert mila.post("/t/museum/gold", {"task": str(reviewed.id), "use": ""}).status_code == 404
    assert newest(cast).state == "active"


def test_a_truth_is_drawn_anew_in_the_workbench_and_is_the_next_version(cast, api, clara, reviewed):
    place = made_of(clara, reviewed)["Location"]
    gold = newest(cast)
    url = f"/api/v1/t/harbour/gold/{gold.id}/truth"
    page = text(clara.get(f"{place}/draw"))
    assert url in page
    assert "Save as version 2" in page
    client = api(cast.clara)
    truth = client.get(url).json()["tracks"]
    assert {track["id"] for track in truth} == {str(UUID(int=1)), str(UUID(int=2))}

    moved = walker(UUID(int=1), left=30.0)
    body = {"tracks": [moved, walker(UUID(int=3), left=60.0)], "deleted": [str(UUID(int=2))]}
    made = client.post(url, body, format="json")

    assert made.status_code == 201, made.json()
    assert made.json()["version"] == 2
    tracks = json.loads(newest(cast).content)["tracks"]
    assert [track["id"] for track in tracks] == [str(UUID(int=1)), str(UUID(int=3))]
    assert tracks[0]["keyframes"][0][2] == moved["keyframes"][0][2]
    assert "retired" in client.post(url, body, format="json").json()["detail"]
    assert clara.get(f"{place}/draw").status_code == 409
    again = f"/api/v1/t/harbour/gold/{newest(cast).id}/truth"
    assert "Nothing would change" in client.post(again, {}, format="json").json()["detail"]
    wrong = client.post(again, {"tracks": [{"id": "x"}]}, format="json")
    assert wrong.status_code == 400
    assert api(cast.rita).get(again).status_code == 403
