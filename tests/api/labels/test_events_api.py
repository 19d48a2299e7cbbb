"""Event spans over HTTP: who takes part, where and when, saved and handed in with the tracks."""

import json
from uuid import uuid4

import pytest

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, lease, make_clip, walker


@pytest.fixture
def clip(cast):
    return make_clip(cast)


@pytest.fixture
def zone(cast, clip):
    """The entrance in the picture of the clip's camera."""
    from tenants.projects.models import Camera, Site, Zone

    with scope(cast.harbour.id):
        site = Site.objects.create(tenant=cast.harbour, name="Quay", time_zone="Europe/Rome")
        camera = Camera.objects.create(tenant=cast.harbour, site=site, name="East")
        clip.camera = camera
        clip.save()
        corners = [[0, 0], [100, 0], [100, 100]]
        return Zone.objects.create(
            tenant=cast.harbour, camera=camera, kind="entrance", name="Door", polygon=corners
        )


@pytest.fixture
def task(cast, clip):
    return cut(cast, clip)[0]


@pytest.fixture
def save(cast, api, task):
    """Anna saves under her lease: `save(tracks=[...], events=[...])`."""
    client, token = api(cast.anna), lease(cast.anna, task.id)
    url = f"/api/v1/t/harbour/tasks/{task.id}/tracks"

    def send(**body):
        return client.patch(url, {"token": token, **body}, format="json")

    send.url, send.client, send.token = url, client, token
    return send


def loitering(track=None, **changes) -> dict:
    """A span in the wire form."""
    return {
        "id": str(uuid4()),
        "event": "loitering",
        "start": 5,
        "end": 30,
        "participants": [track["id"]] if track else [],
        "zones": [],
        "attributes": {},
        **changes,
    }


def stored(save) -> list[dict]:
    return save.client.get(save.url).json()["events"]


def test_an_event_is_saved_with_the_track_that_takes_part_in_it(save, zone):
    track = walker()
    event = loitering(track, zones=[str(zone.id)])

    saved = save(tracks=[track], events=[event])

    assert saved.status_code == 200, saved.content
    assert saved.json()["revisions"] == {track["id"]: 1, event["id"]: 1}
    assert stored(save) == [{**event, "revision": 1}]


def test_saving_the_same_again_changes_nothing(save):
    event = loitering()
    save(events=[event])

    assert save(events=[event]).json()["revisions"] == {event["id"]: 1}


def test_a_change_from_an_old_revision_is_refused(save):
    event = loitering()
    save(events=[event])
    save(events=[{**event, "end": 31}], revisions={event["id"]: 1})

    late = save(events=[{**event, "end": 32}], revisions={event["id"]: 1})

    assert late.status_code == 409
    assert "Event" in late.json()["detail"]
    assert stored(save)[0]["end"] == 31


def test_an_event_is_deleted_and_can_come_back(save):
    event = loitering()
    save(events=[event])

    assert save(deleted=[event["id"]]).json()["revisions"] == {event["id"]: 2}
    assert stored(save) == []
    assert save(events=[event]).json()["revisions"] == {event["id"]: 3}
    assert stored(save) == [{**event, "revision": 3}]


def test_a_track_that_takes_part_is_not_deleted_from_under_its_event(save):
    track = walker()
    event = loitering(track)
    save(tracks=[track], events=[event])

    refused = save(deleted=[track["id"]])

    assert refused.status_code == 409
    assert "takes part in the event loitering" in refused.json()["detail"]
    assert len(save.client.get(save.url).json()["tracks"]) == 1
    both = save(deleted=[track["id"]], events=[{**event, "participants": []}])
    assert both.status_code == 200


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"event": "dancing"}, "event", "no event 'dancing'"),
        ({"start": -1}, "start", "use frames 0 to 49"),
        ({"end": 50}, "end", "use frames 0 to 49"),
        ({"start": 9, "end": 8}, "end", "before it starts"),
        ({"start": 1.5}, "start", "whole number"),
        ({"participants": [str(uuid4())]}, "participants[0]", "save it first"),
        ({"participants": "all"}, "participants", "list of ids"),
        ({"zones": [str(uuid4())]}, "zones[0]", "no zone"),
        ({"zones": ["door"]}, "zones[0]", "UUID"),
        ({"attributes": {"mood": "bad"}}, "attributes", "has: none"),
        ({"attributes": []}, "attributes", "JSON object"),
        ({"id": 7}, "id", "UUID"),
    ],
)
def test_an_event_that_does_not_fit_is_refused_and_its_place_named(save, changes, field, told):
    refused = save(events=[loitering(), loitering(**changes)])

    assert refused.status_code == 400
    assert refused.json()["field"] == f"events[1].{field}"
    assert told in refused.json()["detail"]
    assert stored(save) == []


def test_only_those_take_part_whom_the_ontology_names(save, zone):
    car = walker(label="car") if _has_label("car") else walker(label="vehicle")
    refused = save(tracks=[car], events=[loitering(car)])

    assert refused.status_code == 400
    assert "takes no part in loitering" in refused.json()["detail"]
    elsewhere = save(events=[loitering(event="intrusion", zones=[str(zone.id)])])
    assert elsewhere.status_code == 400
    assert "not told of entrance zones" in elsewhere.json()["detail"]


def _has_label(key: str) -> bool:
    from tenants.projects.ontology import surveillance_ontology

    return key in [label["key"] for label in surveillance_ontology()["labels"]]


def test_the_same_event_twice_in_one_request_is_refused(save):
    event = loitering()

    assert save(events=[event, event]).json()["field"] == "events[1].id"


def test_events_are_frozen_with_the_tracks(cast, save, task):
    from workforce.labels.models import LabelSet

    track = walker()
    event = loitering(track)
    save(tracks=[track], events=[event])

    handed_in = save.client.post(
        f"/api/v1/t/harbour/tasks/{task.id}/submit", {"token": save.token}, format="json"
    )

    assert handed_in.json()["events"] == 1
    with scope(cast.harbour.id):
        content = json.loads(LabelSet.objects.get().content)
    assert content["events"] == [event]


def test_events_of_a_lost_lease_are_kept_as_a_draft(cast, api, save, task):
    lease(cast.amir, task.id)
    event = loitering()

    assert save(events=[event]).json()["code"] == "lease_lost"

    drafts = save.client.get(f"/api/v1/t/harbour/tasks/{task.id}/drafts").json()["results"]
    assert drafts[0]["events"] == [event]
