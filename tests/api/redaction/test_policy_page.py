"""The administrator's page of a project's policy."""

from uuid import uuid4

import pytest
from django.test import Client

from core.tenancy.scope import scope
from tenants.projects.models import Project
from workforce.redaction.policies import policy_in_force

pytestmark = pytest.mark.django_db

WRITTEN = {
    "faces": "on",
    "heads": "on",
    "mode": "fast",
    "cover": "solid",
    "padding": "50",
    "least_score": "0.2",
    "audio": "drop",
    "overlays": "10 20 300 40\n\n0,0,64,16",
    "keep_tags": ["time"],
    "check_required": "on",
    "checkers": "both",
    "check_clearance": "port-area",
    "most_exposed_share": "2.5",
    "most_exposed_seconds": "",
}


@pytest.fixture
def project(cast):
    with scope(cast.harbour.id):
        return Project.objects.create(
            tenant_id=cast.harbour.id, slug=f"gate-{uuid4().hex[:6]}", name="Gate"
        )


@pytest.fixture
def place(project):
    return f"/t/harbour/projects/{project.id}/redaction"


def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def in_force(cast, project):
    with scope(cast.harbour.id):
        return policy_in_force(project.id)


def test_what_the_administrator_writes_is_the_next_version(cast, project, place):
    clara = browser(cast.clara)
    assert clara.post(place, WRITTEN).status_code == 302

    valid = in_force(cast, project)
    policy = valid.policy
    assert valid.number == 1
    assert (policy.faces, policy.plates, policy.heads) == (True, False, True)
    assert (policy.mode, policy.cover, policy.audio) == ("fast", "solid", "drop")
    assert (policy.check_required, policy.checkers) == (True, "both")
    assert policy.keep_tags == ("time",)
    assert policy.check_clearance == "port-area"
    assert (policy.padding, policy.least_score) == (0.5, 0.2)
    assert (policy.most_exposed_share, policy.most_exposed_seconds) == (0.025, None)
    assert policy.overlays == ((10, 20, 300, 40), (0, 0, 64, 16))

    page = clara.get(place).content.decode()
    assert "Version 1 is in force" in page
    assert "10 20 300 40" in page
    assert 'value="2.5"' in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"padding": "5"}, "greater than or equal to 10"),
        ({"overlays": "a clock"}, "four numbers a line"),
        ({"overlays": "1 2 3"}, "a box of four numbers"),
        ({"overlays": "9 9 1 1"}, "x1 below x2"),
        ({"overlays": "0 0 nan 5"}, "a box of four numbers"),
        ({"check_clearance": "two words"}, "A clearance is a code"),
        ({"cover": "emoji"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(cast, project, place, change, said):
    answer = browser(cast.clara).post(place, {**WRITTEN, **change})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert in_force(cast, project).number == 0


def test_viewers_and_other_clients_do_not_reach_it(cast, place):
    assert browser(cast.vera).get(place).status_code == 403
    assert browser(cast.mila).get(place).status_code == 404


@pytest.mark.parametrize(
    ("clip", "status"), [("nonsense", 404), ("00000000-0000-4000-8000-000000000000", 404)]
)
def test_only_clips_that_are_there_are_let_pass(cast, place, clip, status):
    answer = browser(cast.clara).post(place, {"clip": clip, "reason": "Because."})
    assert answer.status_code == status
