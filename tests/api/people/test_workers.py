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


@pytest.fixture
def nora(cast, api):
    return api(cast.nora)


def take_on(nora, person, skills=("boxes",)):
    return nora.post(PLACE, {"user": str(person.id), "skills": list(skills)}, format="json")


def test_a_member_becomes_a_worker_once(cast, nora):
    made = take_on(nora, cast.anna, ["boxes", "boxes"])
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["active"]) == ("Anna", True)
    assert take_on(nora, cast.anna).json()["id"] == made.json()["id"]
    (listed,) = nora.get(PLACE).json()["results"]
    assert listed["skills"] == [{"task_type": "boxes", "expires_at": None}]
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
    assert sam.get("/api/v1/t/southlight/workers").json() == {"results": []}
