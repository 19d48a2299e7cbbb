"""Tasks of links: made of finished clips, leased, answered, undone, handed in."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from billing.statements.models import WorkReading
from core.access.door import enter, require_frames
from core.audit.models import AuditEntry
from core.clock import now
from core.errors import NotFound
from core.tenancy.scope import scope
from tests.api.links.street import Desk, filmed, link_tasks, ordered, street
from tests.cast import sign_in
from workforce.delivery.link_tasks import make_link_tasks
from workforce.labels.models import LabelSet
from workforce.links.content import read_content
from workforce.links.models import LinkDecision
from workforce.tasks.models import QueueEntry, Task


@pytest.fixture
def town(cast, run_jobs):
    return street(cast, run_jobs)


@pytest.fixture
def desk(cast, api, clara, town, run_jobs):
    """Anna's desk: who of the yard was at the gate."""
    ordered(clara, run_jobs, town.project)
    (task,) = link_tasks(cast)
    return Desk(api, cast.anna, task)


def entries(cast, action):
    with scope(cast.harbour.id):
        rows = [json.loads(bytes(row.body)) for row in AuditEntry.objects.order_by("time", "id")]
    return [row for row in rows if row["action"] == action]


def pairs(told):
    return {frozenset(one["chain"][:: len(one["chain"]) - 1]) for one in told["contradictions"]}


def test_the_later_clip_asks_about_its_tracks_with_place_and_time(cast, town, desk):
    told = desk.read()

    assert desk.task.clip_id == town.clips[1].id, "the gate's clip has nobody to compare with"
    items = {UUID(item["track"]).int: item for item in told["items"]}
    assert {n for n, item in items.items() if item["subject"]} == {3, 4}
    assert items[1]["site"] == "North harbour"
    assert (items[1]["camera"], items[3]["camera"]) == ("Gate", "Yard")
    assert items[1]["time_zone"] == "Europe/Brussels"
    assert items[4]["begins"] == "2026-11-20T12:02:00.400000Z"
    assert len(items[3]["views"]) == 3
    assert {UUID(told["items"][n]["track"]).int for n in items[3]["candidates"]} == {1, 2}
    assert told["unsettled"] == [items[3]["number"], items[4]["number"]]
    assert entries(cast, "links.cut")[0]["details"]["tasks"] == [str(desk.task.id)]
    assert entries(cast, "labels.links.read")[0]["details"] == {
        "tracks": 4, "links": 0, "purpose": "task",
    }  # fmt: skip


def test_what_is_said_and_undone_is_there_after_a_reload(cast, desk):
    at = desk.numbers()
    assert desk.say((3, 1, "same"), (3, 2, "different")).status_code == 200
    told = desk.say((3, 1, "unsure")).json()
    assert sorted(map(tuple, told["links"])) == sorted(
        [(*sorted((at[3], at[1])), "unsure"), (*sorted((at[3], at[2])), "different")]
    )
    assert told["identities"] == []

    told = desk.undo().json()
    assert told["identities"] == [sorted([at[3], at[1]])]
    told = desk.undo().json()
    assert (told["links"], told["undoable"]) == ([], False)
    assert desk.undo().status_code == 409
    assert desk.read()["links"] == []
    desk.say((4, 2, "same"))
    assert desk.read()["identities"] == [sorted([at[4], at[2]])]
    with scope(cast.harbour.id):
        rows = list(LinkDecision.objects.order_by("step").values_list("step", "undoes").distinct())
    assert rows == [(1, None), (2, None), (3, 2), (4, 1), (5, None)], "nothing is taken away"
    assert len(entries(cast, "links.undone")) == 2


def test_saying_the_same_again_changes_nothing(cast, desk):
    desk.say((3, 1, "same"))
    desk.say((1, 3, "same"))

    with scope(cast.harbour.id):
        assert LinkDecision.objects.count() == 1


def test_contradictions_are_listed_with_the_chain_and_hold_the_task_back(cast, desk):
    at = desk.numbers()
    told = desk.say((3, 1, "same"), (4, 1, "same"), (4, 2, "different")).json()

    # 3 and 4 are in the yard's picture at once.
    assert [one["kind"] for one in told["contradictions"]] == ["two_places"]
    assert pairs(told) == {frozenset((at[3], at[4]))}
    assert told["contradictions"][0]["chain"][1] == at[1]
    told = desk.say((3, 4, "different")).json()
    assert [one["kind"] for one in told["contradictions"]] == ["intransitive", "two_places"]
    refused = desk.submit()
    assert refused.status_code == 409
    assert "cannot all be true" in refused.json()["detail"]

    assert desk.submit(accept_contradictions=True).status_code == 201
    with scope(cast.harbour.id):
        content = read_content(LabelSet.objects.get(task=desk.task).content)
    assert [one.kind for one in content.problems] == ["intransitive", "two_places"]


def test_a_task_is_handed_in_when_every_subject_is_settled_and_is_accepted_like_any(
    cast, desk, run_jobs
):
    desk.say((3, 1, "same"))
    refused = desk.submit()
    assert refused.status_code == 409
    assert "1 of the tracks" in refused.json()["detail"]
    desk.say((4, 1, "different"), (4, 2, "unsure"))

    assert desk.submit().status_code == 201
    run_jobs()
    with scope(cast.harbour.id):
        label_set = LabelSet.objects.get(task=desk.task)
        assert Task.objects.get(id=desk.task.id).state == Task.State.ACCEPTED
    content = read_content(label_set.content)
    said = {frozenset((x.first[1].int, x.second[1].int)): str(x.verdict) for x in content.links}
    assert said == {
        frozenset((1, 3)): "same", frozenset((1, 4)): "different", frozenset((2, 4)): "unsure",
    }  # fmt: skip
    assert {one[1].int for one in content.subjects} == {3, 4}
    assert len(content.items) == 4
    with scope(cast.northlight.id):
        paid = WorkReading.objects.filter(source__startswith=f"task/{desk.task.id}/")
        assert [(row.unit, row.quantity) for row in paid] == [("link", 2)], "tracks, no frames"


def test_a_late_save_is_refused_and_kept_as_a_draft(cast, desk):
    desk.numbers()
    desk.say((3, 1, "unsure"))
    QueueEntry.objects.filter(task_id=desk.task.id).update(lease_until=now() - timedelta(seconds=1))

    for verdict in ("same", "different"):
        late = desk.say((3, 1, verdict), token=desk.token)
        assert (late.status_code, late.json()["code"]) == (409, "lease_lost")
    assert desk.undo().json()["code"] == "lease_lost"
    assert desk.submit().json()["code"] == "lease_lost"
    with scope(cast.harbour.id):
        assert LinkDecision.objects.get().verdict == "unsure"
    (draft,) = desk.client.get(f"/api/v1/t/harbour/tasks/{desk.task.id}/drafts").json()["results"]
    assert [said[2] for said in draft["links"]] == ["same", "different"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((0, 99, "same"), "no track 99"),
        ((0, 0, "same"), "same as itself"),
        ((2, 3, "same"), "asks about"),
    ],
    ids=["unknown", "itself", "two candidates"],
)
def test_what_cannot_be_said_is_refused(desk, said, words):
    links = [dict(zip(("first", "second", "verdict"), said, strict=True))]
    answer = desk.client.post(desk.place, {"token": desk.token, "links": links}, format="json")

    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_nothing_is_drawn_in_a_task_of_links_and_nothing_linked_in_others(cast, api, desk):
    place = desk.place.removesuffix("/links")
    body = {"token": desk.token, "tracks": []}
    assert desk.client.patch(f"{place}/tracks", body, format="json").status_code == 409
    assert desk.client.post(f"{place}/submit", body, format="json").status_code == 409
    with scope(cast.harbour.id):
        drawn = Task.objects.filter(task_type="boxes").first()
    other = Desk(api, cast.amir, drawn)
    assert other.read()["items"] == []
    assert other.submit().status_code == 409
    assert "drawn in" in other.submit().json()["detail"]


def test_a_worker_with_the_skill_is_given_it_and_sees_the_frames_of_its_tracks_only(
    cast, api, clara, town, run_jobs
):
    filmed(cast, run_jobs, town.project, town.yard, 9, {5: (20, 29)})
    ordered(clara, run_jobs, town.project)
    with scope(cast.harbour.id):
        Task.objects.exclude(task_type="links").update(state="closed")
        tasks = {
            UUID(int=5) in {i.track_id for i in t.link_items.all()}: t for t in link_tasks(cast)
        }
    QueueEntry.objects.exclude(task_id=tasks[True].id).update(state="done")

    taken = api(cast.amir).post("/api/v1/t/northlight/lease", {}, format="json")
    assert taken.json()["task"]["task_type"] == "links", taken.content
    entry = enter(cast.amir, "harbour")
    clip = tasks[True].clip_id
    asked = {"user_id": cast.amir.id, "clip_id": clip}
    assert require_frames(entry, **asked, first=25, last=49) is not None
    for first, last in ((0, 19), (30, 49)):
        with pytest.raises(NotFound):
            require_frames(entry, **asked, first=first, last=last)
    candidate = {**asked, "clip_id": town.clips[0].id}
    assert require_frames(entry, **candidate, first=0, last=49) is not None
    with pytest.raises(NotFound):
        require_frames(
            enter(cast.anna, "harbour"), user_id=cast.anna.id, clip_id=clip, first=25, last=25
        )


def test_each_pair_is_asked_about_once_however_often_links_are_ordered(
    cast, api, clara, town, desk, run_jobs
):
    place = f"/api/v1/t/harbour/projects/{town.project.id}/links"
    assert clara.post(place, {}, format="json").status_code == 409
    filmed(cast, run_jobs, town.project, town.gate, 5, {5: (0, 9), 6: (20, 29)})
    ordered(clara, run_jobs, town.project)

    assert len(link_tasks(cast)) == 2
    later = Desk(api, cast.amir, link_tasks(cast)[1])
    items = later.read()["items"]
    candidates = {
        UUID(item["track"]).int: {UUID(items[n]["track"]).int for n in item["candidates"]}
        for item in items
        if item["subject"]
    }
    assert candidates == {5: {1, 2, 3, 4}, 6: {1, 2, 3, 4, 5}}
    assert clara.post(place, {}, format="json").status_code == 409

    filmed(cast, run_jobs, town.project, town.gate, 8, {7: (0, 9)})
    with scope(cast.harbour.id):
        Task.objects.filter(clip=town.clips[0]).update(state="open")
    refused = clara.post(place, {}, format="json")
    assert "worked on again" in refused.json()["detail"]
    assert make_link_tasks(tenant=cast.harbour.id, project_id=town.project.id) == []


def test_links_are_ordered_for_a_project_of_ones_own(cast, api, clara, town, run_jobs):
    place = f"projects/{town.project.id}/links"
    mila = api(cast.mila)
    assert mila.post(f"/api/v1/t/museum/{place}", {}, format="json").status_code == 404
    assert mila.post(f"/api/v1/t/harbour/{place}", {}, format="json").status_code == 404
    assert link_tasks(cast) == []
    sliced = clara.post(
        f"/api/v1/t/harbour/clips/{town.clips[0].id}/tasks", {"task_type": "links"}, format="json"
    )
    assert sliced.status_code == 400
    gold = {"clip": str(town.clips[0].id), "start_frame": 0, "end_frame": 9, "task_type": "links"}
    answer = clara.post("/api/v1/t/harbour/gold", {**gold, "tracks": []}, format="json")
    assert answer.status_code == 400


def test_another_client_and_a_person_without_the_lease_see_nothing(cast, api, clara, desk):
    for person, slug in ((cast.mila, "harbour"), (cast.mila, "museum"), (cast.amir, "harbour")):
        place = desk.place.replace("harbour", slug)
        assert api(person).get(place).status_code == 404
    assert clara.get(desk.place).status_code == 200, "she may read labels"
    said = {"token": desk.token, "links": [{"first": 0, "second": 2, "verdict": "same"}]}
    assert api(cast.amir).post(desk.place, said, format="json").json()["code"] == "lease_lost"


def test_cameras_that_see_one_place_make_two_sightings_no_contradiction(
    cast, clara, town, desk, run_jobs
):
    with scope(cast.harbour.id):
        clip = town.clips[1]
        type(clip).objects.filter(id=clip.id).update(starts_at=town.clips[0].starts_at)
        from workforce.links.models import LinkItem

        # Ten seconds by the clock, which is more than clocks may differ.
        for item in LinkItem.objects.all():
            item.runs = [[0, 49, 0.0, 10.0]]
            item.save()
    assert [c["kind"] for c in desk.say((3, 1, "same")).json()["contradictions"]] == ["two_places"]

    views = "/api/v1/t/harbour/shared-views"
    pair = {"first": str(town.gate), "second": str(town.yard), "shared": True}
    assert len(clara.put(views, pair, format="json").json()["results"]) == 1
    assert len(clara.put(views, pair, format="json").json()["results"]) == 1
    assert desk.read()["contradictions"] == []
    assert clara.put(views, {**pair, "shared": False}, format="json").json()["results"] == []
    assert clara.put(views, {**pair, "second": pair["first"]}, format="json").status_code == 400
    assert clara.put(views, {**pair, "second": str(uuid4())}, format="json").status_code == 404
    actions = [len(entries(cast, f"cameras.views_{what}")) for what in ("shared", "parted")]
    assert actions == [1, 1]


def test_the_project_s_page_says_what_waits_and_has_the_tasks_made(
    cast, clara, client, town, run_jobs
):
    sign_in(client, cast.clara)
    place = f"/t/harbour/projects/{town.project.id}/links"
    page = client.get(place).content.decode()
    assert '<dt>Wait to be linked</dt><dd class="tn">2</dd>' in page
    assert "being made" in client.post(place, {"act": "link"}, follow=True).content.decode()
    run_jobs()

    assert len(link_tasks(cast)) == 1
    again = client.post(place, {"act": "link"}, follow=True).content.decode()
    assert "No clip waits to be linked" in again
    assert '<dt>To do</dt><dd class="tn">1 task</dd>' in again
    pair = {"first": str(town.gate), "second": str(town.yard)}
    assert (
        "Gate and Yard"
        in client.post(place, {"act": "share", **pair}, follow=True).content.decode()
    )
    page = client.post(place, {"act": "part", **pair}, follow=True).content.decode()
    assert "None so far" in page
    assert client.post(place, {"act": "share", "first": "x"}).status_code == 404
    sign_in(client, cast.vera)
    assert client.post(place, {"act": "link"}).status_code == 403
