"""A release: ordered, built, proven, and accepted or disputed."""

import base64
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest

from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.errors import Unavailable
from core.outbox.jobs import run
from core.outbox.models import Event, Job
from core.storage.models import StoredObject
from core.storage.vault import open_object
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tests import dock
from tests.api.labels.floor import cut, make_clip
from workforce.delivery.models import ClockEvent, Release
from workforce.delivery.proof import manifest_holds
from workforce.labels.canonical import canonical_json, content_hash
from workforce.labels.formats.jsonl import read_jsonl_lines
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Stage
from workforce.labels.tracks import Picture
from workforce.redaction.models import RedactionRun

PLACE = "/api/v1/t/harbour/releases"


@pytest.fixture
def clip(cast, run_jobs):
    dock.sign(cast)
    return dock.finished(cast, run_jobs)


@pytest.fixture
def ready(clara, clip, run_jobs):
    built = dock.release_of(clara, clip, run_jobs)
    assert built["state"] == "ready", built["failure"]
    return built


def order(client, project, tenant="harbour", **body):
    place = f"/api/v1/t/{tenant}/releases"
    return client.post(place, {"project": str(project), **body}, format="json")


def package_of(cast, release) -> zipfile.ZipFile:
    with scope(cast.harbour.id):
        row = Release.objects.get(id=release["id"])
    with open_object(tenant=cast.harbour.id, object_id=row.package_id) as reader:
        return zipfile.ZipFile(io.BytesIO(reader.read()))


def decide(client, release, what, tenant="harbour", **body):
    place = f"/api/v1/t/{tenant}/releases/{release['id']}/{what}"
    return client.post(place, body, format="json")


def test_the_manifest_proves_every_file_of_the_package(cast, clara, clip, ready):
    key = base64.b64decode(clara.get(f"{PLACE}/key").json()["ed25519"])
    signature = base64.b64decode(ready["signature"])
    package = package_of(cast, ready)

    manifest = json.loads(package.read("manifest.json"))
    assert manifest == ready["manifest"]
    assert manifest_holds(manifest, signature, key)
    assert not manifest_holds({**manifest, "format": "other"}, signature, key)
    lines = package.read("manifest.sig").decode().split()
    assert [base64.b64decode(line) for line in lines] == [signature, key]
    for file in manifest["files"]:
        data = package.read(file["path"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
    inside = {name.partition("/")[2] for name in package.namelist()} - {""}
    assert inside == {
        "coco.json", "cvat.xml", "footage.mp4", "frames.jsonl", "labels.jsonl", "mot/gt.txt",
        "mot/labels.txt",
    }  # fmt: skip
    assert package.read(f"{clip.id}/footage.mp4") == dock.footage()
    assert package.testzip() is None


def test_the_manifest_leads_from_the_footage_s_hash_to_the_labels(cast, clara, clip, ready):
    (entry,) = ready["manifest"]["clips"]
    assert entry["clip"] == str(clip.id)
    assert entry["source_sha256"] == bytes(32).hex()
    assert entry["frames"] == 100
    assert [labels["frames"] for labels in entry["label_sets"]] == [[0, 49], [50, 99]]
    assert entry["footage"]["sha256"] == hashlib.sha256(dock.footage()).hexdigest()
    assert entry["sla"]["met"]
    with scope(cast.harbour.id):
        units = Release.objects.get().units[str(clip.id)]
        assert StoredObject.objects.filter(kind="release").count() == 1
        assert str(Release.objects.get()) == "release 1"
        assert "start" in str(ClockEvent.objects.first())
    assert units["frame"] == 100
    # The walker goes on where the first task ends, but for the frames between two tasks.
    assert units["object"] in {1, 2}


def test_the_card_s_pictures_are_of_the_copy_that_was_delivered(cast, clara, clip, ready):
    place = f"{PLACE}/{ready['id']}/clips/{clip.id}/picture"
    page = clara.get(f"/t/harbour/releases/{ready['id']}?view=pictures").content.decode()
    assert f'src="{place}"' in page
    assert "/thumbnails/" not in page
    first, again = clara.get(place), clara.get(place)
    assert first["Content-Type"] == "image/jpeg"
    assert first.content[:3] == b"\xff\xd8\xff"
    assert again.content == first.content
    with scope(cast.harbour.id):
        kept = StoredObject.objects.get(kind="card-picture")
        copy = RedactionRun.objects.get(clip=clip).output_id
        assert [made.parent_id for made in kept.made_from.all()] == [copy]
        assert AuditEntry.objects.filter(action="release.picture.read").count() == 2
    assert clara.get(f"{PLACE}/{ready['id']}/clips/{uuid4()}/picture").status_code == 404


def test_json_lines_carry_the_ontology_and_are_read_as_the_release_s_tracks(cast, clip, ready):
    lines = package_of(cast, ready).read(f"{clip.id}/labels.jsonl").splitlines()
    header = json.loads(lines[0])
    stage = Stage(
        Ontology.from_document(header["ontology"]),
        Picture(header["width"], header["height"], header["start"], header["end"]),
        tracks={},
        zones={},
    )

    found = list(read_jsonl_lines(lines, stage=stage))

    hashes = {str(item.id): content_hash(canonical_json(item.to_wire())) for item in found}
    (entry,) = ready["manifest"]["clips"]
    assert hashes == entry["tracks"] | entry["events"]
    assert entry["undecided_seams"] == []


def test_only_the_formats_that_were_asked_for_are_packed(cast, clara, clip, run_jobs):
    ordered = order(clara, clip.project_id, formats=["mot", "mot"])
    assert ordered.json()["formats"] == ["mot"]
    run_jobs()
    names = package_of(cast, ordered.json()).namelist()
    assert f"{clip.id}/mot/gt.txt" in names
    assert f"{clip.id}/coco.json" not in names


def test_building_twice_keeps_the_first(cast, clara, ready, run_jobs):
    from core.outbox.jobs import enqueue

    with scope(cast.harbour.id):
        first = Release.objects.get().package_id
    enqueue("delivery.build", tenant=cast.harbour.id, args={"release": ready["id"]})
    run_jobs()
    with scope(cast.harbour.id):
        assert Release.objects.get().package_id == first
        assert StoredObject.objects.filter(kind="release").count() == 1


def test_the_clock_stops_with_the_release_and_lateness_is_in_the_manifest(cast, clara, run_jobs):
    dock.sign(cast, sla={"turnaround_hours": 1})
    clip = dock.finished(cast, run_jobs, received=now() - timedelta(hours=30))

    (entry,) = dock.release_of(clara, clip, run_jobs)["manifest"]["clips"]

    assert not entry["sla"]["met"]
    assert 29 * 3600 <= entry["sla"]["late_by_seconds"] < 30 * 3600
    with scope(cast.harbour.id):
        actions = list(ClockEvent.objects.values_list("action", flat=True))
    assert actions == ["start", "stop"]


def test_a_clock_is_started_once(cast, clip, run_jobs):
    from core.outbox.jobs import enqueue

    enqueue("delivery.start_clock", tenant=cast.harbour.id, args={"clip": str(clip.id)})
    run_jobs()
    with scope(cast.harbour.id):
        assert ClockEvent.objects.filter(clip=clip, action="start").count() == 1


@pytest.mark.parametrize("formats", [[], ["yolo"], "coco", [1]])
def test_formats_that_nobody_writes_are_refused(cast, clara, clip, formats):
    refused = order(clara, clip.project_id, formats=formats)
    assert refused.status_code == 400
    with scope(cast.harbour.id):
        assert not Release.objects.exists()


def test_a_release_waits_for_a_contract_and_for_finished_clips(cast, clara):
    clip = make_clip(cast)
    assert order(clara, clip.project_id).status_code == 409
    dock.sign(cast)
    cut(cast, clip)
    refused = order(clara, clip.project_id)
    assert refused.status_code == 409
    assert "still open" in refused.json()["detail"]


def test_one_version_is_built_at_a_time_and_the_next_has_the_next_number(clara, clip, run_jobs):
    assert order(clara, clip.project_id).status_code == 201
    assert order(clara, clip.project_id).status_code == 409
    run_jobs()
    assert order(clara, clip.project_id).json()["number"] == 2


def test_another_client_orders_reads_and_decides_nothing_here(cast, api, clip, ready):
    mila = api(cast.mila)
    assert order(mila, clip.project_id, "museum").status_code == 404
    assert order(mila, uuid4(), "museum").status_code == 404
    for what in ("accept", "dispute"):
        assert decide(mila, ready, what, "museum", reason="x").status_code == 404
    for place in ("", "/package"):
        address = f"/api/v1/t/museum/releases/{ready['id']}{place}"
        assert mila.get(address).status_code == 404
    assert mila.get("/api/v1/t/museum/releases").json() == {"results": [], "next": None}
    assert mila.get(f"/t/museum/releases/{ready['id']}").status_code == 404


def test_footage_that_nobody_redacted_is_redacted_first(cast, clara, run_jobs):
    """The build looks again later and costs no attempt; when redaction fails, so does it."""
    dock.sign(cast)
    clip = make_clip(cast)
    dock.label(cast, clip, run_jobs)
    release = order(clara, clip.project_id).json()
    assert Job.objects.filter(kind="redaction.detect").count() == 1
    first = Job.objects.get(kind="delivery.build")

    assert run(first.id, beat=False)
    second = Job.objects.get(kind="delivery.build", state="open")
    assert second.run_after > first.run_after

    with scope(cast.harbour.id):
        RedactionRun.objects.update(state=RedactionRun.State.FAILED)
    with frozen(now() + timedelta(minutes=1)):
        assert run(second.id, beat=False)
    second.refresh_from_db()
    assert second.state == "done"
    told = clara.get(f"{PLACE}/{release['id']}").json()
    assert told["state"] == "failed"
    assert "redact" in told["failure"]
    assert clara.get(f"/t/harbour/releases/{release['id']}").status_code == 200
    # Another order starts the redaction anew.
    assert order(clara, clip.project_id).status_code == 201
    assert Job.objects.filter(kind="redaction.detect").count() == 2


def test_a_store_that_is_down_delays_a_release_and_does_not_fail_it(
    cast, clara, clip, run_jobs, monkeypatch
):
    from workforce.delivery import building

    real = building.open_object

    def down(**_):
        raise Unavailable("The object store does not answer.")

    release = order(clara, clip.project_id).json()
    job = Job.objects.get(kind="delivery.build")
    monkeypatch.setattr(building, "open_object", down)
    assert not run(job.id, beat=False)
    job.refresh_from_db()
    assert job.state == "open"
    assert clara.get(f"{PLACE}/{release['id']}").json()["state"] == "building"

    monkeypatch.setattr(building, "open_object", real)
    with frozen(now() + timedelta(minutes=1)):
        assert run(job.id, beat=False)
    assert clara.get(f"{PLACE}/{release['id']}").json()["state"] == "ready"


def test_the_client_accepts_once(cast, clara, ready):
    accepted = decide(clara, ready, "accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert decide(clara, ready, "accept").status_code == 409
    assert decide(clara, ready, "dispute", reason="late").status_code == 409
    assert Event.objects.filter(topic="release.accepted").count() == 1
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="release.accepted").count() == 1


def test_a_dispute_needs_a_reason(clara, ready):
    assert decide(clara, ready, "dispute", reason="  ").status_code == 400
    disputed = decide(clara, ready, "dispute", reason="A bus is missing. ")
    assert disputed.json()["state"] == "disputed"
    assert disputed.json()["dispute"] == "A bus is missing."
    assert decide(clara, ready, "accept").status_code == 409


def test_a_release_that_is_being_built_cannot_be_decided_or_downloaded(clara, clip):
    release = order(clara, clip.project_id).json()
    assert decide(clara, release, "accept").status_code == 409
    assert clara.get(f"{PLACE}/{release['id']}/package").status_code == 409
    assert clara.get(f"{PLACE}/{release['id']}").json()["signature"] is None


def test_reading_a_release_is_in_the_log(cast, clara, ready):
    clara.get(f"{PLACE}/{ready['id']}")
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="release.read").count() >= 2


def test_asking_whether_a_release_is_built_is_no_reading_of_it(cast, clara, clip, run_jobs):
    release = order(clara, clip.project_id).json()
    place, page = f"{PLACE}/{release['id']}", f"/t/harbour/releases/{release['id']}"
    shown = clara.get(page).content.decode()
    assert f'data-building="{place}"' in shown
    assert f'<a href="{page}">look again</a>' in shown
    assert clara.get(place).json()["state"] == "building"
    with scope(cast.harbour.id):
        assert not AuditEntry.objects.filter(action="release.read").exists()
    run_jobs()
    assert "data-building" not in clara.get(page).content.decode()
    clara.get(place)
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="release.read").count() == 2


def test_the_client_s_pages_tell_where_everything_is(cast, clara, clip, run_jobs):
    home, clips = "/t/harbour/home", "/t/harbour/clips"
    assert b"Finished, not released yet" in clara.get(home).content
    assert clara.get(f"{clips}/{clip.id}").status_code == 200
    assert clara.get(f"{clips}/{uuid4()}").status_code == 404
    assert clara.get(f"{clips}/add").status_code == 200
    page = "/t/harbour/releases"
    assert clara.get(page).status_code == 200
    assert clara.post(page, {"project": "x"}).status_code == 404
    ordered = clara.post(page, {"project": str(clip.project_id)})
    building = clara.get(ordered["Location"]).content
    assert b"is being built" in building
    assert b"A notice tells the client's administrators" in building
    run_jobs()
    assert b"One thing waits for you" in clara.get(home).content
    assert b"Released" in clara.get(clips).content
    assert (
        clara.post(ordered["Location"], {"decision": "dispute", "reason": " "}).status_code == 400
    )
    assert clara.post(ordered["Location"], {"decision": "accept"}).status_code == 302
    assert b"is accepted" in clara.get(ordered["Location"]).content


def test_a_dispute_from_the_page_says_why(cast, clara, ready):
    page = f"/t/harbour/releases/{ready['id']}"
    with scope(cast.harbour.id):
        name = Clip.objects.get().filename
    assert clara.get(page).content.decode().count(name) > 1, "in the table and in the form"
    assert clara.post(page, {"decision": "dispute", "reason": "a\x00b"}).status_code == 400
    assert clara.post(page, {"decision": "dispute", "reason": "Too dark."}).status_code == 302
    assert b"Too dark." in clara.get(page).content


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("refused", b"Refused"),
        ("erased", b"Erased"),
        ("preparing", b"Preparing"),
        ("ready", b"0 of 2 tasks"),
    ],
)
def test_each_clip_says_where_it_is(cast, clara, state, word):
    dock.sign(cast)
    clip = make_clip(cast)
    cut(cast, clip)
    with scope(cast.harbour.id):
        clip.state = state
        clip.save()
    assert word in clara.get("/t/harbour/home").content


def test_a_clip_under_review_and_a_clip_that_is_late_say_so(cast, clara, run_jobs):
    from workforce.tasks.models import Task

    dock.sign(cast, sla={"turnaround_hours": 1})
    clip = dock.finished(cast, run_jobs, received=now() - timedelta(hours=5))
    with scope(cast.harbour.id):
        Task.objects.update(state="submitted")
    page = clara.get("/t/harbour/home").content
    assert b"Review, 0 of 2" in page
    assert b"One clip is late." in page
    with scope(cast.harbour.id):
        ClockEvent.objects.create(tenant=cast.harbour, clip=clip, action="pause")
    assert clara.get("/t/harbour/clips").status_code == 200


def test_a_clock_that_stands_still_in_time_is_no_breach(cast, clara, run_jobs):
    dock.sign(cast)
    clip = dock.finished(cast, run_jobs)
    with scope(cast.harbour.id):
        ClockEvent.objects.create(tenant=cast.harbour, clip=clip, action="pause")
    assert b"Clock stopped" in clara.get("/t/harbour/clips").content


def test_a_store_that_stays_down_fails_the_release_at_the_last_try(cast, clara, clip, monkeypatch):
    from workforce.delivery import building, jobs

    def down(**_):
        raise Unavailable("The object store does not answer.")

    release = order(clara, clip.project_id).json()
    job = Job.objects.get(kind="delivery.build")
    monkeypatch.setattr(building, "open_object", down)
    for hour in range(jobs.ATTEMPTS):
        with frozen(now() + timedelta(hours=hour)):
            assert not run(job.id, beat=False)

    told = clara.get(f"{PLACE}/{release['id']}").json()
    assert told["state"] == "failed"
    assert "Order the release again" in told["failure"]
    monkeypatch.undo()
    assert order(clara, clip.project_id).status_code == 201
