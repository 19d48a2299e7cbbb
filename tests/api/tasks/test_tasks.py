"""Tasks: cut from a ready clip, listed, and leased with a token that fences late saves off."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.outbox.models import Event
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip, walker
from workforce.tasks.leases import LEASE, sweep_expired
from workforce.tasks.models import QueueEntry, Task

LEASES = "/api/v1/t/northlight/lease"


@pytest.fixture
def clip(cast):
    return make_clip(cast, frames=120)


def slice_it(client, clip, tenant="harbour", **body):
    return client.post(f"/api/v1/t/{tenant}/clips/{clip.id}/tasks", body, format="json")


def pull(client, status=200):
    answer = client.post(LEASES, {}, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if status == 200 else answer


def place(task, what=""):
    return f"/api/v1/t/harbour/tasks/{task}{what}"


def test_a_clip_is_cut_once_with_its_wishes(cast, clara, clip):
    due = now() + timedelta(days=1)
    made = slice_it(clara, clip, priority=2, due_at=due.isoformat())

    assert made.status_code == 201
    frames = [(task["start_frame"], task["end_frame"]) for task in made.json()["results"]]
    assert frames == [(0, 49), (50, 99), (100, 119)]
    entries = QueueEntry.objects.all()
    assert {(e.priority, e.due_at, e.work) for e in entries} == {(2, due, "annotate")}
    assert Event.objects.filter(topic="clip.sliced").count() == 1

    assert slice_it(clara, clip).status_code == 409
    assert QueueEntry.objects.count() == 3


@pytest.mark.parametrize(
    "body", [{"task_type": "poems"}, {"priority": 10}, {"priority": -1}, {"due_at": "soon"}]
)
def test_a_cut_that_makes_no_sense_is_refused(clara, clip, body):
    assert slice_it(clara, clip, **body).status_code == 400
    assert not QueueEntry.objects.exists()


def test_a_clip_that_is_not_ready_or_not_there_is_not_cut(cast, api, clara, clip):
    with scope(cast.harbour.id):
        clip.state = "preparing"
        clip.save()
    assert slice_it(clara, clip).status_code == 409
    assert slice_it(api(cast.mila), clip, "museum").status_code == 404


def test_a_prepared_clip_is_cut_by_itself_and_again_changes_nothing(cast, clip, run_jobs):
    from core.outbox.events import emit

    for _ in range(2):
        emit("clip.prepared", tenant=cast.harbour.id, data={"clip": str(clip.id)})
        run_jobs()
    assert QueueEntry.objects.count() == 3


def test_tasks_are_listed_in_pages_and_by_what_is_asked(cast, clara, clip):
    cut(cast, clip)
    other = make_clip(cast, frames=10)
    cut(cast, other)
    tasks = place("")[:-1]

    assert len(clara.get(tasks).json()["results"]) == 4
    by_clip = clara.get(tasks, {"clip": str(clip.id)}).json()
    assert [task["start_frame"] for task in by_clip["results"]] == [0, 50, 100]
    assert by_clip["next"] is None
    by_project = clara.get(tasks, {"project": str(other.project_id)}).json()
    assert len(by_project["results"]) == 1
    assert clara.get(tasks, {"state": "accepted"}).json()["results"] == []
    third = clara.get(tasks, {"limit": "3"}).json()["next"]
    assert len(clara.get(tasks, {"cursor": third}).json()["results"]) == 1


def test_a_long_list_says_where_it_goes_on(cast, clara):
    with scope(cast.harbour.id):
        clip = make_clip(cast, frames=101 * 2)
        clip.project.task_frames = 2
        clip.project.save()
    cut(cast, clip)
    tasks = place("")[:-1]

    first = clara.get(tasks).json()
    rest = clara.get(tasks, {"cursor": first["next"]}).json()

    assert len(first["results"]) == 100
    assert (len(rest["results"]), rest["next"]) == (1, None)


@pytest.mark.parametrize(
    "query",
    [{"clip": "x"}, {"project": "1"}, {"state": "odd"}, {"limit": "²"}, {"limit": "9" * 10}],
)
def test_a_question_that_makes_no_sense_is_refused(clara, query):
    answer = clara.get(place("")[:-1], query)
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, [*query])


def test_one_task_is_read_by_those_who_list_and_by_who_holds_it(cast, api, clara, clip):
    first, *_ = cut(cast, clip)
    hire(cast, cast.anna)
    anna = api(cast.anna)

    assert clara.get(place(first.id)).json()["ontology_document"]["labels"]
    assert anna.get(place(first.id)).status_code == 404
    leased = pull(anna)
    assert anna.get(place(leased["task"]["id"])).status_code == 200
    assert clara.get(place(uuid4())).status_code == 404
    assert api(cast.mila).get(f"/api/v1/t/museum/tasks/{first.id}").status_code == 404
    with scope(cast.harbour.id):
        assert str(first) == "boxes 0-49"
        assert str(QueueEntry.objects.first()).startswith("annotate")


@pytest.fixture
def anna(cast, api, clip):
    cut(cast, clip)
    hire(cast, cast.anna, cast.amir)
    return api(cast.anna)


def test_a_lease_lives_by_its_heartbeat(cast, api, anna):
    leased = pull(anna)
    beat, token = place(leased["task"]["id"], "/heartbeat"), {"token": leased["lease"]["token"]}
    later = now() + LEASE - timedelta(seconds=5)

    with frozen(later):
        renewed = anna.post(beat, token, format="json")
        assert renewed.status_code == 200
    with frozen(later + timedelta(minutes=1)):
        assert sweep_expired() == 0
        assert pull(anna)["task"] == leased["task"]
    with frozen(later + LEASE + timedelta(seconds=1)):
        lost = anna.post(beat, token, format="json")
        assert (lost.status_code, lost.json()["code"]) == (409, "lease_lost")


def test_a_lease_that_runs_out_goes_to_somebody_else_and_the_late_save_is_kept_as_a_draft(
    cast, api, anna
):
    amir = api(cast.amir)
    first = pull(anna)
    task, old = first["task"]["id"], first["lease"]["token"]
    frames = {"start": first["task"]["start_frame"], "end": first["task"]["end_frame"]}
    save = {"token": old, "tracks": [walker(**frames)]}
    assert anna.patch(place(task, "/tracks"), save, format="json").status_code == 200

    with frozen(now() + LEASE + timedelta(seconds=1)):
        assert sweep_expired() == 1
        assert sweep_expired() == 0
        second = pull(amir)
        assert second["task"]["id"] == task
        assert second["lease"]["token"] > old

        late = anna.patch(
            place(task, "/tracks"),
            {"token": old, "tracks": [walker(**frames, left=99)]},
            format="json",
        )
        assert late.status_code == 409
        submit = anna.post(place(task, "/submit"), {"token": old}, format="json")
        assert submit.status_code == 409
        kept = amir.get(place(task, "/tracks")).json()["tracks"]
        assert [track["keyframes"][0][2][0] for track in kept] == [10.0]

    with scope(cast.harbour.id):
        expired = AuditEntry.objects.get(action="lease.expired")
        assert str(cast.anna.id) in bytes(expired.body).decode()
        assert Task.objects.get(id=task).state == "open"


def test_the_sweep_stops_at_its_limit(cast, api, anna):
    pull(anna)
    pull(api(cast.amir))
    with frozen(now() + LEASE * 2):
        assert sweep_expired(limit=1) == 1
        assert sweep_expired() == 1


def test_a_task_is_given_back_by_who_holds_it_only(cast, api, anna):
    leased = pull(anna)
    give, token = place(leased["task"]["id"], "/release"), leased["lease"]["token"]
    amir = api(cast.amir)

    assert amir.post(give, {"token": token}, format="json").status_code == 409
    assert anna.post(give, {"token": token + 1}, format="json").status_code == 409
    assert anna.post(give, {"token": 10**30}, format="json").status_code == 409
    assert anna.post(give, {"token": 0}, format="json").status_code == 400
    assert anna.post(give, {"token": token}, format="json").status_code == 204
    assert anna.post(give, {"token": token}, format="json").status_code == 409
    assert pull(amir)["task"]["id"] == leased["task"]["id"]
