"""A received clip becomes exact frames, or is refused with a reason; who may watch it."""

import json
from uuid import UUID

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import now
from core.media import sandbox
from core.media.boxes import boxes
from core.media.index import FrameIndex
from core.outbox.events import emit
from core.outbox.jobs import JobContext
from core.outbox.models import Event, Job
from core.storage.models import Derivation, StoredObject
from core.storage.vault import create_object
from core.tenancy.scope import scope
from tenants.intake import preparation
from tenants.intake.erasure import erase_clip
from tenants.intake.models import Clip
from tests.api.intake.conftest import make_project
from tests.media_clips import clip_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(store_folder):
    """The object store lies in the test's own folder."""


def receive(organization, data: bytes, project=None) -> Clip:
    """A clip as a finished upload leaves it: stored, announced, nothing known of its pictures."""
    project = project or make_project(organization)
    with create_object(tenant=organization.id, kind="source") as writer:
        writer.write(data)
    with scope(organization.id):
        clip = Clip.objects.create(
            tenant_id=organization.id, project=project, filename="a.mp4", source=writer.stored
        )
        emit("upload.finished", tenant=organization.id, data={"clip": str(clip.id)})
    return clip


def prepare(clip: Clip) -> Clip:
    """Run the clip's own job (not those that follow from it) and read the clip again."""
    from core.outbox.jobs import run

    for job in Job.objects.filter(kind="clip.prepare", state=Job.State.OPEN):
        assert run(job.id, beat=False), Job.objects.get(id=job.id).error
    with scope(clip.tenant_id):
        clip.refresh_from_db()
    return clip


def address(clip: Clip, rest: str, tenant: str = "harbour") -> str:
    return f"/api/v1/t/{tenant}/clips/{clip.id}/{rest}"


def entries(tenant: UUID, action: str) -> list[dict]:
    with scope(tenant):
        rows = AuditEntry.objects.filter(action=action).order_by("time")
        return [json.loads(bytes(row.body)) for row in rows]


@pytest.fixture
def ready(cast):
    return prepare(receive(cast.harbour, clip_bytes("b-frames.mp4")))


def test_a_clip_is_prepared_once_with_all_that_the_player_needs(cast, ready):
    assert ready.state == "ready"
    assert (ready.frame_count, ready.width, ready.height) == (30, 320, 240)
    assert (ready.container, ready.codec, ready.has_audio) == ("mp4", "h264", True)
    assert (ready.time_base_numerator, ready.time_base_denominator) == (1, 12800)
    assert ready.duration == pytest.approx(1.2)
    with scope(cast.harbour.id):
        made = Derivation.objects.filter(parent=ready.source_id)
        assert set(made.values_list("child__kind", flat=True)) == {
            "mezzanine", "frame_index", "thumbnails",
        }  # fmt: skip
    (entry,) = entries(cast.harbour.id, "clip.prepared")
    assert entry["details"]["frames"] == 30
    assert entry["actor"]["id"] == "preparation"
    assert Event.objects.filter(topic="clip.prepared", data__clip=str(ready.id)).count() == 1


def test_preparing_twice_changes_nothing(cast, ready):
    with scope(cast.harbour.id):
        before = StoredObject.objects.count()
        emit("upload.finished", tenant=cast.harbour.id, data={"clip": str(ready.id)})
    again = prepare(ready)
    assert again.mezzanine_id == ready.mezzanine_id
    with scope(cast.harbour.id):
        assert StoredObject.objects.count() == before
    assert len(entries(cast.harbour.id, "clip.prepared")) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "playlist"),
        (b"%PDF-1.7 nothing to see", "not_video"),
    ],
)
def test_what_is_no_video_is_refused_with_a_reason(cast, data, reason):
    clip = prepare(receive(cast.harbour, data))
    assert (clip.state, clip.refusal_reason) == ("refused", reason)
    assert clip.refusal_message
    assert clip.mezzanine_id is None
    (entry,) = entries(cast.harbour.id, "clip.refused")
    assert entry["details"] == {"reason": reason}
    with scope(cast.harbour.id):
        assert StoredObject.objects.filter(kind="mezzanine").count() == 0


def attempt(clip: Clip) -> Job:
    """Run the clip's job once, however it ends, and make it due again."""
    from core.outbox.jobs import run

    job = Job.objects.get(kind="clip.prepare")
    run(job.id, beat=False)
    Job.objects.filter(id=job.id).update(run_after=now())
    job.refresh_from_db()
    with scope(clip.tenant_id):
        clip.refresh_from_db()
    return job


def test_a_decoder_that_crashes_is_tried_again_and_then_the_clip_is_refused(cast, monkeypatch):
    # Every child dies as soon as it starts, as by a clip that its decoder can't survive.
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", "import os; os.abort()")
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    for _ in range(2):
        assert attempt(clip).state == "open"
        assert clip.state == "preparing"
    assert attempt(clip).state == "done"
    assert (clip.state, clip.refusal_reason) == ("refused", "undecodable")


def test_a_machine_that_cannot_confine_refuses_no_clip(cast, monkeypatch):
    no_library = "import core.media.inside.confine as c; c.seccomp = None; from core.media.inside"
    boot = sandbox._BOOTSTRAP.replace("from core.media.inside", no_library)
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", boot)
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    job = attempt(clip)
    assert (job.state, clip.state) == ("open", "preparing")
    assert "apt install libseccomp2" in job.error
    monkeypatch.undo()
    assert prepare(clip).state == "ready"


def test_footage_that_was_tampered_with_is_never_refused_as_the_clients_fault(cast, store_folder):
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    (stored,) = [path for path in store_folder.rglob("*") if path.is_file()]
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(data)
    job = attempt(clip)
    assert (job.state, clip.state) == ("open", "preparing")
    assert "IntegrityFailed" in job.error


def test_of_two_runs_the_second_leaves_nothing_behind(cast, monkeypatch):
    """A first worker seemed dead and its job was taken over; it finishes while the second works."""
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    make, ours = preparation.make_mezzanine, []

    def overtaken(source, sink, **options):
        if not ours:
            ours.append("first")
            job = Job.objects.get(kind="clip.prepare")
            preparation.prepare_clip(JobContext(job.id, clip.tenant_id, 1, 1), clip=str(clip.id))
        return make(source, sink, **options)

    monkeypatch.setattr(preparation, "make_mezzanine", overtaken)
    assert prepare(clip).state == "ready"
    assert len(entries(cast.harbour.id, "clip.prepared")) == 1
    with scope(cast.harbour.id):
        assert StoredObject.objects.filter(kind="mezzanine").count() == 1
        assert StoredObject.objects.count() == 4


def between_groups(monkeypatch, then) -> list[int]:
    """Have `then` done whenever a group of pictures is encoded; collects the frames done so far."""
    make, told = preparation.make_mezzanine, []
    monkeypatch.setattr(preparation, "_FRAMES_PER_REPORT", 1)

    def watched(source, sink, *, progress, **options):
        def report(frames: int) -> None:
            told.append(frames)
            progress(frames)
            then()

        return make(source, sink, progress=report, **options)

    monkeypatch.setattr(preparation, "make_mezzanine", watched)
    return told


def test_the_client_is_told_how_far_it_is(cast, api, monkeypatch):
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    shown = []
    path = f"/api/v1/t/harbour/clips/{clip.id}"
    between_groups(
        monkeypatch, lambda: shown.append(api(cast.clara).get(path).json()["prepared_percent"])
    )
    assert api(cast.clara).get(path).json()["prepared_percent"] == 0
    prepare(clip)
    assert len(shown) == 2
    assert all(0 < percent < 100 for percent in shown)
    assert api(cast.clara).get(path).json()["prepared_percent"] == 100


def test_erasing_a_clip_stops_its_preparation(cast, monkeypatch):
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    person = Actor.person(cast.clara)

    def erase() -> None:
        erase_clip(actor=person, tenant=clip.tenant_id, clip_id=clip.id, reason="client_request")

    told = between_groups(monkeypatch, erase)
    assert prepare(clip).state == "erased"
    assert told == [25, 30]  # the first let it be erased, the second ended the work
    with scope(cast.harbour.id):
        assert not StoredObject.objects.filter(kind__in=["mezzanine", "frame_index"]).exists()
    assert entries(cast.harbour.id, "clip.prepared") == []


def test_a_clip_that_is_being_erased_is_left_alone(cast):
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(state=Clip.State.ERASED)
    assert prepare(clip).state == "erased"


def test_the_player_gets_index_init_and_gops_that_fit_together(cast, api, ready):
    client = api(cast.clara)
    answer = client.get(address(ready, "index"))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    index = FrameIndex.loads(answer.content)
    init = client.get(address(ready, "init"))
    assert len(init.content) == index.init
    assert [box.kind for box in boxes(init.content)] == [b"ftyp", b"moov"]
    for number, place in enumerate(index.gops):
        answer = client.get(address(ready, f"gops/{number}"))
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Type"] == "video/iso.segment"
        assert len(answer.content) == place.end - place.start
        assert [box.kind for box in boxes(answer.content)] == [b"moof", b"mdat"]


def test_each_gop_served_is_in_the_log_with_its_frames(cast, api, ready):
    api(cast.clara).get(address(ready, "gops/1"))
    (entry,) = entries(cast.harbour.id, "footage.frames.serve")
    assert entry["subject"] == {"kind": "clip", "id": str(ready.id)}
    assert entry["actor"]["id"] == str(cast.clara.id)
    assert entry["details"]["gops"] == [[25, 29]]
    assert entry["details"]["purpose"] == "watch"


def test_a_thumbnail_is_a_picture_of_a_frame_and_is_in_the_log(cast, api, ready):
    answer = api(cast.clara).get(address(ready, "thumbnails/0"))
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xff\xd8\xff")
    (entry,) = entries(cast.harbour.id, "footage.frames.serve")
    assert entry["details"]["gops"] == [[0, 0]]


def test_what_is_not_in_the_clip_is_not_found(cast, api, ready):
    for rest in ("gops/2", "gops/999999", "thumbnails/99"):
        assert api(cast.clara).get(address(ready, rest)).status_code == 404, rest
    assert entries(cast.harbour.id, "footage.frames.serve") == []


def test_nobody_else_sees_a_frame_and_no_receipt_says_so(cast, api, ready):
    watchers = {name for name, person in cast.everyone().items() if watches(api(person), ready)}
    assert watchers == {"clara"}
    served = {entry["actor"]["id"] for entry in entries(cast.harbour.id, "footage.frames.serve")}
    assert served == {str(cast.clara.id)}


def watches(client, clip: Clip) -> bool:
    """Whether this client gets the clip; what it does not get must not exist for it."""
    codes = {
        client.get(address(clip, rest)).status_code
        for rest in ("index", "init", "gops/0", "thumbnails/0")
    }
    assert codes in ({200}, {404})
    return codes == {200}


def test_another_clients_clip_is_not_found_under_ones_own_name(cast, api, ready):
    assert api(cast.mila).get(address(ready, "gops/0", tenant="museum")).status_code == 404


def test_a_clip_that_waits_says_so_to_those_who_may_watch(cast, api):
    clip = receive(cast.harbour, clip_bytes("plain.mp4"))
    assert api(cast.clara).get(address(clip, "index")).status_code == 409
    assert api(cast.anna).get(address(clip, "index")).status_code == 404


def test_an_erased_clip_is_gone(cast, api, ready):
    with scope(cast.harbour.id):
        Clip.objects.filter(id=ready.id).update(state=Clip.State.ERASED)
    assert api(cast.clara).get(address(ready, "gops/0")).status_code == 410
