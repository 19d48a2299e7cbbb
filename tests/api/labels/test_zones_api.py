"""Zones of a camera drawn anew: what labels name stays, with its id and kind."""

import json
from uuid import uuid4

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tenants.projects.models import Zone
from tenants.projects.services import add_camera, add_site
from tests.api.labels.floor import cut, make_clip
from workforce.labels.models import SpanRow

DOOR = {"kind": "entrance", "name": "Door", "polygon": [[0, 0], [10, 0], [10.5, 20]]}
YARD = {"kind": "restricted", "name": "Yard", "polygon": [[0, 0], [90, 0], [90, 80], [0, 80]]}


@pytest.fixture
def camera(cast):
    clara, tenant = Actor.person(cast.clara), cast.harbour.id
    site = add_site(actor=clara, tenant=tenant, name="North", time_zone="UTC")
    return add_camera(actor=clara, tenant=tenant, site_id=site.id, name="Gate", zones=[DOOR])


@pytest.fixture
def place(camera):
    return f"/api/v1/t/harbour/cameras/{camera.id}/zones"


@pytest.fixture
def door(cast, camera):
    with scope(cast.harbour.id):
        return str(Zone.objects.get().id)


@pytest.fixture
def named(cast, camera, door):
    """An event that was labelled at the door."""
    clip = make_clip(cast)
    with scope(cast.harbour.id):
        clip.camera = camera
        clip.save()
    task = cut(cast, clip)[0]
    with scope(cast.harbour.id):
        return SpanRow.objects.create(
            tenant_id=cast.harbour.id, task=task, span_id=uuid4(), event="intrusion",
            start=0, end=9, zones=[door],
        )  # fmt: skip


def put(client, place, *zones):
    return client.put(place, {"zones": list(zones)}, format="json")


def test_zones_are_read_and_written_anew(cast, clara, place, door):
    assert clara.get(place).json()["results"] == [{"id": door, **DOOR}]
    moved = {**DOOR, "id": door, "name": "Main door", "polygon": YARD["polygon"]}
    written = put(clara, place, moved, YARD).json()["results"]
    assert written[0] == moved
    assert written[1]["name"] == "Yard"
    assert [zone["name"] for zone in clara.get(place).json()["results"]] == ["Main door", "Yard"]
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.get(action="camera.zones_changed")
    assert json.loads(bytes(entry.body))["details"] == {"zones": 2, "removed": 0}


def test_two_zones_swap_their_names(clara, place, door):
    (first, second) = put(clara, place, {**DOOR, "id": door}, YARD).json()["results"]
    first["name"], second["name"] = second["name"], first["name"]
    swapped = put(clara, place, first, second).json()["results"]
    assert {zone["id"]: zone["name"] for zone in swapped} == {
        first["id"]: "Yard", second["id"]: "Door",
    }  # fmt: skip


def test_what_is_not_given_is_removed(clara, place):
    assert put(clara, place).json() == {"results": []}


def test_a_zone_that_events_name_stays_and_keeps_its_kind(clara, place, door, named):
    for zones in ([], [YARD], [{**DOOR, "id": door, "kind": "perimeter"}], [DOOR]):
        answer = put(clara, place, *zones)
        assert answer.status_code == 409
        assert "name the zone Door" in answer.json()["detail"]
    renamed = {**YARD, "id": door, "kind": "entrance"}
    assert put(clara, place, renamed).json()["results"] == [renamed]


def test_a_zone_is_free_again_when_the_event_is_gone(cast, clara, place, named):
    with scope(cast.harbour.id):
        SpanRow.objects.update(deleted=True)
    assert put(clara, place).status_code == 200


@pytest.mark.parametrize(
    ("zones", "status"),
    [
        ([{**DOOR, "polygon": [[0, 0], [1, 1]]}], 400),
        ([{**DOOR, "kind": "moon"}], 400),
        ([DOOR, DOOR], 400),
        ([{**DOOR, "id": "x"}], 409),
        ([{**DOOR, "id": str(uuid4())}], 409),
    ],
    ids=["two corners", "no kind", "one name twice", "no id", "an unknown id"],
)
def test_zones_that_make_no_sense_change_nothing(clara, place, door, zones, status):
    assert put(clara, place, *zones).status_code == status
    assert [zone["id"] for zone in clara.get(place).json()["results"]] == [door]


def test_one_zone_given_twice_is_refused(clara, place, door):
    twice = [{**DOOR, "id": door}, {**YARD, "id": door}]
    assert put(clara, place, *twice).status_code == 400


def test_who_may_not_edit_projects_may_look(cast, api, place):
    assert api(cast.vera).get(place).status_code == 200
    assert put(api(cast.vera), place).status_code == 403
    assert api(cast.mila).get(place).status_code == 404
    assert api(cast.clara).get(place.replace("harbour", "museum")).status_code == 404


@pytest.fixture
def page(camera):
    return f"/t/harbour/cameras/{camera.id}"


def test_the_page_keeps_what_was_drawn(cast, clara, page, door):
    shown = clara.get(page).content.decode()
    assert "entrance Door: 0,0 10,0 10.5,20" in shown
    drawn = json.dumps([{**DOOR, "id": door}, YARD])
    assert clara.post(page, {"drawn": drawn}).status_code == 302
    with scope(cast.harbour.id):
        assert Zone.objects.count() == 2
        assert str(Zone.objects.get(name="Door").id) == door


def test_the_lines_say_the_same_and_keep_ids_by_name(cast, clara, page, door):
    lines = "entrance Door: 1,1 10,0 10,20\nrestricted Yard: 0,0 9,0 9,9"
    assert clara.post(page, {"lines": lines}).status_code == 302
    with scope(cast.harbour.id):
        assert str(Zone.objects.get(name="Door").id) == door
        assert Zone.objects.count() == 2


def test_what_the_page_refuses_is_kept_in_it(clara, page, door, named):
    wrong = clara.post(page, {"lines": "nonsense"})
    assert wrong.status_code == 400
    assert b"nonsense" in wrong.content
    for drawn in ("{", "{}", "[1]"):
        assert clara.post(page, {"drawn": drawn}).status_code == 400
    removed = clara.post(page, {"drawn": "[]"})
    assert removed.status_code == 409
    assert b"name the zone Door" in removed.content
    assert clara.get(f"/t/harbour/cameras/{uuid4()}").status_code == 404
    assert clara.post(f"/t/harbour/cameras/{uuid4()}", {"drawn": "[]"}).status_code == 404
