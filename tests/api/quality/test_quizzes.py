"""A level is earned on a quiz: known right labels, the engine of gold, few tries, nothing twice."""

from datetime import timedelta

import pytest

from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip, walker
from tests.cast import sign_in
from workforce.people.models import Skill

HARBOUR, NORTHLIGHT = "/api/v1/t/harbour", "/api/v1/t/northlight"


@pytest.fixture
def clip(cast):
    clip = make_clip(cast, frames=700)
    cut(cast, clip)
    hire(cast, cast.anna, cast.amir)
    return clip


def add_gold(cast, api, clip, start, *, quiz_level=2):
    body = {
        "clip": str(clip.id), "start_frame": start, "end_frame": start + 49,
        "tracks": [walker(start=start, end=start + 49)], "quiz_level": quiz_level,
    }  # fmt: skip
    return api(cast.clara).post(f"{HARBOUR}/gold", body, format="json")


@pytest.fixture
def quiz(cast, api, clip):
    """Six pieces of gold for level 2: enough for two quizzes."""
    for start in range(0, 300, 50):
        assert add_gold(cast, api, clip, start).status_code == 201
    return clip


def start(client, level=2, skill="boxes"):
    return client.post(f"{NORTHLIGHT}/quizzes", {"skill": skill, "level": level}, format="json")


def take(client, run_jobs, *, right=True, tasks=3) -> list[dict]:
    """Hand in the tasks of the open quiz; wrong ones are drawn far from what is there."""
    taken = []
    for _ in range(tasks):
        leased = client.post(f"{NORTHLIGHT}/lease", {"work": "quiz"}, format="json").json()
        task, token = leased["task"], leased["lease"]["token"]
        url = f"{HARBOUR}/tasks/{task['id']}"
        left = 10.0 if right else 400.0
        first, last = task["start_frame"], task["end_frame"]
        tracks = [walker(start=first, end=last, left=left)]
        body = {"token": token, "tracks": tracks}
        assert client.patch(f"{url}/tracks", body, format="json").status_code == 200
        assert client.post(f"{url}/submit", {"token": token}, format="json").status_code == 201
        run_jobs()
        taken.append(task)
    return taken


def attempts(client) -> list[dict]:
    return client.get(f"{NORTHLIGHT}/quizzes").json()["attempts"]


def level_of(cast, person) -> int:
    with scope(cast.northlight.id):
        return Skill.objects.get(worker__user=person, task_type="boxes").level


def test_a_quiz_that_is_passed_raises_the_level_and_opens_harder_work(cast, api, quiz, run_jobs):
    asked = f"{HARBOUR}/projects/{quiz.project_id}/requirements"
    assert api(cast.clara).put(asked, {"level": 2}, format="json").status_code == 200
    anna = api(cast.anna)
    assert anna.post(f"{NORTHLIGHT}/lease", {}, format="json").status_code == 204

    assert start(anna).status_code == 201
    take(anna, run_jobs)

    (done,) = attempts(anna)
    assert (done["state"], done["done"]) == ("passed", 3)
    assert done["parts"]["LocA"] == {"value": 1.0, "mark": 0.6, "passed": True}
    assert level_of(cast, cast.anna) == 2
    assert anna.post(f"{NORTHLIGHT}/lease", {}, format="json").status_code == 200
    assert start(anna).json()["detail"] == "You hold level 2 already."


def test_one_that_is_not_passed_says_why_and_when_to_try_again(cast, api, quiz, run_jobs):
    anna, begun = api(cast.anna), now()
    start(anna)
    first = take(anna, run_jobs, right=False)

    (done,) = attempts(anna)
    assert done["state"] == "failed"
    assert not done["parts"]["DetA"]["passed"]
    assert level_of(cast, cast.anna) == 1
    again = start(anna)
    assert again.status_code == 409
    assert "You can try again from" in again.json()["detail"]

    with frozen(begun + timedelta(days=8)):
        anna = api(cast.anna)
        assert start(anna).status_code == 201
        second = take(anna, run_jobs)
        ranges = [{(t["clip"], t["start_frame"]) for t in part} for part in (first, second)]
        assert not ranges[0] & ranges[1], "no task comes twice"
        assert attempts(anna)[0]["state"] == "passed"


def test_tries_are_counted_and_a_quiz_without_unseen_tasks_does_not_begin(
    cast, api, quiz, run_jobs
):
    begun = now()
    for start_frame in range(300, 700, 50):
        add_gold(cast, api, quiz, start_frame)
    for week in range(3):
        with frozen(begun + timedelta(days=8 * week)):
            anna = api(cast.anna)
            assert start(anna).status_code == 201
            take(anna, run_jobs, right=False)

    with frozen(begun + timedelta(days=30)):
        assert "try again from" in start(api(cast.anna)).json()["detail"]
    with frozen(begun + timedelta(days=91)):
        anna = api(cast.anna)
        assert start(anna).status_code == 201
        take(anna, run_jobs, right=False)
    with frozen(begun + timedelta(days=99)):
        refused = start(api(cast.anna))
        assert refused.status_code == 409
        assert "tasks that you have not seen" in refused.json()["detail"]


def test_one_quiz_at_a_time_and_one_that_nobody_ends_lapses(cast, api, quiz, run_jobs):
    anna, begun = api(cast.anna), now()
    start(anna)
    assert "is open" in start(anna).json()["detail"]
    take(anna, run_jobs, tasks=1)

    with frozen(begun + timedelta(days=7, minutes=1)):
        run_jobs()
        anna = api(cast.anna)
        assert attempts(anna)[0]["state"] == "lapsed"
        assert anna.post(f"{NORTHLIGHT}/lease", {"work": "quiz"}, format="json").status_code == 204


def test_a_quiz_is_open_to_whom_the_work_is_open(cast, api, quiz):
    asked = f"{HARBOUR}/projects/{quiz.project_id}/requirements"
    api(cast.clara).put(asked, {"level": 2, "clearance": "port-area"}, format="json")

    refused = start(api(cast.anna))

    assert refused.status_code == 409
    assert "Needs the clearance port-area" in refused.json()["detail"]
    assert attempts(api(cast.anna)) == []


def test_erased_footage_ends_a_quiz_that_then_does_not_count(cast, api, quiz, run_jobs):
    from core.outbox.events import emit

    anna = api(cast.anna)
    start(anna)
    with scope(cast.harbour.id):
        emit("clip.erased", tenant=cast.harbour.id, data={"clip": str(quiz.id)})
    run_jobs()

    assert attempts(anna)[0]["state"] == "void"
    assert anna.post(f"{NORTHLIGHT}/lease", {"work": "quiz"}, format="json").status_code == 204


def test_a_quiz_moves_no_score_no_trust_and_no_rate_of_gold(cast, api, quiz, run_jobs):
    from workforce.quality.models import Evidence, GoldExposure, Score, Trust

    anna = api(cast.anna)
    start(anna)
    take(anna, run_jobs)

    with scope(cast.harbour.id):
        assert not Score.objects.exists()
        assert not GoldExposure.objects.exists()
    with scope(cast.northlight.id):
        assert not Trust.objects.exists()
        assert not Evidence.objects.exists()


def test_gold_of_quizzes_and_gold_that_is_mixed_in_share_no_frame(cast, api, clip, run_jobs):
    """What people know from quizzes tells them nothing of their work."""
    url = f"{HARBOUR}/projects/{clip.project_id}/quality"
    rates = {"pass_mark": 0.7, "gold_rate_min": 1, "gold_rate_max": 1}
    api(cast.clara).put(url, rates, format="json")
    for begin in (0, 50, 100):
        add_gold(cast, api, clip, begin)
    taken = add_gold(cast, api, clip, 120, quiz_level=None)
    assert taken.status_code == 409
    hidden = add_gold(cast, api, clip, 200, quiz_level=None)
    assert hidden.status_code == 201
    assert add_gold(cast, api, clip, 240).status_code == 409

    anna = api(cast.anna)
    start(anna)
    quizzed = {task["start_frame"] for task in take(anna, run_jobs)}
    leased = anna.post(f"{NORTHLIGHT}/lease", {}, format="json").json()

    assert quizzed == {0, 50, 100}
    assert leased["task"]["start_frame"] == 200, "the rate is 1: gold comes, and not the quiz's"


def test_the_right_labels_are_in_no_answer(cast, api, quiz, client, run_jobs):
    anna = api(cast.anna)
    start(anna)
    leased = anna.post(f"{NORTHLIGHT}/lease", {"work": "quiz"}, format="json").json()
    task = leased["task"]["id"]

    assert anna.get(f"{HARBOUR}/tasks/{task}/tracks").json() == {"tracks": [], "events": []}
    assert anna.get(f"{HARBOUR}/gold").status_code == 403
    assert api(cast.clara).get(f"{HARBOUR}/tasks/{task}").status_code == 404
    sign_in(client, cast.anna)
    page = client.get(f"/t/harbour/tasks/{task}").content.decode()
    assert "Quiz: " in page
    assert "/t/northlight/quizzes" in page
    assert '"keyframes"' not in page


def test_pages_tell_the_person_and_the_manager(cast, api, quiz, client, run_jobs):
    sign_in(client, cast.anna)
    assert "Start level 2" in client.get("/t/northlight/quizzes").content.decode()
    begun = client.post("/t/northlight/quizzes", {"skill": "boxes", "level": "2"})
    assert begun.url.startswith("/t/harbour/tasks/")
    take(api(cast.anna), run_jobs, right=False)

    page = client.get("/t/northlight/quizzes").content.decode()
    assert "Not passed" in page
    assert "Boxes fit" in page
    assert "You can try again from" in page
    with scope(cast.northlight.id):
        worker = Skill.objects.get(worker__user=cast.anna).worker_id
    sign_in(client, cast.nora)
    assert "Not passed" in client.get(f"/t/northlight/people/{worker}").content.decode()
    board = client.get("/t/northlight/board").content.decode()
    assert "quiz" not in board


def test_each_step_is_in_the_log(cast, api, quiz, run_jobs):
    from core.audit.models import AuditEntry

    anna = api(cast.anna)
    start(anna)
    take(anna, run_jobs)

    told = {}
    for tenant in (cast.harbour, cast.northlight):
        with scope(tenant.id):
            actions = AuditEntry.objects.filter(action__startswith="quiz.")
            told[tenant.slug] = sorted(actions.values_list("action", flat=True))
            if tenant == cast.northlight:
                assert AuditEntry.objects.filter(action="worker.skilled").exists()
    assert told["harbour"] == ["quiz.scored"] * 3 + ["quiz.started"]
    assert told["northlight"] == ["quiz.passed", "quiz.started"]
