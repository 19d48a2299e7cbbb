"""Where two tasks meet and it is not sure who is who, somebody decides, and it is stitched anew."""

import json
from uuid import UUID

import pytest

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.cast import sign_in
from workforce.delivery.building import read_clip
from workforce.delivery.models import SeamDecision
from workforce.tasks.models import Task


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


def test_a_clip_of_somebody_else_has_no_questions(cast, client, clip):
    sign_in(client, cast.mila)
    assert client.get(f"/t/harbour/clips/{clip.id}/seams").status_code == 404
    assert client.get(f"/t/museum/clips/{clip.id}/seams").status_code == 404
