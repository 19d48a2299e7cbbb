"""Tasks are found by those whose pages show them, by what pages call them, and by nobody else.

Files have no names for a vendor's people, so clips' names find tasks for the client alone.
"""

from datetime import timedelta

import pytest

from core.access.models import Engagement, Membership
from core.clock import now
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from workforce.people.services import add_worker
from workforce.tasks.models import QueueEntry, Task

HARBOUR = "/api/v1/t/harbour"


def found(client, q, organization="northlight"):
    answer = client.get(f"/api/v1/t/{organization}/search", {"q": q})
    assert answer.status_code == 200
    kinds = {"Tasks", "Your tasks"}
    return [row for row in answer.json()["results"] if row["kind"] in kinds]


def paths(client, q, organization="northlight"):
    return [row["path"] for row in found(client, q, organization)]


def called(clip, name, filename="north gate.mp4"):
    """Give the clip's project and file names to look for."""
    with scope(clip.tenant_id):
        clip.project.name = name
        clip.project.save(update_fields=["name"])
        clip.filename = filename
        clip.save(update_fields=["filename"])


@pytest.fixture
def clip(cast):
    made = make_clip(cast)
    called(made, "Quay watch")
    return made


@pytest.fixture
def tasks(cast, clip):
    hire(cast, cast.anna, cast.amir, cast.rita)
    return cut(cast, clip)


def hand_in(api, person, task):
    token = lease(person, task.id)
    body = {"token": token, "tracks": [walker(start=task.start_frame, end=task.end_frame)]}
    url = f"{HARBOUR}/tasks/{task.id}"
    assert api(person).patch(f"{url}/tracks", body, format="json").status_code == 200
    assert api(person).post(f"{url}/submit", {"token": token}, format="json").status_code == 201


def test_an_annotator_finds_what_is_in_their_hands_and_it_opens(cast, api, tasks):
    first, second = tasks
    lease(cast.anna, first.id)
    lease(cast.amir, second.id)
    anna = api(cast.anna)

    for q in (str(first.id)[:8], str(first.id), "quay", "wat quay"):
        assert paths(anna, q) == [f"/t/harbour/tasks/{first.id}"], q
    (row,) = found(anna, "quay")
    assert row["title"] == f"Task {str(first.id)[:8]}"
    assert row["about"] == "Quay watch, boxes, frames 0 to 49, in your hands"
    assert anna.get(row["path"]).status_code == 200
    assert found(anna, "north") == []
    assert found(anna, str(second.id)) == []


def test_an_annotator_finds_what_came_back_and_nothing_that_is_over(cast, api, tasks, run_jobs):
    first, second = tasks
    anna, rita = api(cast.anna), api(cast.rita)
    for task in tasks:
        hand_in(api, cast.anna, task)
    run_jobs()
    assert found(anna, "quay") == []
    token = lease(cast.rita, first.id, work="review")
    assert paths(rita, "quay") == [f"/t/harbour/review/{first.id}"]
    body = {
        "token": token, "outcome": "send_back", "reasons": [{"frame": 3, "text": "Feet missing."}],
    }  # fmt: skip
    url = f"{HARBOUR}/tasks/{first.id}/review"
    assert rita.post(url, body, format="json").status_code == 201

    assert paths(anna, str(first.id)) == [f"/t/harbour/sent-back/{first.id}"]
    assert paths(anna, "quay") == [f"/t/harbour/sent-back/{first.id}"]
    assert anna.get(f"/t/harbour/sent-back/{first.id}").status_code == 200
    assert found(anna, str(second.id)) == []
    assert found(rita, "quay") == []


def test_a_lease_that_ran_out_is_not_found(cast, api, tasks):
    lease(cast.anna, tasks[0].id)
    QueueEntry.objects.filter(task_id=tasks[0].id).update(lease_until=now() - timedelta(seconds=1))
    assert found(api(cast.anna), "quay") == []


def test_a_manager_finds_the_work_of_the_vendor_and_who_has_it(cast, api, nora, tasks):
    first, second = tasks
    project = first.project_id
    assert [row["about"] for row in found(nora, "quay")] == ["Quay watch, annotate boxes, free"] * 2
    lease(cast.anna, first.id)
    (row,) = found(nora, str(first.id)[:8])
    assert row["about"] == "Quay watch, annotate boxes, in the hands of Anna"
    assert row["path"] == f"/t/northlight/board?project={project}&state=leased"
    assert nora.get(row["path"]).status_code == 200
    QueueEntry.objects.filter(task_id=second.id).update(reserved_for=cast.amir.id)
    (row,) = found(nora, str(second.id))
    assert row["about"].endswith("kept for Amir")
    QueueEntry.objects.filter(task_id=second.id).update(reserved_for=None)
    hand_in(api, cast.amir, second)
    (row,) = [r for r in found(nora, str(second.id)) if "handed in" in r["about"]]
    assert row["about"] == "Quay watch, annotate boxes, handed in by Amir"
    assert nora.get(row["path"]).status_code == 200
    assert found(nora, "north") == []


def test_a_client_finds_its_tasks_by_id_clip_and_project_on_the_page_of_the_clip(
    cast, clara, clip, tasks
):
    for q in (str(tasks[0].id)[:8], "north", "quay"):
        hits = found(clara, q, "harbour")
        assert {row["path"] for row in hits} == {f"/t/harbour/clips/{clip.id}"}, q
    assert found(clara, "quay", "harbour")[0]["about"].startswith("Quay watch, north gate.mp4, ")


def test_copies_made_to_measure_are_found_by_no_client(cast, clara, clip, tasks):
    with scope(cast.harbour.id):
        Task.objects.filter(id=tasks[0].id).update(is_copy=True)
    assert found(clara, str(tasks[0].id), "harbour") == []
    assert len(found(clara, "quay", "harbour")) == 1


def test_gold_in_hand_is_found_as_work_is_by_annotator_and_manager(cast, api, nora, tasks):
    first, second = tasks
    seen = []
    for person, task, copy in ((cast.anna, first, True), (cast.amir, second, False)):
        with scope(cast.harbour.id):
            Task.objects.filter(id=task.id).update(is_copy=copy, start_frame=0, end_frame=49)
        lease(person, task.id)
        (own,), (managed,) = found(api(person), str(task.id)), found(nora, str(task.id))
        name = person.get_full_name()
        told = [own["title"], own["about"], own["path"], managed["about"].replace(name, "X")]
        told.append(managed["path"])
        seen.append([text.replace(str(task.id), "ID").replace(str(task.id)[:8], "ID")
                     for text in told])  # fmt: skip
    assert seen[0] == seen[1]


def test_nobody_finds_the_work_of_another_vendor(cast, api, nora, tasks):
    from core.access.actors import Actor

    first, second = tasks
    southlight = Organization.objects.create(slug="southlight", kind="vendor")
    Engagement.objects.create(client=cast.harbour, vendor=southlight)
    Membership.objects.create(user=cast.sam, organization=southlight, role="vendor_manager")
    cora = type(cast.sam)(email="cora@example.org", name="Cora")
    cora.set_unusable_password()
    cora.save()
    Membership.objects.create(user=cora, organization=southlight, role="annotator")
    add_worker(
        actor=Actor.person(cast.sam), vendor=southlight.id, user_id=cora.id, skills=["boxes"]
    )
    lease(cora, first.id)
    QueueEntry.objects.filter(task_id=second.id).update(vendor_id=southlight.id)
    sam = api(cast.sam)

    assert len(found(sam, "quay", "southlight")) == 2
    assert paths(api(cora), "quay", "southlight") == [f"/t/harbour/tasks/{first.id}"]
    for client in (nora, api(cast.anna)):
        for q in ("quay", str(first.id), str(second.id)):
            assert found(client, q) == []
    assert nora.get("/api/v1/t/southlight/search", {"q": "quay"}).status_code == 404
    QueueEntry.objects.filter(task_id=first.id).update(state="waiting", lessee=None)
    assert len(found(nora, "quay")) == 1
    QueueEntry.objects.filter(task_id=first.id).update(reserved_for=cora.id)
    assert found(nora, "quay") == []
    hand_in(api, cora, first)
    assert found(nora, str(first.id)) == []


def test_nobody_finds_work_of_a_client_that_has_not_engaged_the_vendor(cast, api, nora, clara):
    hire(cast, cast.anna)
    theirs = make_clip(cast, organization=cast.museum)
    called(theirs, "Quay vault")
    (first, *_) = cut(cast, theirs)
    lease(cast.anna, first.id)
    for client in (nora, api(cast.anna)):
        for q in ("quay", "vault", str(first.id)):
            assert found(client, q) == []
            html = client.get("/search", {"q": q, "t": "museum"}).content.decode()
            assert f"Task {str(first.id)[:8]}" not in html
    assert found(clara, str(first.id), "harbour") == []
    assert len(found(api(cast.mila), "vault", "museum")) == 2


def test_an_engagement_that_ended_ends_the_finding(cast, api, nora, tasks):
    lease(cast.anna, tasks[0].id)
    Engagement.objects.update(ends_at=now() - timedelta(seconds=1))
    for client in (nora, api(cast.anna)):
        assert found(client, "quay") == []


def test_the_dialog_lists_a_person_s_own_task(cast, api, tasks):
    lease(cast.anna, tasks[0].id)
    html = api(cast.anna).get("/search?fragment&q=quay&t=harbour").content.decode()
    assert f'href="/t/harbour/tasks/{tasks[0].id}"' in html
    assert html.count("hits__i") == 1
