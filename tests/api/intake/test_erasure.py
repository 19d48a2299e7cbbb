"""After a clip is erased nothing of it, or made from it, can be read by any way."""

import json
import re
import shutil
from uuid import uuid4

import pytest
from django.urls import URLPattern, get_resolver

from core.access.actors import Actor
from core.audit.models import AuditEntry, PersonalValue
from core.crypto.signing import Signer
from core.errors import Gone, Invalid, NotFound
from core.storage.certificate_check import check_certificate
from core.storage.models import StoredObject
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope
from tenants.intake.erasure import erase_clip
from tenants.intake.models import Clip
from tenants.projects.services import create_project
from tests import dock
from tests.api.intake.conftest import make_project
from tests.api.intake.test_preparation import prepare, receive
from tests.media_clips import clip_bytes
from workforce.delivery.models import Release
from workforce.quality.models import GoldTruth
from workforce.redaction.models import RedactionRun
from workforce.tasks.models import QueueEntry, Task

ACTOR = Actor.system("test")


@pytest.fixture
def clip(cast):
    project = make_project(cast.harbour)
    with create_object(tenant=cast.harbour.id, kind="source") as source:
        source.write(b"footage")
    with create_object(
        tenant=cast.harbour.id, kind="mezzanine", derived_from=[source.stored.id]
    ) as mezzanine:
        mezzanine.write(b"frames")
    with scope(cast.harbour.id):
        return Clip.objects.create(
            tenant=cast.harbour,
            project=project,
            source=source.stored,
            mezzanine=mezzanine.stored,
            filename="anna at the gate.mp4",
            state="ready",
        )


def address(clip, rest="", tenant="harbour"):
    return f"/api/v1/t/{tenant}/clips/{clip.id}{rest}"


def erase_over_http(client, clip, reason="client_request"):
    return client.delete(address(clip), {"reason": reason}, format="json")


def test_a_clip_is_erased_over_http_and_certified(
    cast, clip, api, run_jobs, settings, store_folder
):
    answer = erase_over_http(api(cast.clara), clip)
    assert answer.status_code == 200
    key = Signer.from_seed(settings.RELEASE_SIGNING_SEED).public_key
    body = check_certificate(answer.content, public_key=key)
    assert body["subject"] == {"clip": str(clip.id), "reason": "client_request"}
    assert {gone["kind"] for gone in body["objects"]} == {"source", "mezzanine"}
    assert len(body["not_covered_yet"]) == 3
    assert any("labels" in what for what in body["kept"])
    for object_id in (clip.source_id, clip.mezzanine_id):
        with pytest.raises(Gone):
            open_object(tenant=cast.harbour.id, object_id=object_id)
    shown = api(cast.clara).get(address(clip)).json()
    assert (shown["state"], shown["filename"]) == ("erased", "")
    run_jobs()
    assert not [path for path in store_folder.rglob("*") if path.is_file()]


def test_its_certificate_is_kept_and_the_same_for_ever(cast, clip, api):
    clara = api(cast.clara)
    assert clara.get(address(clip, "/certificate")).status_code == 404
    first = erase_over_http(clara, clip).content
    assert erase_over_http(clara, clip, "retention").content == first
    kept = clara.get(address(clip, "/certificate"))
    assert kept.content == first
    assert kept["Cache-Control"] == "no-store"
    assert api(cast.mila).get(address(clip, "/certificate", "museum")).status_code == 404
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="clip.erased").count() == 1
        assert AuditEntry.objects.filter(action="certificate.read").count() == 1


@pytest.mark.parametrize("reason", ["", "because", None])
def test_without_a_reason_nothing_is_erased(cast, clip, api, reason):
    body = {} if reason is None else {"reason": reason}
    assert api(cast.clara).delete(address(clip), body, format="json").status_code == 400
    with open_object(tenant=cast.harbour.id, object_id=clip.source_id) as reader:
        assert reader.read() == b"footage"
    with pytest.raises(Invalid):
        erase_clip(actor=ACTOR, tenant=cast.harbour.id, clip_id=clip.id, reason="because")


def test_another_organizations_clip_is_not_erased(cast, clip, api):
    assert erase_over_http(api(cast.mila), clip).status_code == 404
    for clip_id in (clip.id, uuid4()):
        with pytest.raises(NotFound):
            erase_clip(actor=ACTOR, tenant=cast.museum.id, clip_id=clip_id, reason="retention")
    with open_object(tenant=cast.harbour.id, object_id=clip.source_id) as reader:
        assert reader.read() == b"footage"


def test_the_name_of_the_file_leaves_the_log_too(cast, clip):
    from core.audit.log import record

    with scope(cast.harbour.id):
        entry = record(
            action="upload.finished",
            actor=Actor.person(cast.umar),
            tenant=cast.harbour.id,
            subject=("clip", clip.id),
            personal={"filename": clip.filename},
        )
        assert PersonalValue.objects.filter(entry_id=entry, name="filename").exists()
    erase_clip(actor=ACTOR, tenant=cast.harbour.id, clip_id=clip.id, reason="data_subject")
    with scope(cast.harbour.id):
        left = PersonalValue.objects.filter(entry_id=entry).values_list("name", flat=True)
        assert list(left) == ["actor"]


def test_the_page_says_what_goes_and_asks_twice(cast, clip, api):
    clara = api(cast.clara)
    where = f"/t/harbour/clips/{clip.id}/erase"
    page = clara.get(where).content.decode()
    for words in ("The footage as it was uploaded", "The copy for watching", "Labels of the clip"):
        assert words in page
    refused = clara.post(where, {"reason": "retention"})
    assert refused.status_code == 400
    assert "Tick the box" in refused.content.decode()
    done = clara.post(where, {"reason": "retention", "sure": "on"}, follow=True)
    assert "Certificate of erasure" in done.content.decode()
    assert "anna at the gate" not in done.content.decode()
    assert "This clip is erased." in clara.get(where).content.decode()
    assert api(cast.umar).get(where).status_code == 403
    assert api(cast.clara).get(f"/t/harbour/clips/{uuid4()}/erase").status_code == 404


def redacted() -> bytes:
    """What stands for the redacted copy: another film as long, since delivery decodes it."""
    return clip_bytes("old.avi")


@pytest.fixture
def delivered(cast, run_jobs, api):
    """A real clip that went the whole way, and the release that holds it."""
    dock.sign(cast)
    project = create_project(
        actor=ACTOR, tenant=cast.harbour.id, name="Gate", task_frames=15, task_overlap=0
    )
    clip = prepare(receive(cast.harbour, clip_bytes("b-frames.mp4"), project))
    dock.label(cast, clip, run_jobs)
    with create_object(
        tenant=cast.harbour.id, kind="redacted", derived_from=[clip.source_id]
    ) as writer:
        writer.write(redacted())
    with scope(cast.harbour.id):
        RedactionRun.objects.create(
            tenant_id=cast.harbour.id,
            clip=clip,
            policy={},
            state="done",
            output=writer.stored,
            report={"frames": clip.frame_count},
        )
        task = Task.objects.filter(clip=clip).first()
        GoldTruth.objects.create(
            tenant_id=cast.harbour.id,
            project=project,
            clip=clip,
            ontology=task.ontology,
            task_type="boxes",
            start_frame=0,
            end_frame=9,
            content="{}",
            sha256="00" * 32,
        )
    release = dock.release_of(api(cast.clara), clip, run_jobs)
    assert release["state"] == "ready"
    return clip, release["id"]


def routes():
    """Every address of ours that takes ids, as the URL conf has them."""

    def walk(patterns, prefix=""):
        for entry in patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLPattern):
                yield route
            else:
                yield from walk(entry.url_patterns, route)

    return [r for r in walk(get_resolver().url_patterns) if "<slug:tenant>" in r]


def pieces(data):
    """Samples of 48 bytes, of which no two files have one by chance."""
    return {data[at : at + 48] for at in range(0, len(data) - 48, max(1, len(data) // 50))}


def test_no_route_store_or_row_gives_anything_of_it(
    cast, delivered, api, run_jobs, store_folder, tmp_path
):
    clip, release = delivered
    plain = clip_bytes("b-frames.mp4")
    known = pieces(plain) | pieces(redacted())
    with scope(cast.harbour.id):
        rows = list(StoredObject.objects.filter(erased_at__isnull=True))
        task = Task.objects.filter(clip=clip).first()
    assert {row.kind for row in rows} == {
        "source", "mezzanine", "frame_index", "thumbnails", "redacted", "release",
    }  # fmt: skip
    for row in rows:
        with open_object(tenant=cast.harbour.id, object_id=row.id) as reader:
            known |= pieces(reader.read())
    ids = {"clip": clip.id, "release": release, "task": task.id, "project": clip.project_id}
    clients = [api(cast.clara), api(cast.anna)]

    def served():
        """What every GET with these ids answers to Clara and to Anna."""
        for route in routes():
            names = re.findall(r"<(?:uuid|int):(\w+)>", route)
            if "clip" not in names and not set(names) & ids.keys():
                continue
            path = "/" + route.replace("<slug:tenant>", "harbour")
            path = re.sub(r"<uuid:(\w+)>", lambda m: str(ids.get(m[1], uuid4())), path)
            path = re.sub(r"<int:\w+>", "0", path)
            for client in clients:
                answer = client.get(path)
                body = b"".join(answer) if not answer.streaming else b""
                yield path, answer.status_code, body

    before = [path for path, status, body in served() if any(p in body for p in known)]
    assert {path.rsplit("/", 2)[-2] for path in before} >= {"gops", "thumbnails"}
    kept = shutil.copytree(store_folder, tmp_path / "stolen")

    assert erase_over_http(api(cast.clara), clip).status_code == 200
    run_jobs()

    assert [path for path, status, body in served() if any(p in body for p in known)] == []
    package = api(cast.clara).get(f"/api/v1/t/harbour/releases/{release}/package")
    assert package.status_code == 410
    assert "erased" in api(cast.clara).get(f"/t/harbour/releases/{release}").content.decode()
    assert list((store_folder / "objects").glob("*/*/*")) == []
    # A stolen copy of the ciphertext, put back, opens for nobody: no row has its key any more.
    shutil.copytree(kept, store_folder, dirs_exist_ok=True)
    with scope(cast.harbour.id):
        assert set(StoredObject.objects.values_list("wrapped_dek", flat=True)) == {b""}
    for row in rows:
        with pytest.raises(Gone):
            open_object(tenant=cast.harbour.id, object_id=row.id)


def test_other_clips_in_the_same_release_are_named_before_the_act_and_in_the_certificate(
    cast, clip, api, run_jobs
):
    with scope(cast.harbour.id):
        other, lonely = (another(cast, clip, name) for name in ("yard.mp4", "roof.mp4"))
        package = packed(cast, [clip, other])
        packed(cast, [clip])
        packed(cast, [lonely])
        Release.objects.create(
            tenant=cast.harbour, project=clip.project, number=7, formats=[], package_id=package,
            clips=[str(clip.id), str(other.id)], state="ready",
        )  # fmt: skip
    clara = api(cast.clara)
    page = clara.get(f"/t/harbour/clips/{clip.id}/erase").content.decode()
    assert f"Release 7 of {clip.project.name}" in page
    assert "yard.mp4" in page
    assert "roof.mp4" not in page
    assert "order a new release" in page

    told = json.loads(erase_over_http(clara, clip).content)["certificate"]["subject"]

    assert told.pop(f"package {package} also held clips") == str(other.id)
    assert set(told) == {"clip", "reason"}
    with open_object(tenant=cast.harbour.id, object_id=other.source_id) as reader:
        assert reader.read() == b"yard.mp4"
    alone = clara.get(f"/t/harbour/clips/{other.id}/erase").content.decode()
    assert "Other clips lose" not in alone


def another(cast, clip, name):
    with create_object(tenant=cast.harbour.id, kind="source") as source:
        source.write(name.encode())
    return Clip.objects.create(
        tenant=cast.harbour, project=clip.project, source=source.stored, filename=name,
        state="ready",
    )  # fmt: skip


def packed(cast, clips):
    """A package made of copies of these clips, as a release's is."""
    copies = []
    for each in clips:
        with create_object(
            tenant=cast.harbour.id, kind="redacted", derived_from=[each.source_id]
        ) as copy:
            copy.write(b"copy")
        copies.append(copy.stored.id)
    with create_object(tenant=cast.harbour.id, kind="release", derived_from=copies) as package:
        package.write(b"package")
    return package.stored.id


def test_work_on_an_erased_clip_ends(cast, api, run_jobs):
    project = create_project(actor=ACTOR, tenant=cast.harbour.id, name="Gate", task_frames=15)
    clip = prepare(receive(cast.harbour, clip_bytes("b-frames.mp4"), project))
    run_jobs()
    with scope(cast.harbour.id):
        ids = list(Task.objects.filter(clip=clip).values_list("id", flat=True))
    waiting = QueueEntry.objects.filter(task_id__in=ids, state="waiting")
    assert waiting.count() == len(ids) > 0
    erase_clip(actor=ACTOR, tenant=cast.harbour.id, clip_id=clip.id, reason="mistake")
    run_jobs()
    assert waiting.count() == 0
    with scope(cast.harbour.id):
        states = set(Task.objects.filter(id__in=ids).values_list("state", flat=True))
    assert states == {"closed"}


def test_gold_of_an_erased_clip_is_not_drawn(cast, delivered, run_jobs):
    clip, _ = delivered
    erase_clip(actor=ACTOR, tenant=cast.harbour.id, clip_id=clip.id, reason="retention")
    run_jobs()
    with scope(cast.harbour.id):
        assert GoldTruth.objects.get(clip=clip).state == "retired"
