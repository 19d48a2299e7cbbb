"""Disputes: the author objects, a third person decides without names, the task waits meanwhile."""

import json
from uuid import uuid4

import pytest

from core.accounts.models import Person
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.cast import sign_in

WHY = {"frame": 30, "track": str(uuid4()), "text": "The box leaves out the feet."}
ANSWER = {"frame": 12, "track": None, "text": "The kerb hides the feet; see the guide."}


@pytest.fixture
def hugo(cast):
    """A second reviewer of Northlight."""
    from core.access.models import Membership

    person = Person(email="hugo@example.org", name="Hugo")
    person.set_unusable_password()
    person.save()
    Membership.objects.create(user=person, organization=cast.northlight, role="reviewer")
    return person


@pytest.fixture
def task(cast, hugo):
    hire(cast, cast.anna, cast.amir, cast.rita, hugo)
    return cut(cast, make_clip(cast, frames=50))[0]


@pytest.fixture
def url(task):
    return f"/api/v1/t/harbour/tasks/{task.id}"


@pytest.fixture
def came_back(cast, api, task, url, run_jobs):
    """Anna handed the task in and Rita sent it back."""
    body = {"token": lease(cast.anna, task.id), "tracks": [walker()]}
    api(cast.anna).patch(f"{url}/tracks", body, format="json")
    api(cast.anna).post(f"{url}/submit", body, format="json")
    run_jobs()
    body = {
        "token": lease(cast.rita, task.id, work="review"),
        "outcome": "send_back",
        "reasons": [WHY],
    }
    assert api(cast.rita).post(f"{url}/review", body, format="json").status_code == 201


def dispute(client, url, reasons=(ANSWER,)):
    return client.post(f"{url}/dispute", {"reasons": list(reasons)}, format="json")


def pull(client, work="annotate"):
    return client.post("/api/v1/t/northlight/lease", {"work": work}, format="json")


def state_of(cast, task) -> str:
    with scope(cast.harbour.id):
        task.refresh_from_db()
        return task.state


def actions(cast) -> set[str]:
    from core.audit.models import AuditEntry

    with scope(cast.harbour.id):
        return set(AuditEntry.objects.values_list("action", flat=True))


def my_list(client) -> list[dict]:
    return client.get("/api/v1/t/northlight/sent-back").json()["results"]


def decide(client, url, token, outcome, reasons=()):
    body = {"token": token, "outcome": outcome, "reasons": list(reasons)}
    return client.post(f"{url}/review", body, format="json")


def test_the_author_sees_what_came_back_and_why(cast, api, task, url, came_back):
    anna = api(cast.anna)

    (row,) = my_list(anna)
    told = anna.get(f"{url}/review").json()["results"]

    assert (row["client"], row["task"], row["reasons"]) == ("harbour", str(task.id), 1)
    assert row["disputable"]
    assert not row["disputed"]
    assert [decision["reasons"] for decision in told] == [[WHY]]
    assert my_list(api(cast.amir)) == []
    assert api(cast.amir).get(f"{url}/review").status_code == 404


def test_while_it_is_disputed_nobody_annotates_it(cast, api, task, url, came_back):
    raised = dispute(api(cast.anna), url)

    assert raised.status_code == 201
    assert state_of(cast, task) == "submitted"
    assert pull(api(cast.anna)).status_code == 204
    assert pull(api(cast.amir)).status_code == 204
    (row,) = my_list(api(cast.anna))
    assert row["disputed"]
    assert "dispute.raised" in actions(cast)


def test_neither_author_nor_first_reviewer_decides(cast, api, hugo, task, url, came_back):
    from core.access.models import Membership

    Membership.objects.create(user=cast.anna, organization=cast.northlight, role="reviewer")
    dispute(api(cast.anna), url)

    assert pull(api(cast.anna), "review").status_code == 204
    assert pull(api(cast.rita), "review").status_code == 204
    given = pull(api(hugo), "review")

    assert given.status_code == 200
    assert given.json()["task"]["id"] == str(task.id)


def test_the_third_person_sees_labels_and_reasons_but_not_whose(
    cast, api, hugo, task, url, came_back
):
    dispute(api(cast.anna), url)
    third = api(hugo)
    leased = pull(third, "review").json()

    (decision,) = third.get(f"{url}/review").json()["results"]
    page = third.get(f"/t/harbour/review/{task.id}").content.decode()

    assert decision["outcome"] == "disputed"
    assert decision["reasons"] == [ANSWER, WHY], "in the order of the frames, whoever said it"
    assert len(third.get(f"{url}/tracks").json()["tracks"]) == 1
    told = json.dumps([leased, decision], default=str) + page
    for person in (cast.anna, cast.rita):
        assert str(person.id) not in told
        assert person.name not in told
        assert person.email not in told


def test_overturned_it_is_accepted(cast, api, hugo, task, url, came_back, run_jobs):
    dispute(api(cast.anna), url)
    third = api(hugo)
    token = pull(third, "review").json()["lease"]["token"]

    decided = decide(third, url, token, "accept")
    run_jobs()

    assert decided.json()["outcome"] == "accept"
    assert state_of(cast, task) == "accepted"
    assert "dispute.overturned" in actions(cast)
    assert my_list(api(cast.anna)) == []
    assert pull(api(cast.amir)).status_code == 204
    (told,) = api(cast.anna).get(f"{url}/review").json()["results"]
    assert told["outcome"] == "accept"


def test_upheld_it_goes_back_into_the_queue_and_stands(cast, api, hugo, task, url, came_back):
    dispute(api(cast.anna), url)
    third = api(hugo)
    token = pull(third, "review").json()["lease"]["token"]

    assert decide(third, url, token, "send_back", [{**WHY, "frame": 31}]).status_code == 201

    assert state_of(cast, task) == "open"
    assert "dispute.upheld" in actions(cast)
    (row,) = my_list(api(cast.anna))
    assert not row["disputable"]
    refused = dispute(api(cast.anna), url)
    assert refused.status_code == 409
    assert "stands" in refused.json()["detail"]
    again = pull(api(cast.amir)).json()
    assert again["task"]["id"] == str(task.id)
    (told,) = api(cast.amir).get(f"{url}/review").json()["results"]
    assert [reason["frame"] for reason in told["reasons"]] == [12, 30, 31]


def test_what_somebody_has_taken_up_is_not_stopped(cast, api, task, url, came_back):
    pull(api(cast.amir))

    refused = dispute(api(cast.anna), url)

    assert refused.status_code == 409
    assert "taken this task up" in refused.json()["detail"]
    assert not my_list(api(cast.anna))[0]["disputable"]


def test_the_author_may_object_with_the_task_in_hand(cast, api, task, url, came_back):
    anna = api(cast.anna)
    token = pull(anna).json()["lease"]["token"]

    assert dispute(anna, url).status_code == 201
    lost = anna.patch(f"{url}/tracks", {"token": token, "tracks": []}, format="json")
    assert lost.json()["code"] == "lease_lost"


@pytest.mark.parametrize(
    ("reasons", "field"),
    [
        ([], "reasons"),
        ([{**ANSWER, "frame": 50}], "reasons[0].frame"),
        ([{**ANSWER, "text": "x" * 2001}], ""),
    ],
)
def test_a_dispute_says_why_on_frames_of_the_task(cast, api, task, url, came_back, reasons, field):
    refused = dispute(api(cast.anna), url, reasons)

    assert refused.status_code == 400
    assert refused.json().get("field", "").startswith(field)
    assert state_of(cast, task) == "open"


def test_only_ones_own_work_that_was_sent_back_is_disputed(cast, api, task, url, came_back):
    """For everybody else, and for work that was not sent back, there is nothing to dispute."""
    for name in ("amir", "rita", "mila", "sam"):
        assert dispute(api(getattr(cast, name)), url).status_code == 404, name
    assert dispute(api(cast.clara), url).status_code == 403
    other = cut(cast, make_clip(cast, frames=50))[0]
    assert dispute(api(cast.anna), f"/api/v1/t/harbour/tasks/{other.id}").status_code == 404


def test_of_two_disputes_at_once_one_counts(cast, api, task, url, came_back):
    anna = api(cast.anna)

    assert [dispute(anna, url).status_code for _ in range(2)] == [201, 409]


def test_the_page_shows_each_reason_and_takes_the_answers(cast, api, client, task, url, came_back):
    sign_in(client, cast.anna)
    page = f"/t/harbour/sent-back/{task.id}"

    home = client.get("/t/northlight/work").content.decode()
    shown = client.get(page).content.decode()
    empty = client.post(page, {"answer-0": "  "})
    sent = client.post(page, {"answer-0": ANSWER["text"]})

    assert page in home
    assert WHY["text"] in shown
    assert "Frame 30" in shown
    assert "Dispute it" in shown
    assert empty.status_code == 400
    assert "at least one reason" in empty.content.decode()
    assert (sent.status_code, sent["Location"]) == (302, "/t/northlight/work")
    waiting = client.get(page).content.decode()
    assert "A third person decides." in waiting
    assert ANSWER["text"] in waiting
    assert "Disputed" in client.get("/t/northlight/work").content.decode()
    sign_in(client, cast.amir)
    assert client.get(page).status_code == 404


def test_a_disputed_clip_that_is_erased_leaves_nothing_to_decide(
    cast, api, hugo, task, url, came_back, run_jobs
):
    from core.outbox.events import emit

    dispute(api(cast.anna), url)
    with scope(cast.harbour.id):
        emit("clip.erased", tenant=cast.harbour.id, data={"clip": str(task.clip_id)})
    run_jobs()

    assert pull(api(hugo), "review").status_code == 204
