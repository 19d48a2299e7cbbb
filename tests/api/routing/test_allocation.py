"""The planner keeps work for whom it fits best; a manager assigns, holds, hands out, takes back."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.outbox.models import Job
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.people.models import Worker
from workforce.people.services import qualify, set_capacity
from workforce.routing.lease import lease_next
from workforce.routing.models import Decision, Reservation
from workforce.routing.planner import plan, plan_all
from workforce.routing.value import POINTS
from workforce.tasks.models import QueueEntry

PLACE = "/api/v1/t/northlight"


@pytest.fixture
def queue(cast):
    """Four tasks of one project, and two annotators."""
    hire(cast, cast.anna, cast.amir)
    clip = make_clip(cast, frames=200)
    cut(cast, clip)
    return QueueEntry.objects.filter(tenant_id=cast.harbour.id)


def ids(rows):
    return [str(row.id) for row in rows]


def act(client, name, rows, **body):
    return client.post(f"{PLACE}/{name}", {"entries": ids(rows), **body}, format="json")


def pull(cast, person):
    return lease_next(actor=Actor.person(person), vendor=cast.northlight.id, work="annotate")


def test_the_planner_keeps_work_within_capacity_and_says_why(cast, queue):
    assert plan(cast.northlight.id) == 4
    with scope(cast.northlight.id):
        kept = list(Reservation.objects.all())
    assert sorted(row.person for row in kept) == sorted([cast.anna.id, cast.amir.id] * 2)
    for row in kept:
        assert set(row.reasons) == set(POINTS)
        assert row.value == pytest.approx(sum(row.reasons.values()), abs=0.01)
    mine = pull(cast, cast.anna).entry
    assert mine.reserved_for == cast.anna.id
    with scope(cast.harbour.id):
        reasons = Decision.objects.get().reasons
    assert (reasons["reserved"], reasons["planned"]) == (True, True)


def test_a_new_plan_replaces_the_old_one_and_not_what_a_manager_assigned(cast, nora, queue):
    fixed = queue.first()
    assert act(nora, "assign", [fixed], person=str(cast.amir.id)).status_code == 201
    for _ in range(2):
        plan(cast.northlight.id)
    fixed.refresh_from_db()
    assert (fixed.reserved_for, fixed.reserved_until) == (cast.amir.id, None)
    with scope(cast.northlight.id):
        assert Reservation.objects.count() == 4
        assert Reservation.objects.get(entry_id=fixed.id).by == "manager"


def test_who_knows_the_camera_gets_it_and_a_weight_turns_the_order(cast, nora, queue):
    camera = uuid4()
    queue.update(camera_id=camera)
    QueueEntry.objects.create(
        task_id=uuid4(), tenant_id=cast.harbour.id, work="annotate", skill="boxes",
        camera_id=camera, state="done", lessee=cast.amir.id, leased_at=now(), finished_at=now(),
    )  # fmt: skip
    last = queue.filter(state="waiting").order_by("-id").first()
    QueueEntry.objects.filter(state="waiting").exclude(id=last.id).delete()
    plan(cast.northlight.id)
    last.refresh_from_db()
    assert last.reserved_for == cast.amir.id
    body = {"client": "harbour", "weight": 2}
    assert nora.put(f"{PLACE}/weights", body, format="json").json() == {"harbour": 2.0}
    before = _value(cast, last)
    plan(cast.northlight.id)
    assert _value(cast, last) == pytest.approx(2 * before, abs=0.01)
    for wrong in ({"client": "harbour", "weight": 11}, {"client": "museum", "weight": 1}):
        assert nora.put(f"{PLACE}/weights", wrong, format="json").status_code == 400


def _value(cast, entry):
    with scope(cast.northlight.id):
        return Reservation.objects.get(entry_id=entry.id).value


def test_the_planner_runs_as_a_job_for_each_vendor_once(cast, queue, run_jobs):
    assert plan_all() == 1
    assert plan_all() == 0, "one that waits is enough"
    run_jobs()
    assert QueueEntry.objects.filter(reserved_for__isnull=False).count() == 4
    assert Job.objects.get(kind="routing.plan").state == "done"


def test_nobody_off_shift_is_planned_for(cast, queue):
    with scope(cast.northlight.id):
        workers = list(Worker.objects.all())
    for worker in workers:
        set_capacity(
            actor=Actor.person(cast.nora), vendor=cast.northlight.id, worker_id=worker.id,
            active=False,
        )  # fmt: skip
    assert plan(cast.northlight.id) == 0


def test_a_manager_assigns_and_reassigns_what_others_then_do_not_get(cast, nora, queue):
    assert act(nora, "assign", queue, person=str(cast.anna.id)).status_code == 201
    assert pull(cast, cast.amir) is None
    assert act(nora, "assign", queue, person=str(cast.amir.id)).status_code == 201
    assert pull(cast, cast.amir) is not None
    rest = queue.filter(state="waiting")
    assert act(nora, "assign", rest, person=None).status_code == 201
    assert pull(cast, cast.anna) is not None
    with scope(cast.harbour.id):
        entries = AuditEntry.objects.filter(subject_kind="vendor")
        actions = list(entries.order_by("time").values_list("action", flat=True))
    assert actions == ["task.assigned", "task.assigned", "task.unassigned"]


def test_nothing_is_assigned_to_whom_it_is_not_open(cast, nora, queue):
    with scope(cast.northlight.id):
        worker = Worker.objects.get(user=cast.anna)
    qualify(
        actor=Actor.person(cast.nora), vendor=cast.northlight.id, worker_id=worker.id,
        kind="conflict", value="harbour",
    )  # fmt: skip
    refused = act(nora, "assign", queue, person=str(cast.anna.id))
    assert refused.status_code == 409
    assert "4 of 4" in refused.json()["detail"]
    assert act(nora, "assign", queue, person=str(cast.rita.id)).status_code == 404
    assert not queue.filter(reserved_for__isnull=False).exists()
    why = nora.get(f"{PLACE}/why", {"entry": ids(queue)[0], "person": str(cast.anna.id)}).json()
    assert [check["name"] for check in why["checks"] if not check["holds"]] == ["conflict"]
    assert set(why["reasons"]) == set(POINTS)
    assert not why["kept"]


def test_what_is_held_waits_until_it_is_resumed(cast, nora, queue):
    assert act(nora, "hold", queue, held=True).status_code == 201
    assert pull(cast, cast.anna) is None
    assert act(nora, "hold", queue, held=False).status_code == 201
    assert pull(cast, cast.anna) is not None


def test_auto_assign_hands_out_so_many_to_the_best(cast, nora, queue):
    answer = act(nora, "auto-assign", queue, most=3)
    assert answer.json()["count"] == 3
    assert queue.filter(reserved_for__isnull=False, reserved_until=None).count() == 3
    only = act(nora, "auto-assign", queue, people=[str(cast.amir.id)])
    assert only.json()["count"] == 2, "two at once is all that he takes"
    assert act(nora, "auto-assign", queue, people=[str(cast.rita.id)]).status_code == 409


def test_an_act_is_undone_within_its_seconds_where_nobody_took_the_work(cast, nora, queue):
    done = act(nora, "assign", queue, person=str(cast.anna.id)).json()
    taken = pull(cast, cast.anna)
    place = f"{PLACE}/allocations/{done['id']}/undo"
    assert nora.post(place, {}, format="json").json() == {"count": 3}
    assert not queue.filter(state="waiting", reserved_for__isnull=False).exists()
    assert queue.get(id=taken.entry.id).lessee == cast.anna.id
    assert nora.post(place, {}, format="json").status_code == 410
    late = act(nora, "hold", queue.filter(state="waiting"), held=True).json()
    with frozen(now() + timedelta(seconds=30)):
        place = f"{PLACE}/allocations/{late['id']}/undo"
        assert nora.post(place, {}, format="json").status_code == 410
    assert nora.post(f"{PLACE}/allocations/{uuid4()}/undo", {}, format="json").status_code == 404


def test_work_in_hands_and_work_of_others_is_not_moved(cast, nora, queue):
    pull(cast, cast.anna)
    assert act(nora, "assign", queue, person=str(cast.amir.id)).status_code == 409
    foreign = cut(cast, make_clip(cast, organization=cast.museum))
    rows = QueueEntry.objects.filter(task_id=foreign[0].id)
    for name, body in (("assign", {"person": None}), ("hold", {"held": True}), ("auto-assign", {})):
        assert act(nora, name, rows, **body).status_code == 404
    assert act(nora, "hold", [], held=True).status_code == 400
    assert (
        nora.get(f"{PLACE}/why", {"entry": ids(rows)[0], "person": str(cast.anna.id)}).status_code
        == 404
    )


def test_an_annotator_reads_why_a_task_is_not_theirs(cast, api, queue):
    amir = api(cast.amir)
    entry = queue.first()
    QueueEntry.objects.filter(id=entry.id).update(reserved_for=cast.anna.id)
    why = amir.get(f"{PLACE}/my/why", {"task": str(entry.task_id)}).json()
    assert [c["text"] for c in why["checks"] if not c["holds"]] == ["Reserved for somebody else"]
    assert set(why) == {"checks"}, "points would move with each score, and tell of gold"
    assert amir.get(f"{PLACE}/my/why", {"task": str(uuid4())}).status_code == 404
