"""tus 1.0 over a real connection: what a client can rely on."""

import base64
import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.clock import now
from core.tenancy.scope import scope
from tests.api.intake.conftest import PATCH_TYPE, change, problem

MEBIBYTE = 1 << 20


def checksum(data, algorithm="sha256"):
    digest = hashlib.new(algorithm, data).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


def test_options_says_what_is_spoken(tus):
    answer = tus.client.options(tus.collection)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "checksum",
        "expiration",
        "termination",
    }
    assert "sha256" in answer.headers["Tus-Checksum-Algorithm"]
    assert int(answer.headers["Tus-Max-Size"]) > 0


def test_an_upload_becomes_a_clip(tus, stored, row):
    from core.audit.models import AuditEntry
    from core.outbox.models import Event
    from tenants.intake.models import Clip

    data = os.urandom(3 * MEBIBYTE + 17)
    url, clip_id = tus.upload(data)
    assert stored(clip_id) == data
    upload = row(url)
    assert upload.state == "finished"
    assert not upload.wrapped_dek
    told = Event.objects.get(topic="upload.finished", data__upload=str(upload.id))
    assert told.data == {"clip": clip_id, "upload": str(upload.id)}
    with scope(tus.cast.harbour.id):
        clip = Clip.objects.get(id=clip_id)
        assert clip.state == "received"
        assert clip.source.sha256 == hashlib.sha256(data).digest()
        assert clip.created_by == tus.cast.umar
        about = AuditEntry.objects.filter(subject_id__in=[clip_id, str(upload.id)])
        actions = sorted(about.values_list("action", flat=True))
    assert actions == ["upload.created", "upload.finished"]


@pytest.mark.parametrize(
    "size", [1, MEBIBYTE - 57, MEBIBYTE - 56, MEBIBYTE - 55, 2 * MEBIBYTE - 72, 2 * MEBIBYTE]
)
def test_sizes_at_the_borders_of_segments(tus, stored, size):
    data = os.urandom(size)
    _, clip_id = tus.upload(data)
    assert stored(clip_id) == data


def test_progress_can_be_asked_for(tus):
    data = os.urandom(1000)
    url = tus.begin(data)
    answer = tus.client.head(url)
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("0", "1000")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "filename" in answer.headers["Upload-Metadata"]
    assert answer.headers["Upload-Expires"].endswith("GMT")
    assert tus.patch(url, data[:600], 0).headers["Upload-Offset"] == "600"
    assert tus.offset(url) == 600
    last = tus.patch(url, data[600:], 600)
    assert last.headers["Upload-Offset"] == "1000"
    done = tus.client.head(url)
    assert done.headers["Custos-Clip"] == last.headers["Custos-Clip"]
    assert "Upload-Expires" not in done.headers


def test_a_request_may_hide_its_method(tus):
    data = b"frames"
    url = tus.begin(data)
    answer = tus.client.post(
        url,
        content=data,
        headers={
            "X-HTTP-Method-Override": "PATCH",
            "Content-Type": PATCH_TYPE,
            "Upload-Offset": "0",
        },
    )
    assert answer.status_code == 204


def test_what_the_client_says_of_the_footage_is_kept(tus):
    from tenants.intake.models import Clip
    from tenants.projects.models import Camera, Site

    harbour = tus.cast.harbour
    with scope(harbour.id):
        site = Site.objects.create(tenant=harbour, name="Gate", time_zone="Europe/Madrid")
        camera = Camera.objects.create(tenant=harbour, site=site, name="North")
    for start in ("2026-07-01T08:30:00", "2026-07-01T06:30:00Z"):
        _, clip_id = tus.upload(b"x", camera=str(camera.id), starts_at=start, batch="Monday")
        with scope(harbour.id):
            clip = Clip.objects.get(id=clip_id)
            assert clip.camera == camera
            assert clip.time_zone == "Europe/Madrid"
            assert clip.starts_at.isoformat() == "2026-07-01T06:30:00+00:00"
            assert str(clip.batch) == "Monday"
    with scope(harbour.id):
        assert clip.batch.clips.count() == 2


def test_a_wrong_offset_is_refused_and_the_right_one_named(tus):
    data = os.urandom(100)
    url = tus.begin(data)
    tus.patch(url, data[:40], 0)
    for offset in (0, 39, 41, 100):
        answer = tus.patch(url, data[:10], offset)
        assert answer.status_code == 409
        assert problem(answer) == "conflict"
        assert "byte 40" in answer.json()["detail"]
    assert tus.offset(url) == 40


def test_bytes_with_a_right_checksum_count(tus, stored):
    data = os.urandom(2 * MEBIBYTE)
    url = tus.begin(data)
    first = tus.patch(url, data[:MEBIBYTE], 0, Upload_Checksum=checksum(data[:MEBIBYTE]))
    assert first.status_code == 204
    rest = data[MEBIBYTE:]
    last = tus.patch(url, rest, MEBIBYTE, Upload_Checksum=checksum(rest, "sha1"))
    assert stored(last.headers["Custos-Clip"]) == data


@pytest.mark.parametrize("bad", [100, 3 * MEBIBYTE])
def test_bytes_with_a_wrong_checksum_do_not_count(tus, stored, row, bad):
    data = os.urandom(4 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[:1000], 0)
    before = bytes(row(url).header)
    answer = tus.patch(
        url, os.urandom(bad), 1000, Upload_Checksum=checksum(data[1000 : 1000 + bad])
    )
    assert answer.status_code == 460
    assert problem(answer) == "checksum_mismatch"
    assert tus.offset(url) == 1000
    last = tus.patch(url, data[1000:], 1000)
    assert last.status_code == 204
    assert stored(last.headers["Custos-Clip"]) == data
    # If the other bytes filled a segment they were sealed: that salt must not be used again.
    assert (bytes(row(url).header) == before) == (bad < MEBIBYTE)


@pytest.mark.parametrize(
    "value", ["md5 AAAA", "sha256", "sha256 !!!", "sha256 AAAA", "sha1 " + "A" * 43 + "="]
)
def test_a_checksum_that_is_none_is_refused(tus, value):
    url = tus.begin(b"frames")
    answer = tus.patch(url, b"frames", 0, Upload_Checksum=value)
    assert answer.status_code == 400
    assert problem(answer) == "invalid"
    assert tus.patch(url, b"frames", 0).status_code == 204


def test_a_file_that_is_not_the_declared_one_is_refused(tus, row, store_folder):
    url = tus.begin(b"x", size=2 * MEBIBYTE, sha256=hashlib.sha256(b"other").hexdigest())
    tus.patch(url, bytes(MEBIBYTE), 0)
    answer = tus.patch(url, bytes(MEBIBYTE), MEBIBYTE)
    assert answer.status_code == 460
    assert "SHA-256" in answer.json()["detail"]
    assert row(url).state == "refused"
    assert not [path for path in store_folder.rglob("*") if path.is_file()]
    gone = tus.client.head(url)
    assert gone.status_code == 410


def test_a_file_without_a_declared_hash_is_taken(tus, stored):
    _, clip_id = tus.upload(b"frames", sha256=None)
    assert stored(clip_id) == b"frames"


def test_more_than_was_announced_is_refused(tus, stored):
    data = os.urandom(100)
    url = tus.begin(data)
    assert problem(tus.patch(url, data + b"x", 0)) == "too_large"
    assert tus.offset(url) == 0

    def unannounced():
        yield data
        yield b"x"

    assert tus.patch(url, unannounced(), 0).status_code == 413
    answer = tus.patch_when_free(url, data)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_a_body_of_unknown_length_is_taken(tus, stored):
    data = os.urandom(MEBIBYTE + 5)
    url = tus.begin(data)
    answer = tus.patch(url, iter([data[:7], data[7:]]), 0)
    assert stored(answer.headers["Custos-Clip"]) == data


def test_a_file_too_large_is_refused_at_once(tus, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    answer = tus.create(b"", size=1001)
    assert answer.status_code == 413
    assert "1000" in answer.json()["detail"]
    assert tus.create(b"", size=1000).status_code == 201


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"size": 0}, 400, "size"),
        ({"size": "many"}, 400, "Upload-Length"),
        ({"size": -5}, 400, "Upload-Length"),
        ({"filename": None}, 400, "filename"),
        ({"filename": "x" * 256}, 400, "filename"),
        ({"filename": "a\0b"}, 400, "filename"),
        ({"project": None}, 400, "project"),
        ({"project": "nowhere"}, 404, None),
        ({"project": "00000000-0000-4000-8000-000000000000"}, 404, None),
        ({"camera": "00000000-0000-4000-8000-000000000000"}, 404, None),
        ({"camera": "front"}, 400, "camera"),
        ({"sha256": "zz"}, 400, "sha256"),
        ({"sha256": "abcd"}, 400, "sha256"),
        ({"starts_at": "yesterday"}, 400, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 400, "starts_at"),
        ({"project": "a\0b"}, 400, "project"),
        ({"batch": "a\0b"}, 400, "batch"),
        ({"time_zone": "Mars/Olympus"}, 400, "time_zone"),
        ({"batch": "x" * 121}, 400, "batch"),
        ({"filetype": "x" * 9000}, 400, "Upload-Metadata"),
        ({"headers": {"Upload-Metadata": "project %%%"}}, 400, "project"),
        ({"headers": {"Upload-Defer-Length": "1"}}, 400, "Upload-Length"),
        ({"headers": {"Tus-Resumable": "0.2.2"}}, 412, None),
    ],
)
def test_a_creation_that_does_not_fit_is_refused(tus, given, status, field):
    answer = tus.create(b"x", **given)
    assert answer.status_code == status
    problem(answer)
    assert answer.json().get("field") == field


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "2.0.0"}, 412),
        ({"Content-Type": "video/mp4"}, 415),
        ({"Upload-Offset": "x"}, 400),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "\u00b2".encode("latin-1")}, 400),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(tus, headers, status):
    url = tus.begin(b"frames")
    given = {"Content-Type": PATCH_TYPE, "Upload-Offset": "0", **headers}
    answer = tus.client.patch(url, content=b"frames", headers=given)
    assert answer.status_code == status
    problem(answer)


def test_other_methods_and_places_are_refused(tus):
    refused = tus.client.get(tus.collection)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS, POST")
    url = tus.begin(b"x")
    assert problem(tus.client.put(url)) == "method_not_allowed"
    assert tus.client.head(f"{tus.collection}/not-an-id").status_code == 404
    assert tus.client.head(f"{url}/more").status_code == 404
    answer = tus.client.head(f"{tus.collection}/00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 404


def test_an_upload_can_be_ended(tus, row, store_folder):
    data = os.urandom(2 * MEBIBYTE)
    url = tus.begin(data)
    tus.patch(url, data[: MEBIBYTE + 5], 0)
    assert [path for path in store_folder.rglob("*") if path.is_file()]
    assert tus.client.delete(url).status_code == 204
    assert not [path for path in store_folder.rglob("*") if path.is_file()]
    assert row(url).state == "terminated"
    for answer in (tus.client.head(url), tus.patch(url, b"x", 0), tus.client.delete(url)):
        assert answer.status_code == 410


def test_a_finished_upload_stays_finished(tus):
    url, _ = tus.upload(b"frames")
    assert tus.patch(url, b"", 6).status_code == 409
    assert tus.client.delete(url).status_code == 409
    assert tus.offset(url) == 6


def look_again(upload):
    """Run the upload's expiry job as if its time had come; True when it ran."""
    from core.outbox.jobs import run
    from core.outbox.models import Job

    mine = Job.objects.filter(args={"upload_id": str(upload.id)}, state="open")
    mine.update(run_after=now())
    return run(mine.get().id, beat=False)


def test_an_expired_upload_is_gone_and_its_bytes_too(tus, row, store_folder):
    data = os.urandom(MEBIBYTE + 5)
    url = tus.begin(data)
    tus.patch(url, data[:-1], 0)
    change(row(url), expires_at=now() - timedelta(seconds=1))
    assert tus.client.head(url).status_code == 410
    assert problem(tus.patch(url, data[-1:], len(data) - 1)) == "gone"
    look_again(row(url))
    assert row(url).state == "expired"
    assert not [path for path in store_folder.rglob("*") if path.is_file()]


def test_an_upload_that_goes_on_does_not_expire(tus, row):
    url = tus.begin(b"frames")
    look_again(row(url))
    assert row(url).state == "open"
    assert look_again(row(url))


def test_what_a_crash_left_of_an_upload_is_removed_when_it_expires(tus, row, store_folder):
    from core.storage.models import StoredObject
    from core.storage.vault import create_object

    url = tus.begin(b"frames" * 100)
    tus.patch(url, b"frames", 0)
    upload = row(url)
    with create_object(tenant=upload.tenant_id, kind="upload_tail") as writer:
        writer.write(b"sealed, but its row was never written")
    with scope(upload.tenant_id):
        StoredObject.objects.filter(id=writer.stored.id).update(
            created_at=now() - timedelta(days=2)
        )
    change(upload, expires_at=now() - timedelta(seconds=1))
    look_again(upload)
    assert not [path for path in store_folder.rglob("*") if path.is_file()]


def test_the_expiry_of_a_finished_or_ended_upload_changes_nothing(tus, row, stored):
    url, clip_id = tus.upload(b"frames")
    assert look_again(row(url))
    assert stored(clip_id) == b"frames"
    ended = tus.begin(b"frames")
    tus.client.delete(ended)
    assert look_again(row(ended))
    assert row(ended).state == "terminated"


def test_only_one_request_writes_at_a_time(tus, stored):
    data = os.urandom(2 * MEBIBYTE)
    url = tus.begin(data)
    go_on = threading.Event()

    def slowly():
        yield data[:100]
        go_on.wait(60)
        yield data[100:]

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(tus.patch, url, slowly(), 0)
        # A wrong offset never writes, and is looked at after the lock.
        while (answer := tus.patch(url, data, 7)).status_code == 409:
            pass
        ended = tus.client.delete(url)
        go_on.set()
        done = first.result()
    assert (answer.status_code, ended.status_code) == (423, 423)
    assert problem(answer) == "upload_locked"
    assert stored(done.headers["Custos-Clip"]) == data


def test_slow_clients_do_not_stop_others(tus, stored):
    data = os.urandom(1000)
    stop = threading.Event()
    begun = threading.Barrier(17)

    def slow():
        url = tus.begin(data)

        def body():
            yield data[:10]
            begun.wait(60)
            stop.wait(60)
            yield data[10:]

        return tus.patch(url, body(), 0)

    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(slow) for _ in range(16)]
        begun.wait(60)
        _, clip_id = tus.upload(data)
        assert stored(clip_id) == data
        stop.set()
        assert {done.result().status_code for done in waiting} == {204}


def test_eight_uploads_at_once(tus, stored):
    def one(_):
        data = os.urandom(3 * MEBIBYTE)
        return data, tus.upload(data)[1]

    with ThreadPoolExecutor(8) as pool:
        for data, clip_id in pool.map(one, range(8)):
            assert stored(clip_id) == data
