"""An annotator tries to tell gold, and second labellings, from work by all that they are sent."""

import json
import re
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip, walker

HARBOUR = "/api/v1/t/harbour"
ROUNDS = 4


@pytest.fixture
def floor(cast, api):
    """A project in which gold comes while there is any, then work; all work is labelled twice."""
    hire(cast, cast.anna, cast.amir)
    clip = make_clip(cast, frames=300)
    body = {
        "pass_mark": 0.7, "gold_rate_min": 1, "gold_rate_max": 1, "consensus_share": 1,
    }  # fmt: skip
    clara = api(cast.clara)
    url = f"{HARBOUR}/projects/{clip.project_id}/quality"
    assert clara.put(url, body, format="json").status_code == 200
    cut(cast, clip)
    for start in (0, 50):
        gold = {
            "clip": str(clip.id), "start_frame": start, "end_frame": start + 49,
            "tracks": [walker(start=start, end=start + 49)],
        }  # fmt: skip
        assert clara.post(f"{HARBOUR}/gold", gold, format="json").status_code == 201
    return clip


def counted(send):
    """The answer, and how many statements it took: what a stopwatch would see."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = send()
    return answer, len(queries)


def blurred(text: str) -> str:
    """A page or answer without what differs from task to task: ids, numbers, instants, tokens."""
    text = re.sub(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", "ID", text
    )
    text = re.sub(r"Task [0-9a-f]{8}", "Task ID", text)
    text = re.sub(r"20\d\d-\d\d-\d\dT[0-9:.+Z]+", "INSTANT", text)
    text = re.sub(r"\b([A-Za-z0-9]{64}|[0-9a-f]{12,})\b", "TOKEN", text)
    return re.sub(r"\d+", "N", text)


def walk(cast, client, run_jobs) -> tuple[str, list[dict]]:
    """Take the next task and touch all that an annotator can; give its id and the answers."""
    taken = []

    def note(name, send):
        answer, queries = counted(send)
        # How much an answer costs says something too; a lease draws lots, and is looked at below.
        cost = None if name == "lease" else queries
        headers = {key: blurred(str(value)) for key, value in answer.headers.items()}
        taken.append(
            {
                "name": name,
                "status": answer.status_code,
                "headers": headers,
                "body": blurred(answer.content.decode()),
                "queries": cost,
            }
        )
        return answer

    lease = "/api/v1/t/northlight/lease"
    leased = note("lease", lambda: client.post(lease, {}, format="json")).json()
    task, token = leased["task"]["id"], leased["lease"]["token"]
    url = f"{HARBOUR}/tasks/{task}"
    first = leased["task"]["start_frame"]
    body = {"token": token, "tracks": [walker(start=first, end=first + 49)]}
    note("again", lambda: client.post(lease, {}, format="json"))
    note("home", lambda: client.get("/t/northlight/work"))
    found = note("found", lambda: client.get("/api/v1/t/northlight/search", {"q": task}))
    assert f"/t/harbour/tasks/{task}" in found.content.decode()
    note("why", lambda: client.get("/t/northlight/work?why=annotate"))
    note("why me", lambda: client.get(f"/api/v1/t/northlight/my/why?task={task}"))
    note("quizzes", lambda: client.get("/t/northlight/quizzes"))
    note("page", lambda: client.get(f"/t/harbour/tasks/{task}"))
    note("task", lambda: client.get(url))
    note("tracks", lambda: client.get(f"{url}/tracks"))
    note("reasons", lambda: client.get(f"{url}/review"))
    note("beat", lambda: client.post(f"{url}/heartbeat", {"token": token}, format="json"))
    late = {**body, "token": token + 1}
    note("save", lambda: client.patch(f"{url}/tracks", body, format="json"))
    note("stale", lambda: client.patch(f"{url}/tracks", late, format="json"))
    note("drafts", lambda: client.get(f"{url}/drafts"))
    note("submit", lambda: client.post(f"{url}/submit", {"token": token}, format="json"))
    dispute = {"reasons": [{"frame": first, "text": "Why?"}]}
    for moment in ("at once", "later"):
        for what in ("", "/tracks", "/review", "/drafts", "/consensus"):
            note(f"{what} {moment}", lambda what=what: client.get(f"{url}{what}"))
        note(f"dispute {moment}", lambda: client.post(f"{url}/dispute", dispute, format="json"))
        note(f"sent back {moment}", lambda: client.get("/api/v1/t/northlight/sent-back"))
        note(f"found {moment}", lambda: client.get(f"/api/v1/t/northlight/search?q={task}"))
        note(f"page {moment}", lambda: client.get(f"/t/harbour/sent-back/{task}"))
        note(f"why {moment}", lambda: client.get("/t/northlight/work?why=annotate"))
        note(f"log {moment}", lambda: client.get(f"{HARBOUR}/log"))
        note(f"scores {moment}", lambda: client.get("/api/v1/me/scores"))
        run_jobs()
    return task, taken


def kinds_of(cast, tasks) -> list[bool]:
    from workforce.tasks.models import Task

    with scope(cast.harbour.id):
        return [Task.objects.get(id=task).is_copy for task in tasks]


def test_no_answer_tells_gold_from_work(cast, api, floor, run_jobs):
    walks = [walk(cast, api(cast.anna), run_jobs) for _ in range(ROUNDS)]

    assert kinds_of(cast, [task for task, _ in walks]) == [True, True, False, False]
    seen = [taken for _, taken in walks]
    for name in [entry["name"] for entry in seen[0]]:
        rows = [next(e for e in taken if e["name"] == name) for taken in seen]
        # The first of all pays for caches; gold and work are compared after it.
        assert rows[1] == rows[2] == rows[3], name
    assert "gold" not in json.dumps(seen).lower()


def test_no_answer_tells_a_second_labelling_from_a_first(cast, api, floor, run_jobs):
    clara = api(cast.clara)
    url = f"{HARBOUR}/projects/{floor.project_id}/quality"
    body = {"pass_mark": 0.7, "gold_rate_min": 0, "gold_rate_max": 0, "consensus_share": 1}
    assert clara.put(url, body, format="json").status_code == 200
    walk(cast, api(cast.anna), run_jobs)

    walks = [walk(cast, api(cast.amir), run_jobs) for _ in range(6)]

    kinds = kinds_of(cast, [task for task, _ in walks])
    assert kinds.count(True) == 1
    seen = {
        kind: [taken for (_, taken), copy in zip(walks, kinds, strict=True) if copy == kind][-1]
        for kind in (True, False)
    }
    for copy, work in zip(seen[True], seen[False], strict=True):
        # After the last of all the page says that nothing waits any more, whatever it was.
        if not copy["name"].startswith(("scores", "sent back", "why at once", "why later")):
            assert copy == work, copy["name"]


def test_neither_order_nor_place_in_the_queue_tells(cast, api, floor, run_jobs):
    """Gold takes nothing's place: what waits is given in the same order, with the same tokens."""
    from workforce.tasks.models import QueueEntry

    before = list(
        QueueEntry.objects.filter(work="annotate").order_by("priority", "due_at", "id")
        .values_list("task_id", flat=True)
    )  # fmt: skip
    anna, given, tokens = api(cast.anna), [], []
    for _ in range(ROUNDS):
        leased = anna.post("/api/v1/t/northlight/lease", {}, format="json").json()
        url = f"{HARBOUR}/tasks/{leased['task']['id']}/submit"
        anna.post(url, {"token": leased["lease"]["token"]}, format="json")
        given.append(UUID(leased["task"]["id"]))
        tokens.append(leased["lease"]["token"])

    assert [task for task in given if task in before] == before[: ROUNDS - 2]
    assert tokens == [1] * ROUNDS
    assert {task.version for task in given} == {4}, "ids are random: no order, no number"
    waiting = QueueEntry.objects.filter(task_id__in=given)
    assert len(set(waiting.values_list("priority", "due_at"))) == 1


def test_a_lease_on_gold_costs_little_more_than_one_on_work(cast, api, floor):
    """Drawing gold writes the copy and its exposure: a handful of statements, whatever is there."""
    anna, costs = api(cast.anna), []
    for _ in range(ROUNDS):
        leased, queries = counted(
            lambda: anna.post("/api/v1/t/northlight/lease", {}, format="json")
        )
        costs.append(queries)
        body = leased.json()
        url = f"{HARBOUR}/tasks/{body['task']['id']}/submit"
        anna.post(url, {"token": body["lease"]["token"]}, format="json")

    assert max(costs[1:]) - min(costs[1:]) <= 12
