"""One id over clips in a release: in each format that has a place for it, and in the manifest."""

import io
import json
import zipfile
from uuid import UUID

import pytest

from core.storage.vault import open_object
from core.tenancy.scope import scope
from tests import dock
from tests.api.links.street import Desk, filmed, link_tasks, ordered, street
from tests.cast import sign_in
from workforce.delivery.models import Release
from workforce.tasks.models import Task


@pytest.fixture
def town(cast, run_jobs, settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"
    dock.sign(cast)
    made = street(cast, run_jobs)
    for clip in made.clips:
        dock.redact(clip)
    return made


def linked(cast, api, clara, run_jobs, project, *said, accept=False):
    """Anna answers the newest task of links, and it is accepted."""
    ordered(clara, run_jobs, project)
    task = link_tasks(cast)[-1]
    desk = Desk(api, cast.anna, task)
    desk.say(*said)
    part_the_rest(desk)
    assert desk.submit(accept_contradictions=accept).status_code == 201
    run_jobs()
    return task


def part_the_rest(desk):
    """Every track that is not settled is none of its candidates."""
    told = desk.read()
    rest = [
        {"first": number, "second": other, "verdict": "different"}
        for number in told["unsettled"]
        for other in told["items"][number]["candidates"]
    ]
    if rest:
        desk.client.post(desk.place, {"token": desk.token, "links": rest}, format="json")


def package_of(cast, release) -> zipfile.ZipFile:
    with scope(cast.harbour.id):
        row = Release.objects.get(id=release["id"])
    with open_object(tenant=cast.harbour.id, object_id=row.package_id) as reader:
        return zipfile.ZipFile(io.BytesIO(reader.read()))


def objects(release):
    found = release["manifest"]["identities"]["objects"]
    return {name: {UUID(track).int for _, track in refs} for name, refs in found.items()}


def test_linked_tracks_carry_one_id_in_every_format_that_has_a_place_for_it(
    cast, api, clara, town, run_jobs
):
    linked(cast, api, clara, run_jobs, town.project, (3, 1, "same"))
    built = dock.release_of(clara, town.clips[0], run_jobs)

    assert built["state"] == "ready", built["failure"]
    ((name, tracks),) = objects(built).items()
    assert tracks == {1, 3}
    assert built["manifest"]["identities"]["count"] == 1
    package = package_of(cast, built)
    for clip, who, other in ((town.clips[0], 1, 2), (town.clips[1], 3, 4)):
        lines = [json.loads(x) for x in package.read(f"{clip.id}/labels.jsonl").splitlines()[1:]]
        by_track = {UUID(line["id"]).int: line.get("identity") for line in lines}
        assert by_track == {who: name, other: None}
        coco = json.loads(package.read(f"{clip.id}/coco.json"))["annotations"]
        told = {
            (UUID(row["attributes"]["track_uuid"]).int, row["attributes"].get("identity_uuid"))
            for row in coco
        }
        assert told == {(who, name), (other, None)}
        xml = package.read(f"{clip.id}/cvat.xml").decode()
        assert f'uuid="{UUID(int=who)}" identity="{name}"' in xml
        assert xml.count("identity=") == 1


def test_the_name_goes_on_in_the_next_version_and_the_diff_says_what_changed(
    cast, api, clara, client, town, run_jobs
):
    linked(cast, api, clara, run_jobs, town.project, (3, 1, "same"))
    first = dock.release_of(clara, town.clips[0], run_jobs)
    third = filmed(cast, run_jobs, town.project, town.gate, 6, {5: (0, 49), 6: (0, 49)})
    dock.redact(third)
    linked(cast, api, clara, run_jobs, town.project, (5, 3, "same"), (6, 4, "same"))
    second = dock.release_of(clara, town.clips[0], run_jobs)

    assert second["state"] == "ready", second["failure"]
    (name,) = objects(first)
    assert objects(second)[name] == {1, 3, 5}
    (new,) = objects(second).keys() - {name}
    assert objects(second)[new] == {4, 6}
    diff = clara.get(f"/api/v1/t/harbour/releases/{second['id']}/diff").json()
    assert diff["identities_changed"] == [name]
    assert diff["identities_added"] == [new]
    assert diff["identities_removed"] == []
    sign_in(client, cast.clara)
    page = client.get(f"/t/harbour/releases/{second['id']}").content.decode()
    assert "Other tracks than before" in page
    assert "Objects on several tracks" in page


def test_a_clip_waits_for_its_links_and_what_contradicts_is_in_the_manifest(
    cast, api, clara, town, run_jobs
):
    ordered(clara, run_jobs, town.project)
    waits = dock.release_of(clara, town.clips[0], run_jobs)
    assert [one["clip"] for one in waits["manifest"]["clips"]] == [str(town.clips[0].id)]
    (task,) = link_tasks(cast)
    desk = Desk(api, cast.anna, task)
    desk.say((3, 1, "same"), (4, 1, "same"))
    desk.submit(accept_contradictions=True)
    run_jobs()

    built = dock.release_of(clara, town.clips[0], run_jobs)
    (problem,) = built["manifest"]["identities"]["contradictions"]
    assert problem["kind"] == "two_places"
    assert [UUID(track).int for _, track in problem["tracks"]] == [3, 1, 4]


def test_decisions_about_tracks_that_are_gone_are_counted_and_join_nothing(
    cast, api, clara, town, run_jobs
):
    linked(cast, api, clara, run_jobs, town.project, (3, 1, "same"))
    with scope(cast.harbour.id):
        Task.objects.filter(clip=town.clips[0]).update(state="open")
    built = dock.release_of(clara, town.clips[0], run_jobs)

    assert built["manifest"]["identities"]["count"] == 0
    assert built["manifest"]["identities"]["decisions_about_tracks_that_are_gone"] > 0


def test_a_dispute_of_who_somebody_is_reopens_the_links_and_leaves_the_labels(
    cast, api, clara, town, run_jobs
):
    task = linked(cast, api, clara, run_jobs, town.project, (3, 1, "same"))
    first = dock.release_of(clara, town.clips[0], run_jobs)
    place = f"/api/v1/t/harbour/releases/{first['id']}/dispute"
    pin = {"clip": str(town.clips[0].id), "frame": 3, "text": "It is not him.", "identity": True}
    nobody = {**pin, "track": str(UUID(int=99))}
    unknown = clara.post(place, {"reason": "Who?", "pins": [nobody]}, format="json")
    assert "Nobody was asked" in unknown.json()["detail"]

    answer = clara.post(place, {"reason": "Two are one.", "pins": [pin]}, format="json")

    assert answer.status_code == 200, answer.json()
    with scope(cast.harbour.id):
        again = list(Task.objects.exclude(state="accepted"))
    assert again == [task]
    desk = Desk(api, cast.anna, task)
    assert desk.say((3, 1, "different")).status_code < 300
    part_the_rest(desk)
    handed_in = desk.submit()
    assert handed_in.status_code == 201, handed_in.json()
    run_jobs()
    with scope(cast.harbour.id):
        second = Release.objects.latest("number")
        before = Release.objects.get(number=1)
    assert (second.number, second.state) == (2, "ready")
    clip = str(town.clips[0].id)
    assert second.manifest["identities"]["count"] == 0
    assert (before.units[clip]["link"], second.units[clip].get("link")) == (1, None)
