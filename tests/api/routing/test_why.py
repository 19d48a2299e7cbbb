"""Why this one, why none, what nobody may take, and how the plan was made: told in words."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from core.clock import now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.cast import sign_in
from workforce.people.models import Worker
from workforce.routing.models import Reservation
from workforce.routing.planner import plan
from workforce.tasks.models import QueueEntry

NORTHLIGHT, HARBOUR = "/api/v1/t/northlight", "/api/v1/t/harbour"


@pytest.fixture
def clip(cast):
    hire(cast, cast.anna)
    clip = make_clip(cast)
    cut(cast, clip)
    return clip


def read(client, person, url) -> str:
    sign_in(client, person)
    return client.get(url).content.decode().replace("&#x27;", "'")


def why(client, person, work="annotate") -> str:
    return read(client, person, f"/t/northlight/work?why={work}")


def hand_in(person, task) -> None:
    from core.access.actors import Actor
    from workforce.labels.services import submit

    token, actor = lease(person, task), Actor.person(person)
    submit(tenant=task_tenant(task), task_id=task, token=token, actor=actor)


def task_tenant(task):
    return QueueEntry.objects.get(task_id=task, work="annotate").tenant_id


def test_what_shuts_the_work_is_counted_without_a_name(cast, api, client, clip):
    asked = f"{HARBOUR}/projects/{clip.project_id}/requirements"
    api(cast.clara).put(asked, {"clearance": "port-area", "nda": True}, format="json")
    sign_in(client, cast.anna)

    sent = client.post("/t/northlight/work", {"work": "annotate"})

    assert sent.url == "/t/northlight/work?why=annotate"
    text = why(client, cast.anna)
    assert '<b class="tn">2</b> ask for a clearance that you do not hold' in text
    assert '<b class="tn">2</b> ask for an NDA' in text
    assert "harbour" not in text
    assert "port-area" not in text


def test_what_of_oneself_is_in_the_way_is_told(cast, client, clip):
    from core.access.actors import Actor
    from workforce.people.services import set_capacity

    with scope(cast.northlight.id):
        worker = Worker.objects.get(user=cast.anna).id
    set_capacity(
        actor=Actor.person(cast.nora), vendor=cast.northlight.id, worker_id=worker, active=False
    )
    text = why(client, cast.anna)
    assert "Not taken on, or resting" in text
    assert "open to you once this is over" in text


def test_nothing_is_counted_while_work_is_in_hand_or_open(cast, api, client, clip):
    """Gold leaves in the queue what it stands in for: a count would tell it from work."""
    assert "take it with the button above" in why(client, cast.anna)
    api(cast.anna).post(f"{NORTHLIGHT}/lease", {}, format="json")
    text = why(client, cast.anna)
    assert "You have a task in hand" in text
    assert '<b class="tn">' not in text


def test_reviews_of_ones_own_work_are_in_no_count(cast, api, client, clip, run_jobs):
    hire(cast, cast.rita)
    for task in QueueEntry.objects.values_list("task_id", flat=True):
        hand_in(cast.rita, task)
    run_jobs()
    assert QueueEntry.objects.filter(work="review", state="waiting").count() == 2

    assert "Nothing of this kind waits at all" in why(client, cast.rita, "review")


@pytest.mark.parametrize("gold", [False, True])
def test_the_reasons_of_a_decision_are_read_by_person_and_manager(cast, api, client, clip, gold):
    if gold:
        rates = {"pass_mark": 0.7, "gold_rate_min": 1, "gold_rate_max": 1}
        clara = api(cast.clara)
        clara.put(f"{HARBOUR}/projects/{clip.project_id}/quality", rates, format="json")
        body = {"clip": str(clip.id), "start_frame": 0, "end_frame": 49, "tracks": [walker()]}
        assert clara.post(f"{HARBOUR}/gold", body, format="json").status_code == 201
    free = api(cast.anna).post(f"{NORTHLIGHT}/lease", {}, format="json").json()
    text = read(client, cast.anna, "/t/northlight/work")
    assert "Why this one" in text
    assert "It was next in order: priority 5 (0 comes first), without a date." in text
    assert "assigned it" not in text, "gold is kept for its person, which must not show"

    token = {"token": free["lease"]["token"]}
    submitted = f"{HARBOUR}/tasks/{free['task']['id']}/submit"
    api(cast.anna).post(submitted, token, format="json")
    waiting = QueueEntry.objects.filter(state="waiting")
    body = {"entries": [str(row.id) for row in waiting], "person": str(cast.anna.id)}
    assert api(cast.nora).post(f"{NORTHLIGHT}/assign", body, format="json").status_code == 201
    api(cast.anna).post(f"{NORTHLIGHT}/lease", {}, format="json")
    with scope(cast.northlight.id):
        worker = Worker.objects.get(user=cast.anna).id
    told = read(client, cast.nora, f"/t/northlight/people/{worker}")
    assert told.count("The vendor manager assigned it.") == 1
    assert told.count("It was next in order") == 2


@pytest.mark.parametrize("how", ["asked for", "not settled"])
def test_a_greedy_plan_is_noted_on_the_board(cast, client, clip, settings, monkeypatch, how):
    plan(cast.northlight.id)
    assert "made greedily" not in read(client, cast.nora, "/t/northlight/board")
    if how == "asked for":
        settings.ROUTING_PLANNER = "greedy"
    else:
        monkeypatch.setattr("workforce.routing.flow.ROUNDS", 0)

    plan(cast.northlight.id)

    with scope(cast.northlight.id):
        assert {row.solver for row in Reservation.objects.all()} == {"greedy"}
    assert "made greedily" in read(client, cast.nora, "/t/northlight/board")


def test_the_board_shows_what_is_asked_for(cast, client, clip):
    other = make_clip(cast)
    cut(cast, other)
    entries = QueueEntry.objects.filter(project_id=clip.project_id)
    entries.update(due_at=now() - timedelta(hours=1))
    name, others = clip.project.name, other.project.name

    def columns(query) -> tuple[bool, bool]:
        text = read(client, cast.nora, f"/t/northlight/board?{query}")
        return tuple(f'<span class="wcol__n">{one}</span>' in text for one in (name, others))

    assert columns("") == (True, True)
    assert columns(f"project={other.project_id}") == (False, True)
    assert columns("due=late") == (True, False)
    assert columns("state=held") == (False, False)
    assert columns("skill=boxes&camera=nonsense&due=tomorrow") == (True, True)
    assert "Nothing like this waits" in read(client, cast.nora, "/t/northlight/board?skill=x")


def test_a_review_without_a_third_person_is_told_with_what_to_do(cast, client, clip, run_jobs):
    task = QueueEntry.objects.values_list("task_id", flat=True).first()
    hire(cast, cast.rita)
    hand_in(cast.rita, task)
    run_jobs()

    text = read(client, cast.nora, "/t/northlight/board")
    assert "1 review of harbour" in text
    assert "Every reviewer here (1) has had a part in it. Take on another reviewer" in text

    QueueEntry.objects.filter(work="review").update(excluded=[cast.anna.id])
    assert "Nobody here may take this" not in read(client, cast.nora, "/t/northlight/board")
    QueueEntry.objects.filter(work="review").update(excluded=[cast.anna.id], level=4)
    assert "Nobody here may take this" not in read(client, cast.nora, "/t/northlight/board")
    cache.delete(f"nothing-stuck:{cast.northlight.id}")  # a minute later
    assert "the others lack a skill" in read(client, cast.nora, "/t/northlight/board")
