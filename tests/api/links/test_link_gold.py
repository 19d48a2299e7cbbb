"""Gold of links: made of an accepted task, given like work, scored by B-cubed."""

import pytest

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.api.links.street import Desk, link_tasks, ordered, street
from tests.cast import sign_in
from workforce.labels.models import LabelSet
from workforce.links.models import LinkItem
from workforce.quality.models import GoldTruth, Score, Trust
from workforce.quality.policies import set_policy
from workforce.tasks.models import QueueEntry, Task

RIGHT = [(3, 1, "same"), (3, 2, "different"), (4, 2, "same"), (4, 1, "different")]


@pytest.fixture
def town(cast, run_jobs):
    return street(cast, run_jobs)


@pytest.fixture
def gold(cast, api, clara, town, run_jobs):
    """Anna's links were accepted, and Clara made gold of them; every task is gold from here on."""
    from core.access.actors import Actor

    ordered(clara, run_jobs, town.project)
    (task,) = link_tasks(cast)
    desk = Desk(api, cast.rita, task)
    desk.say(*RIGHT)
    assert desk.submit().status_code == 201
    run_jobs()
    made = clara.post("/api/v1/t/harbour/gold", {"task": str(task.id)}, format="json")
    assert made.status_code == 201, made.content
    values = {"pass_mark": 0.7, "gold_rate_min": 1, "gold_rate_max": 1}
    set_policy(
        actor=Actor.person(cast.clara), tenant=cast.harbour.id, project_id=town.project.id,
        values=values,
    )  # fmt: skip
    # The accepted task's twin waits in the queue: gold is drawn in place of it.
    QueueEntry.objects.filter(task_id=task.id).update(state="waiting", lessee=None)
    QueueEntry.objects.exclude(task_id=task.id).update(state="done")
    return task


def take(cast, api, person):
    taken = api(person).post("/api/v1/t/northlight/lease", {}, format="json").json()
    task = Task(id=taken["task"]["id"])
    desk = Desk.__new__(Desk)
    desk.client, desk.place = api(person), f"/api/v1/t/harbour/tasks/{task.id}/links"
    desk.token, desk.task = taken["lease"]["token"], task
    return desk, taken


@pytest.mark.parametrize(
    ("said", "passed"),
    [
        (RIGHT, True),
        ([(3, 2, "same"), (3, 1, "different"), (4, 1, "same"), (4, 2, "different")], False),
    ],
    ids=["right", "swapped"],
)
def test_gold_is_given_as_work_and_scored_by_b_cubed(
    cast, api, clara, client, gold, said, passed, run_jobs
):
    desk, taken = take(cast, api, cast.amir)
    assert taken["task"]["id"] != str(gold.id), "a copy"
    with scope(cast.harbour.id):
        real = Task.objects.get(id=gold.id)
        shown, copied = (
            list(
                LinkItem.objects.filter(task_id=one)
                .order_by("number")
                .values_list("clip_id", "track_id", "subject", "views", "candidates", "runs")
            )
            for one in (gold.id, desk.task.id)
        )
    assert shown == copied
    assert (taken["task"]["start_frame"], taken["task"]["end_frame"]) == (0, real.end_frame)
    desk.say(*said)
    answer = desk.submit()
    assert set(answer.json()) == {"label_set", "sha256"}
    run_jobs()

    with scope(cast.harbour.id):
        score = Score.objects.get()
        assert LabelSet.objects.get(id=score.label_set_id).kind == "copy"
    assert score.passed is passed
    assert set(score.gates) == {"B-cubed F1", "B-cubed precision", "B-cubed recall"}
    assert score.gates["B-cubed F1"]["value"] == (1.0 if passed else 0.5)
    assert score.hota is None
    with scope(cast.northlight.id):
        trust = Trust.objects.get(person=cast.amir)
    assert (trust.skill, trust.gold_count) == ("links", 1)
    told = clara.get("/api/v1/t/harbour/scores").json()["results"]
    assert told[0]["metrics"]["B-cubed recall"] == score.gates["B-cubed recall"]["value"]
    sign_in(client, cast.clara)
    page = client.get("/t/harbour/quality").content.decode()
    assert "B-cubed F1" in page


def test_gold_that_is_given_leaves_the_same_trace_as_work(cast, api, gold):
    desk, _ = take(cast, api, cast.amir)
    desk.read()

    with scope(cast.harbour.id):
        bodies = [bytes(row.body).decode() for row in AuditEntry.objects.all()]
        assert GoldTruth.objects.get().exposures == 1
    (taken,) = [body for body in bodies if "lease.taken" in body and str(desk.task.id) in body]
    assert "gold" not in taken


def test_a_project_sets_marks_for_the_parts_of_links(clara, gold, town):
    place = f"/api/v1/t/harbour/projects/{town.project.id}/quality"
    body = {"pass_mark": 0.7, "gold_rate_min": 0.1, "gold_rate_max": 0.5}
    kept = clara.put(place, {**body, "marks": {"B-cubed recall": 0.9}}, format="json")
    assert kept.status_code == 200, kept.content
    assert kept.json()["marks"] == {"B-cubed recall": 0.9}
