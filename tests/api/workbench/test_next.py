"""The workbench's page carries the door of "Next task", which leads on to pages that open."""

import json
import re

import pytest

from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.cast import sign_in


@pytest.fixture
def tasks(cast):
    hire(cast, cast.anna, cast.amir, cast.rita)
    return cut(cast, make_clip(cast))


def document(client, path, name="task"):
    page = client.get(path)
    assert page.status_code == 200, path
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page.text)
    assert found
    return json.loads(found[1])


def test_after_a_hand_in_the_page_s_own_door_gives_the_next_task(cast, client, tasks):
    first, second = tasks
    token = lease(cast.anna, first.id)
    sign_in(client, cast.anna)
    page = document(client, f"/t/harbour/tasks/{first.id}")
    sent = {"content_type": "application/json"}
    body = {"token": token, "tracks": [walker()]}
    client.patch(page["urls"]["tracks"], body, **sent)
    assert client.post(page["urls"]["submit"], {"token": token}, **sent).status_code == 201

    door = page["next"]
    assert (door["work"], door["why"]) == ("annotate", "/t/northlight/work?why=annotate")
    leased = client.post(door["lease"], {"work": door["work"]}, **sent).json()
    assert leased["workbench"] == f"/t/harbour/tasks/{second.id}"
    after = document(client, leased["workbench"])
    client.post(after["urls"]["submit"], {"token": leased["lease"]["token"]}, **sent)
    assert client.post(door["lease"], {"work": "annotate"}, **sent).status_code == 204
    assert "Why there is nothing for you" in client.get(door["why"]).text


def test_a_reviewer_s_door_leads_to_the_reviewer_s_page(cast, client, tasks, run_jobs):
    for task in tasks:
        token = lease(cast.anna, task.id)
        sign_in(client, cast.anna)
        here = f"/api/v1/t/harbour/tasks/{task.id}"
        body = {"token": token, "tracks": [walker(start=task.start_frame, end=task.end_frame)]}
        client.patch(f"{here}/tracks", body, content_type="application/json")
        client.post(f"{here}/submit", {"token": token}, content_type="application/json")
    run_jobs()
    sign_in(client, cast.rita)
    opened = client.post("/t/northlight/work", {"work": "review"})
    page = document(client, opened["Location"])

    door = page["next"]
    assert (door["work"], door["why"]) == ("review", "/t/northlight/work?why=review")
    client.post(
        page["urls"]["review"],
        {"token": page["lease"]["token"], "outcome": "accept"},
        content_type="application/json",
    )
    leased = client.post(door["lease"], {"work": "review"}, content_type="application/json").json()
    assert leased["workbench"].startswith("/t/harbour/review/")
    assert document(client, leased["workbench"])["task"]["id"] == leased["task"]["id"]
