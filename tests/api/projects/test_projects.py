"""Projects and versions of their ontologies, sites, cameras and zones."""

from copy import deepcopy
from uuid import uuid4

import pytest

from core.tenancy.scope import scope
from tenants.projects.models import Camera, Project, Zone
from tenants.projects.ontology import surveillance_ontology

PLACE = "/api/v1/t/harbour/projects"
ONTOLOGY = {
    "labels": [
        {
            "key": "person",
            "name": "Person",
            "kinds": ["box"],
            "attributes": [{"key": "coat", "name": "Coat", "type": "select", "values": ["red"]}],
        }
    ],
    "events": [{"key": "running", "name": "Running", "participants": ["person"]}],
}


def make(clara, **body):
    return clara.post(PLACE, {"name": "North gate", **body}, format="json")


def test_a_project_begins_with_the_ready_ontology(clara):
    made = make(clara)
    assert (made.status_code, made.json()["slug"]) == (201, "north-gate")
    read = clara.get(f"{PLACE}/{made.json()['id']}").json()
    assert read["ontology"]["number"] == 1
    assert read["ontology"]["document"] == surveillance_ontology()
    keys = {event["key"] for event in surveillance_ontology()["events"]}
    assert {"loitering", "intrusion", "tailgating", "theft", "crowding"} <= keys


def test_an_ontology_gets_versions_and_old_ones_stay(clara):
    place = f"{PLACE}/{make(clara, ontology=ONTOLOGY).json()['id']}/ontologies"
    wider = {"labels": [*ONTOLOGY["labels"], {"key": "dog", "name": "Dog", "kinds": ["box"]}]}
    assert clara.post(place, wider, format="json").json()["number"] == 2
    documents = [row["document"] for row in clara.get(place).json()["results"]]
    assert documents == [wider, ONTOLOGY]


def broken(change):
    document = deepcopy(ONTOLOGY)
    change(document)
    return document


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "labels"),
        ({"labels": []}, "labels"),
        (broken(lambda d: d["labels"].append(d["labels"][0])), "two of label"),
        (broken(lambda d: d["labels"][0].update(key="Person")), "labels/0/key"),
        (broken(lambda d: d["labels"][0].update(key="person\n")), "labels/0/key"),
        (broken(lambda d: d["labels"][0].update(name="a\x00b")), "labels/0/name"),
        (broken(lambda d: d["labels"][0].update(kinds=["sphere"])), "labels/0/kinds"),
        (broken(lambda d: d["labels"][0].update(colour="red")), "colour"),
        (broken(lambda d: d["labels"][0]["attributes"][0].pop("values")), "values"),
        (broken(lambda d: d["labels"][0]["attributes"][0].update(default="blue")), "none of its"),
        (
            broken(lambda d: d["labels"][0]["attributes"].append(d["labels"][0]["attributes"][0])),
            "coat",
        ),
        (broken(lambda d: d["events"].append(d["events"][0])), "two of event"),
        (broken(lambda d: d["events"][0].update(participants=["dragon"])), "dragon"),
        (broken(lambda d: d["events"][0].update(zones=["moon"])), "moon"),
    ],
)
def test_an_ontology_that_is_not_sound_is_refused_at_its_place(cast, clara, document, told):
    refused = make(clara, ontology=document)
    assert refused.status_code == 400
    assert told in refused.json()["detail"]
    with scope(cast.harbour.id):
        assert not Project.objects.exists()
    project = make(clara).json()["id"]
    assert clara.post(f"{PLACE}/{project}/ontologies", document, format="json").status_code == 400


def test_an_ontology_is_an_object(clara):
    project = make(clara).json()["id"]
    refused = clara.post(f"{PLACE}/{project}/ontologies", [1], format="json")
    assert (refused.status_code, refused.json()["field"]) == (400, "ontology")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "!!!"}, "name"),
        ({"task_frames": 10, "task_overlap": 10}, "task_overlap"),
    ],
)
def test_a_project_that_makes_no_sense_is_refused(clara, body, field):
    refused = make(clara, **body)
    assert (refused.status_code, refused.json()["field"]) == (400, field)


def test_a_name_in_use_is_a_conflict_within_one_client_only(cast, api, clara):
    make(clara)
    assert make(clara).status_code == 409
    mine = api(cast.mila).post("/api/v1/t/museum/projects", {"name": "North gate"}, format="json")
    assert mine.status_code == 201


def test_names_in_any_letters_are_told_apart_and_numbered_in_addresses(clara):
    names = ("بوابة الشمال", "北门", "Восточные ворота")
    made = [make(clara, name=name) for name in names]
    assert [one.status_code for one in made] == [201, 201, 201]
    assert [one.json()["name"] for one in made] == list(names)
    assert [one.json()["slug"] for one in made] == ["project-1", "project-2", "project-3"]
    assert make(clara, name="Project").json()["slug"] == "project"
    again = make(clara, name=names[1])
    assert (again.status_code, again.json()["field"]) == (409, "name")


def test_another_client_s_project_is_not_there(cast, api, clara):
    project = make(clara).json()["id"]
    mila = api(cast.mila)
    for place in (f"projects/{project}", f"projects/{project}/ontologies"):
        assert mila.get(f"/api/v1/t/museum/{place}").status_code == 404
    posted = mila.post(f"/api/v1/t/museum/projects/{project}/ontologies", ONTOLOGY, format="json")
    assert posted.status_code == 404


def test_the_page_makes_a_project(clara):
    page = "/t/harbour/projects/new"
    assert clara.get(page).status_code == 200
    assert clara.post(page, {"name": "Quay"})["Location"] == "/t/harbour/clips/add"
    assert clara.post(page, {"name": ""}).status_code == 400
    assert clara.post(page, {"name": "Quay"}).status_code == 409


SITES, CAMERAS = "/api/v1/t/harbour/sites", "/api/v1/t/harbour/cameras"
DOOR = {"kind": "entrance", "name": "Door", "polygon": [[0, 0], [10, 0], [10.5, 20]]}


@pytest.fixture
def site(clara):
    body = {"name": "Quay", "time_zone": "Europe/Madrid"}
    return clara.post(SITES, body, format="json").json()["id"]


def add_camera(clara, site, **body):
    return clara.post(CAMERAS, {"site": site, "name": "East", **body}, format="json")


def test_a_camera_has_its_site_s_zone_of_time_and_its_own_zones(cast, clara, site):
    made = add_camera(clara, site, zones=[DOOR])
    assert made.status_code == 201
    assert made.json()["time_zone"] == "Europe/Madrid"
    assert [{**zone, "id": None} for zone in made.json()["zones"]] == [{"id": None, **DOOR}]
    assert clara.get(CAMERAS).json()["results"] == [made.json()]
    assert clara.get(SITES).json()["results"][0]["name"] == "Quay"
    with scope(cast.harbour.id):
        assert (str(Camera.objects.get()), str(Zone.objects.get())) == ("East", "Door")


def test_names_are_used_once(clara, site):
    again = clara.post(SITES, {"name": " Quay ", "time_zone": "UTC"}, format="json")
    assert again.status_code == 409
    assert add_camera(clara, site).status_code == 201
    assert add_camera(clara, site).status_code == 409


@pytest.mark.parametrize(
    "zones",
    [
        5,
        "door",
        [5],
        [{**DOOR, "kind": "moon"}],
        [{**DOOR, "kind": ["entrance"]}],
        [{**DOOR, "name": ""}],
        [{**DOOR, "name": 7}],
        [{**DOOR, "name": "x" * 121}],
        [{**DOOR, "name": "a\x00b"}],
        [DOOR, DOOR],
        [{**DOOR, "polygon": [[0, 0], [1, 1]]}],
        [{**DOOR, "polygon": [[0, 0], [1, 1], [2]]}],
        [{**DOOR, "polygon": [[0, 0], [1, 1], [-2, 2]]}],
        [{**DOOR, "polygon": [[0, 0], [1, 1], ["2", 2]]}],
        [{**DOOR, "polygon": "round"}],
    ],
)
def test_zones_that_make_no_sense_are_refused(cast, clara, site, zones):
    refused = add_camera(clara, site, zones=zones)
    assert (refused.status_code, refused.json()["field"]) == (400, "zones")
    with scope(cast.harbour.id):
        assert not Camera.objects.exists()


def test_a_camera_needs_a_site_of_the_same_client(cast, api, clara, site):
    assert add_camera(clara, str(uuid4())).status_code == 404
    body = {"site": site, "name": "East"}
    stolen = api(cast.mila).post("/api/v1/t/museum/cameras", body, format="json")
    assert stolen.status_code == 404


def test_the_services_refuse_empty_names(cast):
    from core.access.actors import Actor
    from core.errors import Invalid
    from tenants.projects.services import add_camera, add_site

    who = {"actor": Actor.person(cast.clara), "tenant": cast.harbour.id}
    with pytest.raises(Invalid, match="site a name"):
        add_site(**who, name=" ", time_zone="UTC")
    with pytest.raises(Invalid, match="camera a name"):
        add_camera(**who, site_id=uuid4(), name=" ")
