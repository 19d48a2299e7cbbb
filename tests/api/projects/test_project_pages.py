"""Pages of projects and cameras: made, looked at, changed in versions, without the API."""

import re
from html import unescape

import pytest

from core.tenancy.scope import scope
from tenants.projects.models import Camera, OntologyVersion, Project
from tenants.projects.ontology import surveillance_ontology

PLACE = "/t/harbour/projects"


@pytest.fixture
def project(cast, clara):
    assert clara.post(f"{PLACE}/new", {"name": "North gate"}).status_code == 302
    with scope(cast.harbour.id):
        return Project.objects.get()


def fields(response) -> dict[str, object]:
    """What the form on a page would send, as a browser reads it."""
    text, sent = response.content.decode(), {}
    for tag in re.findall(r"<input[^>]*>", text):
        values = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = values.get("type"), values.get("name")
        if not name or name == "csrfmiddlewaretoken":
            continue
        if kind == "checkbox":
            if " checked" in tag:
                sent.setdefault(name, []).append(unescape(values.get("value", "on")))
        else:
            sent[name] = unescape(values.get("value", ""))
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', text, re.S):
        sent[name] = unescape(body.removeprefix("\n"))
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        sent[name] = unescape(chosen.group(1)) if chosen else ""
    return sent


def newest(cast) -> OntologyVersion:
    with scope(cast.harbour.id):
        return OntologyVersion.objects.order_by("-number").first()


def test_the_list_says_what_is_labelled_and_an_empty_one_what_to_do(clara, cast, api):
    assert "No project yet" in clara.get(PLACE).content.decode()
    clara.post(f"{PLACE}/new", {"name": "North gate", "begin": "traffic"})
    page = clara.get(PLACE).content.decode()
    assert "North gate" in page
    assert "Vehicle" in page
    assert "Person" not in page
    assert "Make a project" not in api(cast.vera).get(PLACE).content.decode()


@pytest.mark.parametrize(
    ("begin", "labels", "events"),
    [("surveillance", 3, 8), ("people", 1, 4), ("traffic", 1, 0), ("", 3, 8)],
)
def test_a_project_begins_with_a_template(cast, clara, begin, labels, events):
    sent = {"name": "Quay", "begin": begin, "task_frames": 60, "task_overlap": 5}
    assert clara.post(f"{PLACE}/new", sent).status_code == 302
    document = newest(cast).document
    assert (len(document["labels"]), len(document["events"])) == (labels, events)
    with scope(cast.harbour.id):
        made = Project.objects.get()
    assert (made.task_frames, made.task_overlap) == (60, 5)


def test_a_wrong_length_is_told_at_its_field_and_makes_nothing(cast, clara):
    sent = {"name": "Quay", "begin": "people", "task_frames": 10, "task_overlap": 10}
    refused = clara.post(f"{PLACE}/new", sent)
    assert refused.status_code == 400
    assert "shorter than a task" in refused.content.decode()
    with scope(cast.harbour.id):
        assert not Project.objects.exists()


def test_an_unchanged_form_changes_nothing(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.get(place))
    for act in ("look", "save"):
        answer = clara.post(place, sent | {"act": act})
        assert answer.status_code == 200
        assert "this is what is in force" in answer.content.decode()
    assert newest(cast).number == 1


def test_a_label_is_added_looked_at_and_written_as_the_next_version(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.post(place, fields(clara.get(place)) | {"act": "label"}))
    assert sent["label-TOTAL_FORMS"] == "4"
    sent |= {
        "label-3-name": "Dog",
        "label-3-kinds": ["box"],
        "label-3-attributes": "Lead: yes/no*",
        "label-0-attributes": sent["label-0-attributes"] + "\n~ Sits: yes/no",
        "event-0-name": "Standing about",
    }
    looked = clara.post(place, sent | {"act": "look"}).content.decode()
    told = ["Label Dog is added.", "Person: attribute Sits is added.",
            "Event Loitering is called Standing about."]  # fmt: skip
    assert [sentence for sentence in told if sentence not in looked] == []
    assert newest(cast).number == 1
    assert clara.post(place, sent | {"act": "save"}).status_code == 302
    version = newest(cast)
    assert version.number == 2
    assert [label["key"] for label in version.document["labels"]][-1] == "dog"
    assert version.document["events"][0]["key"] == "loitering"
    page = clara.get(f"{PLACE}/{project.id}").content.decode()
    assert "Label Dog is added." in page
    assert "You look at version 1" in clara.get(f"{PLACE}/{project.id}?version=1").content.decode()


def test_the_digits_shown_are_those_of_the_workbench(cast, clara, project):
    ready = surveillance_ontology()["labels"]
    dog = {"key": "dog", "name": "Dog", "kinds": ["box"]}
    posted = clara.post(
        f"/api/v1{PLACE}/{project.id}/ontologies", {"labels": [dog, *ready[1:]]}, format="json"
    )
    assert posted.status_code == 201
    page = clara.get(f"{PLACE}/{project.id}").content.decode()
    digits = re.findall(r"</i>(\w+) <kbd[^>]*>(\d)</kbd>", page)
    assert digits == [("Dog", "4"), ("Vehicle", "2"), ("Object", "3")]
    assert "moves" not in page
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.post(place, fields(clara.get(place)) | {"act": "label"}))
    sent |= {"label-3-name": "Cat", "label-3-kinds": ["box"]}
    looked = clara.post(place, sent | {"act": "look"}).content.decode()
    assert ("Cat", "5") in re.findall(r"</i>(\w+) <kbd[^>]*>(\d)</kbd>", looked)


def test_the_next_version_is_shown_as_the_workbench_will_show_it(cast, clara, project):
    page = clara.get(f"{PLACE}/{project.id}/labels").content.decode()
    seen = page.partition('id="seen"')[2]
    assert re.findall(r"</i>(\w+) <kbd[^>]*>(\d)</kbd>", seen) == [
        ("Person", "1"), ("Vehicle", "2"), ("Object", "3"),
    ]  # fmt: skip
    person = surveillance_ontology()["labels"][0]
    for attribute in person["attributes"]:
        assert attribute["name"] in seen
    assert '<input type="radio" disabled>' in seen
    assert " name=" not in seen.partition("</main>")[0], "no field of the form"


def drawn(clara, place, sent):
    answer = clara.post(place, sent | {"act": "preview"})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    return answer.content.decode()


def test_a_preview_is_drawn_of_what_is_typed_so_far_and_writes_nothing(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.post(place, fields(clara.get(place)) | {"act": "label"}))
    assert "Dog" not in drawn(clara, place, sent)
    sent["label-3-name"] = "Dog"
    begun = drawn(clara, place, sent)
    assert ("Dog", "4") in re.findall(r"</i>(\w+) <kbd[^>]*>(\d)</kbd>", begun)
    assert "Dog: choose what it is drawn as." in begun
    sent |= {
        "label-3-kinds": ["polygon"],
        "label-3-color": "k4",
        "label-3-attributes": "Fur: short, long*\nLead: yes/no*\nBre",
    }
    more = drawn(clara, place, sent).partition('aria-label="Dog"')[2].partition("</section>")[0]
    assert 'class="sw k4"' in drawn(clara, place, sent)
    assert "Polygon" in more
    assert '<input type="radio" disabled checked><span>long<kbd aria-hidden="true">2</kbd>' in more
    assert '<input type="checkbox" disabled><span>Lead</span>' in more
    assert "Dog: Line 3: write a name" in drawn(clara, place, sent)
    assert "Dog" not in drawn(clara, place, sent | {"label-3-gone": "on"})
    sent["event-0-participants"] = "Person, Dog, Cat"
    told = drawn(clara, place, sent)
    assert "Who takes part: Person, Dog." in told
    assert "no label is called Cat." in told
    assert newest(cast).number == 1


def test_a_preview_of_json_says_what_is_wrong_with_it(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels?json"
    sent = fields(clara.get(place))
    assert "Person" in drawn(clara, place, sent)
    assert "This is no JSON" in drawn(clara, place, sent | {"text": "{"})
    named = sent["text"].replace('"Person"', '"<script>alert(1)</script>"')
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn(clara, place, sent | {"text": named})


def test_a_label_left_out_names_the_events_that_need_it(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.get(place)) | {"label-2-gone": "on", "act": "save"}
    refused = clara.post(place, sent)
    assert refused.status_code == 400
    assert "no label is called Object" in refused.content.decode()
    gone = {
        f"event-{n}-gone": "on"
        for n, event in enumerate(surveillance_ontology()["events"])
        if "object" in event["participants"]
    }
    assert clara.post(place, sent | gone).status_code == 302
    assert [label["key"] for label in newest(cast).document["labels"]] == ["person", "vehicle"]


def test_a_line_that_is_no_attribute_is_told_and_kept(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.get(place)) | {"label-0-attributes": "Coat red", "act": "save"}
    refused = clara.post(place, sent)
    assert refused.status_code == 400
    page = refused.content.decode()
    assert "Line 1: write a name, a colon" in page
    assert "Coat red" in page
    assert newest(cast).number == 1


def test_two_who_edit_at_once_do_not_overwrite_one_another(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    first = fields(clara.get(place))
    second = dict(first)
    assert clara.post(place, first | {"label-0-name": "Human", "act": "save"}).status_code == 302
    refused = clara.post(place, second | {"label-1-name": "Car", "act": "save"})
    assert refused.status_code == 409
    assert "These changes began from version 1, and 2 is the newest" in refused.content.decode()
    assert newest(cast).document["labels"][1]["name"] == "Vehicle"


def test_an_ontology_that_fits_no_line_is_edited_as_json(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    document = {
        "labels": [{"key": "a", "name": "A", "kinds": ["box"], "attributes": [
            {"key": "b", "name": "B", "type": "select", "values": ["red, dark"]}]}]
    }  # fmt: skip
    api = f"/api/v1{PLACE}/{project.id}/ontologies"
    assert clara.post(api, document, format="json").status_code == 201
    page = clara.get(place)
    assert "edited as JSON" in page.content.decode()
    sent = fields(page)
    wrong = clara.post(place, sent | {"text": "{", "act": "save"})
    assert wrong.status_code == 400
    assert "This is no JSON" in wrong.content.decode()
    named = sent | {"text": sent["text"].replace('"A"', '"Animal"'), "act": "save"}
    assert clara.post(place, named).status_code == 302
    assert newest(cast).document["labels"][0]["name"] == "Animal"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"labels": [], "a": NaN}', "NaN is no number of JSON"),
        ('{"labels": [], "a": -Infinity}', "-Infinity is no number of JSON"),
    ],
    ids=["deep", "nan", "infinite"],
)
def test_json_that_no_document_can_hold_is_refused(cast, clara, project, text, told):
    place = f"{PLACE}/{project.id}/labels"
    refused = clara.post(place, {"after": "1", "text": text, "act": "save"})
    assert refused.status_code == 400
    assert told in refused.content.decode()
    assert newest(cast).number == 1


@pytest.mark.parametrize("after", ["", "²", "9" * 5000, "one"])
def test_a_form_that_does_not_say_what_it_began_from_is_not_written(cast, clara, project, after):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.get(place)) | {"label-0-name": "Human", "act": "save", "after": after}
    assert clara.post(place, sent).status_code == 409
    assert newest(cast).number == 1


def test_a_form_with_a_broken_count_is_refused(cast, clara, project):
    place = f"{PLACE}/{project.id}/labels"
    sent = fields(clara.get(place)) | {"label-TOTAL_FORMS": "many", "act": "save"}
    assert clara.post(place, sent).status_code == 400
    assert clara.post(place, sent | {"act": "label"}).status_code == 200
    assert newest(cast).number == 1


def test_sites_and_cameras_are_added_with_zones_that_are_drawn(cast, clara):
    place = "/t/harbour/cameras"
    assert "No site yet" in clara.get(place).content.decode()
    site = {"act": "site", "site-name": "Quay", "site-time_zone": "Europe/Madrid"}
    assert clara.post(place, site).status_code == 302
    assert clara.post(place, site).status_code == 409
    sent = fields(clara.get(place)) | {
        "act": "camera",
        "camera-name": "East",
        "camera-zones": "restricted Loading dock: 10,20 300,20 300,200",
    }
    sent["camera-site"] = sent["camera-site"] or _first_site(cast)
    assert clara.post(place, sent).status_code == 302
    page = clara.get(place).content.decode()
    assert 'd="M10 20L300 20L300 200Z"' in page
    wrong = clara.post(place, sent | {"camera-name": "West", "camera-zones": "dock 1,2"})
    assert wrong.status_code == 400
    assert "Line 1: write a kind" in wrong.content.decode()
    two = clara.post(place, sent | {"camera-name": "West", "camera-zones": "door A: 1,2 3,4 5,6"})
    assert two.status_code == 400
    assert "a kind: circulation, entrance" in two.content.decode()
    with scope(cast.harbour.id):
        assert Camera.objects.count() == 1


def _first_site(cast) -> str:
    from tenants.projects.models import Site

    with scope(cast.harbour.id):
        return str(Site.objects.get().id)


def test_another_client_s_project_is_not_there(cast, api, project):
    mila = api(cast.mila)
    for path in ("", "/labels"):
        assert mila.get(f"/t/museum/projects/{project.id}{path}").status_code == 404
        assert mila.get(f"/t/harbour/projects/{project.id}{path}").status_code == 404
