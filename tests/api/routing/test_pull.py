"""Next task: who gets what, in which order, with the reasons kept; and never two the same."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from core.access.actors import Actor
from core.access.models import Engagement, Membership
from core.clock import frozen, now
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.routing.lease import lease_next
from workforce.routing.models import Decision
from workforce.tasks.leases import LEASE, sweep_expired
from workforce.tasks.models import QueueEntry

LEASES = "/api/v1/t/northlight/lease"


@pytest.fixture
def tasks(cast):
    hire(cast, cast.anna, cast.amir, cast.rita)
    return cut(cast, make_clip(cast))


@pytest.fixture
def anna(cast, api):
    return api(cast.anna)


def pull(client, work="annotate"):
    return client.post(LEASES, {"work": work}, format="json")


def change(task, **values):
    QueueEntry.objects.filter(task_id=task.id).update(**values)


def test_the_next_task_comes_with_its_lease_its_ontology_and_its_place(cast, anna, tasks):
    leased = pull(anna).json()
    assert leased["task"]["id"] in {str(task.id) for task in tasks}
    assert leased["task"]["ontology_document"]["labels"]
    assert (leased["tenant"], leased["lease"]["work"]) == ("harbour", "annotate")
    assert leased["workbench"] == f"/t/harbour/tasks/{leased['task']['id']}"
    with scope(cast.harbour.id):
        kept = Decision.objects.get()
    assert (kept.person, kept.reasons["skill"]) == (cast.anna.id, "boxes")
    assert str(cast.anna.id) in str(kept)


def test_pulling_again_gives_the_same_lease(anna, tasks):
    assert pull(anna).json() == pull(anna).json()


def test_the_urgent_and_the_sooner_due_come_first(cast, api, anna, tasks):
    first, second = tasks
    change(first, due_at=now() + timedelta(days=2))
    change(second, due_at=now() + timedelta(days=1))
    assert pull(anna).json()["task"]["id"] == str(second.id)
    change(first, priority=1)
    with scope(cast.harbour.id):
        late = cut(cast, make_clip(cast))[0]
    change(late, priority=1, due_at=now() + timedelta(hours=1))
    assert pull(api(cast.amir)).json()["task"]["id"] == str(late.id)


def test_no_work_is_an_empty_answer(cast, anna):
    hire(cast, cast.anna)
    assert pull(anna).status_code == 204


def test_somebody_without_a_skill_is_told_whom_to_ask(anna, cast):
    cut(cast, make_clip(cast))
    refused = pull(anna)
    assert refused.status_code == 409
    assert "vendor manager" in refused.json()["detail"]


@pytest.mark.parametrize(
    "values",
    [
        {"vendor_id": uuid4()},
        {"reserved_for": uuid4()},
        {"skill": "poems"},
        {"state": "held"},
    ],
)
def test_what_is_not_for_this_person_is_not_given(anna, tasks, values):
    for task in tasks:
        change(task, **values)
    assert pull(anna).status_code == 204


def test_nobody_gets_what_is_not_for_them(cast, api, anna, tasks):
    for task in tasks:
        change(task, excluded=[cast.anna.id], vendor_id=cast.northlight.id)
    assert pull(anna).status_code == 204
    assert pull(api(cast.amir)).status_code == 200


def test_work_of_a_client_that_has_not_engaged_the_vendor_is_not_given(cast, anna):
    hire(cast, cast.anna)
    cut(cast, make_clip(cast, organization=cast.museum))
    assert pull(anna).status_code == 204
    Engagement.objects.create(
        client=cast.museum, vendor=cast.northlight, starts_at=now() + timedelta(days=1)
    )
    assert pull(anna).status_code == 204
    # The database reads its own clock: the engagement begins, and not the test's clock moves.
    Engagement.objects.filter(client=cast.museum).update(starts_at=now() - timedelta(seconds=1))
    assert pull(anna).json()["tenant"] == "museum"


def test_a_suspended_client_s_work_rests(cast, anna, tasks):
    Organization.objects.filter(id=cast.harbour.id).update(state="suspended")
    assert pull(anna).status_code == 204


def test_only_a_reviewer_pulls_reviews(cast, api, anna, tasks):
    assert pull(anna, "review").status_code == 403
    assert pull(api(cast.rita), "review").status_code == 204
    assert pull(anna, "sing").status_code == 400


def test_of_many_who_pull_at_once_none_gets_what_another_got(committed_cast):
    cast = committed_cast
    hire(cast, cast.anna, cast.amir, cast.rita)
    cut(cast, make_clip(cast, frames=200))
    people = [cast.anna, cast.amir, cast.rita]
    gate, taken = threading.Barrier(len(people)), []

    def work(person):
        gate.wait()
        leased = lease_next(actor=Actor.person(person), vendor=cast.northlight.id, work="annotate")
        taken.append(leased.task.id)
        connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(taken)) == len(people)
    assert QueueEntry.objects.filter(state="leased").count() == 3
    assert QueueEntry.objects.filter(state="waiting").count() == 1


def test_a_lease_that_ran_out_keeps_its_frames_shut(cast, anna, tasks):
    from core.access.door import enter, require_frames
    from core.errors import NotFound

    leased = pull(anna).json()["task"]
    entry = enter(cast.anna, "harbour")
    asked = {"user_id": cast.anna.id, "clip_id": tasks[0].clip_id}
    own = {"first": leased["start_frame"], "last": leased["start_frame"]}
    other = {"first": 99 - leased["start_frame"], "last": 99 - leased["start_frame"]}

    lease_id = require_frames(entry, **asked, **own)
    assert lease_id == QueueEntry.objects.get(task_id=leased["id"]).id
    with pytest.raises(NotFound):
        require_frames(entry, **asked, **other)
    with pytest.raises(NotFound):
        require_frames(entry, user_id=cast.amir.id, clip_id=tasks[0].clip_id, **own)
    for person in (cast.umar, cast.nora):
        with pytest.raises(NotFound):
            require_frames(
                enter(person, "harbour"), user_id=person.id, clip_id=tasks[0].clip_id, **own
            )
    with frozen(now() + LEASE + timedelta(seconds=1)):
        sweep_expired()
        with pytest.raises(NotFound):
            require_frames(entry, **asked, **own)


def test_the_board_shows_load_and_queues(cast, api, nora, anna, tasks):
    pull(anna)
    board = nora.get("/t/northlight/board")
    assert board.status_code == 200
    assert b"Anna" in board.content
    assert b"harbour" in board.content


def test_the_people_page_takes_a_member_on(cast, nora):
    page = "/t/northlight/people"
    assert b"Anna" in nora.get(page).content
    taken = nora.post(page, {"user": str(cast.anna.id)})
    assert taken.status_code == 302
    assert nora.get(taken["Location"]).status_code == 200
    for wrong in ("x", str(cast.clara.id)):
        assert nora.post(page, {"user": wrong}).status_code == 404
    assert nora.get(f"{page}/{uuid4()}").status_code == 404


def test_a_paused_skill_is_shown_and_opened_again_with_a_reason(cast, nora):
    from workforce.people.models import Worker
    from workforce.quality.models import Trust

    hire(cast, cast.anna)
    with scope(cast.northlight.id):
        worker = Worker.objects.get()
        trust = Trust.objects.create(
            tenant=cast.northlight,
            person_id=cast.anna.id,
            skill="boxes",
            alpha=1,
            beta=9,
            gold_count=5,
            gated=True,
        )
    page = f"/t/northlight/people/{worker.id}"
    assert nora.get(page).status_code == 200
    assert nora.get("/t/northlight/board").status_code == 200
    assert nora.post(page, {"trust": "x", "reason": "trained"}).status_code == 404
    assert nora.post(page, {"trust": str(trust.id), "reason": ""}).status_code == 400
    opened = nora.post(page, {"trust": str(trust.id), "reason": "trained again"})
    assert opened.status_code == 302
    with scope(cast.northlight.id):
        trust.refresh_from_db()
    assert not trust.gated


def test_a_reviewer_who_also_annotates_holds_both_roles(cast, api, tasks):
    Membership.objects.create(user=cast.rita, organization=cast.northlight, role="annotator")
    assert pull(api(cast.rita)).status_code == 200
