"""Where two tasks meet and it is not sure who is who, somebody decides, and it is stitched anew."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from core.access.actors import Actor
from core.access.door import enter
from core.audit.models import AuditEntry
from core.clock import now
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.cast import call, sign_in
from workforce.delivery.building import read_clip
from workforce.delivery.models import OpenSeams, SeamDecision
from workforce.delivery.seam_access import frames_of_seams
from workforce.delivery.seam_review import count_open
from workforce.people.models import Standing
from workforce.tasks.models import Task
from workforce.tasks.requirements import set_requirements


@pytest.fixture
def clip(cast, api):
    """Two accepted tasks that share ten frames; the second walker lies too far to be sure."""
    made = make_clip(cast)
    with scope(cast.harbour.id):
        made.project.task_frames, made.project.task_overlap = 55, 10
        made.project.save()
    hire(cast, cast.anna)
    first, second = cut(cast, made)
    drawn = [
        (first, walker(UUID(int=1), start=0, end=54)),
        (second, walker(UUID(int=2), start=45, end=99, left=10.0 + 2 * 45 + 18)),
    ]
    for task, track in drawn:
        token = lease(cast.anna, task.id)
        place = f"/api/v1/t/harbour/tasks/{task.id}"
        body = {"token": token, "tracks": [track]}
        saved = api(cast.anna).patch(f"{place}/tracks", body, format="json")
        assert saved.status_code == 200, saved.content
        api(cast.anna).post(f"{place}/submit", {"token": token}, format="json")
    with scope(cast.harbour.id):
        Task.objects.filter(clip=made).update(state=Task.State.ACCEPTED)
    return made


@pytest.fixture
def page(cast, client, clip):
    """The page as Clara; `page.decide("same")` presses a button of the first question."""
    sign_in(client, cast.clara)
    place = f"/t/harbour/clips/{clip.id}/seams"

    def decide(choice, **fields):
        pair = {"earlier": str(UUID(int=1)), "later": str(UUID(int=2))}
        return client.post(place, {**pair, "choice": choice, **fields}, follow=True)

    def read():
        return client.get(place).content.decode()

    decide.read = read
    return decide


def stitched(cast, clip, monkeypatch):
    monkeypatch.setattr("workforce.delivery.building.redacted_object", lambda _: None)
    with scope(cast.harbour.id):
        content = read_clip(clip)
    return {track.id.int for track in content.tracks}, content.doubts


def test_until_it_is_decided_the_release_says_so(cast, clip, page, monkeypatch):
    ids, doubts = stitched(cast, clip, monkeypatch)

    assert ids == {1, 2}
    (told,) = [doubt.to_json() for doubt in doubts]
    assert (told["why"], told["frame"], told["joined"]) == ("overlap", 49, False)
    shown = page.read()
    assert "less than half" in shown
    assert "kept apart as two" in shown


def test_one_object_is_joined_in_the_next_release_and_the_log_knows(cast, clip, page, monkeypatch):
    assert "Decided" in page("same").content.decode()

    ids, doubts = stitched(cast, clip, monkeypatch)
    assert (ids, doubts) == ({1}, [])
    assert "1 pair decided by hand" in page.read()
    with scope(cast.harbour.id):
        entries = [json.loads(bytes(row.body)) for row in AuditEntry.objects.all()]
    (entry,) = [entry for entry in entries if entry["action"] == "seam.decided"]
    assert entry["details"]["same"] is True


def test_two_objects_stay_two_and_are_asked_no_more(cast, clip, page, monkeypatch):
    page("apart")

    assert stitched(cast, clip, monkeypatch) == ({1, 2}, [])
    assert "no open question any more" in page("same").content.decode()
    with scope(cast.harbour.id):
        assert str(SeamDecision.objects.get()).count("is not") == 1


@pytest.mark.parametrize(
    "fields", [{"choice": "maybe"}, {"earlier": "x"}, {"later": ""}], ids=["choice", "id", "none"]
)
def test_a_decision_about_nothing_is_not_found(page, fields):
    choice = fields.pop("choice", "same")
    assert page(choice, **fields).status_code == 404


def test_a_pair_that_is_no_question_is_refused(cast, page):
    refused = page("same", later=str(UUID(int=9)))

    assert "no open question" in refused.content.decode()
    with scope(cast.harbour.id):
        assert not SeamDecision.objects.exists()


def test_the_pictures_are_the_last_of_one_side_and_the_first_of_the_other(cast, clip, page):
    with scope(cast.harbour.id):
        count_open(clip)
        counted = OpenSeams.objects.get(clip=clip)
    assert (counted.questions, counted.frames) == (1, [25, 37, 49, 50, 62, 74])
    shown = page.read()
    for frame in counted.frames:
        assert f'data-frame="{frame}"' in shown
    assert 'data-cut="' in shown


def test_a_reviewer_of_the_engaged_vendor_decides_and_sees_these_frames_only(cast, api, clip):
    rita, index = api(cast.rita), f"/api/v1/t/harbour/clips/{clip.id}/index"
    place = f"/t/harbour/clips/{clip.id}/seams"
    assert opens(rita, index) is False, "nobody has asked anything yet"
    with scope(cast.harbour.id):
        count_open(clip)
    call(cast.harbour, "Port of Antwerp")
    listed = rita.get("/t/northlight/seams").content.decode()
    assert f"{place}" in listed
    assert "for Port of Antwerp" in listed
    shown = rita.get(place).content.decode()
    assert "gate.mp4" not in shown, "what a client calls its footage is its own"
    assert opens(rita, index) is True
    entry = enter(cast.rita, "harbour")
    held = {
        first: frames_of_seams(entry, cast.rita.id, clip.id, first, first + 11) is not None
        for first in (0, 24, 63, 75)
    }
    assert held == {0: False, 24: True, 63: True, 75: False}

    pair = {"earlier": str(UUID(int=1)), "later": str(UUID(int=2)), "choice": "same"}
    assert "Decided" in rita.post(place, pair, follow=True).content.decode()
    assert opens(rita, index) is False, "what is decided is shown no more"
    assert "Nothing to decide" in rita.get("/t/northlight/seams").content.decode()
    assert api(cast.anna).get(place).status_code == 403


def test_a_reviewer_without_what_the_project_asks_does_not_find_it(cast, api, clip):
    rita, place = api(cast.rita), f"/t/harbour/clips/{clip.id}/seams"
    with scope(cast.harbour.id):
        count_open(clip)
    set_requirements(
        actor=Actor.person(cast.clara), tenant=cast.harbour.id, project_id=clip.project_id,
        clearance="port-area", nda=True,
    )  # fmt: skip
    asked = [("clearance", "port-area"), ("nda", str(cast.harbour.id))]
    for kind, value in asked:
        assert rita.get(place).status_code == 404
        assert "Nothing to decide" in rita.get("/t/northlight/seams").content.decode()
        assert opens(rita, f"/api/v1/t/harbour/clips/{clip.id}/index") is False
        Standing.objects.create(
            vendor_id=cast.northlight.id, person_id=cast.rita.id, kind=kind, value=value,
            expires_at=now() + timedelta(days=1),
        )  # fmt: skip
    assert rita.get(place).status_code == 200
    assert opens(rita, f"/api/v1/t/harbour/clips/{clip.id}/index") is True


def test_a_release_waits_for_open_questions_where_the_project_says_so(
    cast, clara, clip, page, run_jobs
):
    dock.sign(cast)
    dock.redact(clip)
    order = {"project": str(clip.project_id)}
    waiting = clara.post("/t/harbour/releases", {**order, "wait": "yes"}, follow=True)
    assert "wait for open questions" in waiting.content.decode()
    run_jobs()
    refused = clara.post("/api/v1/t/harbour/releases", order, format="json")
    assert refused.status_code == 409
    assert "1 question is open" in refused.json()["detail"]
    listed = clara.get("/t/harbour/releases").content.decode()
    assert '<a href="/t/harbour/seams">1 open</a>' in listed
    assert "Build a version" not in listed

    page("same")
    run_jobs()
    assert clara.post("/api/v1/t/harbour/releases", order, format="json").status_code == 201
    with scope(cast.harbour.id):
        waited = [json.loads(bytes(row.body)) for row in AuditEntry.objects.all()]
    assert [e["details"] for e in waited if e["action"] == "release_policy.set"] == [
        {"wait_for_seams": True}
    ]


def test_without_that_policy_a_release_is_built_and_lists_them(cast, clara, clip):
    dock.sign(cast)
    dock.redact(clip)
    order = {"project": str(clip.project_id)}
    assert clara.post("/api/v1/t/harbour/releases", order, format="json").status_code == 201


def opens(client, place) -> bool:
    """Whether the door of frames lets in: the index of this clip was never made."""
    client.raise_request_exception = False
    return client.get(place).status_code != 404


def test_a_clip_of_somebody_else_has_no_questions(cast, client, clip):
    sign_in(client, cast.mila)
    assert client.get(f"/t/harbour/clips/{clip.id}/seams").status_code == 404
    assert client.get(f"/t/museum/clips/{clip.id}/seams").status_code == 404
