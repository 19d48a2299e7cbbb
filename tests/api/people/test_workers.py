"""A vendor's people: taken on, with skills that expire."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.clock import frozen, now
from core.errors import Conflict
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, make_clip
from workforce.people.models import Skill, Worker

PLACE = "/api/v1/t/northlight/workers"


def take_on(nora, person, skills=("boxes",)):
    return nora.post(PLACE, {"user": str(person.id), "skills": list(skills)}, format="json")


def test_a_member_becomes_a_worker_once(cast, nora):
    made = take_on(nora, cast.anna, ["boxes", "boxes"])
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["active"]) == ("Anna", True)
    assert take_on(nora, cast.anna).json()["id"] == made.json()["id"]
    (listed,) = nora.get(PLACE).json()["results"]
    assert listed["skills"] == [{"task_type": "boxes", "level": 1, "expires_at": None}]
    with scope(cast.northlight.id):
        assert str(Worker.objects.get()) == str(cast.anna.id)
        assert str(Skill.objects.get()) == "boxes"


@pytest.mark.parametrize("name", ["clara", "nora", "sam"])
def test_only_annotators_and_reviewers_of_the_vendor_are_taken_on(cast, nora, name):
    assert take_on(nora, getattr(cast, name)).status_code == 404
    assert nora.get(PLACE).json()["results"] == []


def test_a_skill_that_nobody_knows_is_refused(cast, nora):
    refused = take_on(nora, cast.anna, ["poems"])
    assert (refused.status_code, refused.json()["field"]) == (400, "skills")
    assert nora.get(PLACE).json()["results"] == []
    worker = take_on(nora, cast.anna).json()["id"]
    body = {"task_type": "poems"}
    assert nora.post(f"{PLACE}/{worker}/skills", body, format="json").status_code == 400


def test_work_stops_when_the_certificate_expires(cast, api, nora):
    cut(cast, make_clip(cast))
    worker = take_on(nora, cast.anna, []).json()["id"]
    until = now() + timedelta(days=1)
    body = {"task_type": "boxes", "expires_at": until.isoformat()}
    assert nora.post(f"{PLACE}/{worker}/skills", body, format="json").status_code == 201
    pull = "/api/v1/t/northlight/lease"

    with frozen(until + timedelta(seconds=1)):
        assert api(cast.anna).post(pull, {}, format="json").status_code == Conflict.status
    assert api(cast.anna).post(pull, {}, format="json").status_code == 200


def test_another_vendor_s_worker_is_not_there(cast, api, nora):
    from core.access.models import Membership
    from core.tenancy.models import Organization

    southlight = Organization.objects.create(slug="southlight", kind="vendor")
    Membership.objects.create(user=cast.sam, organization=southlight, role="vendor_manager")
    worker = take_on(nora, cast.anna).json()["id"]
    sam = api(cast.sam)
    for someone in (worker, str(uuid4())):
        place = f"/api/v1/t/southlight/workers/{someone}/skills"
        assert sam.post(place, {"task_type": "boxes"}, format="json").status_code == 404
    assert sam.get("/api/v1/t/southlight/workers").json() == {"results": [], "next": None}


@pytest.fixture
def worker(cast, nora):
    return f"{PLACE}/{take_on(nora, cast.anna).json()['id']}"


def test_capacity_is_set_and_zero_minutes_is_no_limit(nora, worker):
    body = {"time_zone": "Asia/Manila", "tasks_at_once": 4, "minutes_per_day": 360}
    assert body.items() <= nora.patch(worker, body, format="json").json().items()
    open_ended = nora.patch(worker, {"minutes_per_day": 0}, format="json").json()
    assert (open_ended["minutes_per_day"], open_ended["tasks_at_once"]) == (None, 4)
    assert nora.get(worker).json() == open_ended
    for wrong in ({"time_zone": "Mars/Base"}, {"tasks_at_once": 0}, {"minutes_per_day": 1441}):
        assert nora.patch(worker, wrong, format="json").json()["field"] == next(iter(wrong))


def test_a_level_is_earned_not_given(cast, nora, worker):
    from core.access.actors import Actor
    from workforce.people.services import earn_level

    level = {"task_type": "boxes", "level": 3}
    assert nora.post(f"{worker}/skills", level, format="json").json()["field"] == "level"
    for reached in (3, 2):
        earn_level(
            actor=Actor.system("quiz"),
            vendor=cast.northlight.id,
            person=cast.anna.id,
            task_type="boxes",
            level=reached,
        )
        assert nora.get(worker).json()["skills"][0]["level"] == 3
    lower = nora.post(f"{worker}/skills", {"task_type": "boxes", "level": 2}, format="json")
    assert lower.json()["skills"][0]["level"] == 2


def test_papers_come_with_dates_and_go(cast, nora, worker):
    def give(**body):
        return nora.post(f"{worker}/qualifications", body, format="json")

    until = (now() + timedelta(days=30)).isoformat()
    made = give(kind="nda", value="harbour", expires_at=until)
    assert made.status_code == 201
    assert made.json()["value"] == str(cast.harbour.id)
    again = give(kind="nda", value="harbour")
    assert (again.json()["id"], again.json()["expires_at"]) == (made.json()["id"], None)
    for kind, value in (("nda", "museum"), ("language", "E1"), ("clearance", "A b"), ("x", "y")):
        assert give(kind=kind, value=value).status_code == 400
    assert give(kind="clearance", value="a", starts_at=until, expires_at=until).status_code == 400
    place = f"{worker}/qualifications/{made.json()['id']}"
    assert nora.delete(place).status_code == 204
    assert nora.delete(place).status_code == 404
    assert nora.get(worker).json()["qualifications"] == []


def test_hours_replace_what_was_there(nora, worker):
    pattern = {"weekday": 0, "start": 540, "minutes": 480}
    body = {"shifts": [pattern], "exceptions": [{"day": "2026-12-25"}]}
    kept = nora.put(f"{worker}/hours", body, format="json").json()
    assert kept["shifts"] == [pattern]
    assert kept["exceptions"] == [{"day": "2026-12-25", "start": None, "minutes": 0}]
    for wrong in (
        {"shifts": [pattern, pattern]},
        {"shifts": [], "exceptions": [{"day": "2026-12-25"}, {"day": "2026-12-25"}]},
        {"shifts": [], "exceptions": [{"day": "2026-12-25", "start": 60, "minutes": 0}]},
    ):
        assert nora.put(f"{worker}/hours", wrong, format="json").status_code == 400
    assert nora.put(f"{worker}/hours", {"shifts": []}, format="json").json()["shifts"] == []
