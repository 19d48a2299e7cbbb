"""A clip's redaction over the API: started once, done by jobs, measured, told in the log."""

import io
import json
from uuid import uuid4

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.errors import Conflict, Unavailable
from core.media.probe import probe
from core.outbox.jobs import JobContext, run
from core.outbox.models import Event, Job
from core.storage.erasure import erase
from core.storage.models import Derivation, StoredObject
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope
from tenants.intake.models import Clip
from tenants.projects.models import Project
from tests.media_clips import clip_bytes
from workforce.redaction import jobs, policies, services
from workforce.redaction.detectors import process
from workforce.redaction.models import RedactionRun

pytestmark = pytest.mark.django_db

#: What a policy says when only subjects, sound and mode are given.
REST = {
    "cover": "blur",
    "padding": 0.35,
    "least_score": 0.0,
    "most_exposed_share": None,
    "most_exposed_seconds": None,
    "overlays": [],
    "check_required": False,
    "checkers": "admins",
    "check_clearance": "",
    "keep_tags": [],
}
STEPS = ("redaction.detect", "redaction.render", "redaction.residual")


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"


def ready_clip(organization, name="b-frames.mp4") -> Clip:
    """A prepared clip, with the facts that preparation writes."""
    data = clip_bytes(name)
    report = probe(io.BytesIO(data))
    with create_object(tenant=organization.id, kind="source") as writer:
        writer.write(data)
    with scope(organization.id):
        project = Project.objects.create(
            tenant_id=organization.id, slug=f"gate-{uuid4().hex[:6]}", name="Gate"
        )
        return Clip.objects.create(
            tenant_id=organization.id,
            project=project,
            filename="a.mp4",
            source=writer.stored,
            state=Clip.State.READY,
            width=report.width,
            height=report.height,
            frame_count=report.frame_count,
            duration=report.duration_seconds,
            has_audio=report.has_audio,
        )


@pytest.fixture
def clip(cast):
    return ready_clip(cast.harbour)


@pytest.fixture
def bare_clip(cast, clip):
    """A clip of a project that hides nothing: its run has all steps and needs no detector."""
    policies.set_policy(
        actor=Actor.person(cast.clara),
        tenant=cast.harbour.id,
        project_id=clip.project_id,
        policy=policies.Policy(faces=False, plates=False),
    )
    return clip


def address(clip, tenant="harbour"):
    return f"/api/v1/t/{tenant}/clips/{clip.id}/redaction"


def policy_address(clip, tenant="harbour"):
    return f"/api/v1/t/{tenant}/projects/{clip.project_id}/redaction-policy"


def work_off(times=10):
    """Run the open jobs of this room; those that fail are run again at once."""
    for _ in range(times):
        Job.objects.filter(state="open").update(run_after="2020-01-01T00:00Z")
        job = Job.objects.filter(kind__in=STEPS, state="open").first()
        if job is None:
            return
        run(job.id, beat=False)


def entries(tenant, action):
    with scope(tenant.id):
        rows = AuditEntry.objects.filter(action=action).order_by("time")
        return [json.loads(bytes(row.body)) for row in rows]


def the_run(clip):
    with scope(clip.tenant_id):
        return RedactionRun.objects.select_related("output", "masks").get(clip_id=clip.id)


def test_a_run_makes_a_measured_copy_with_the_clip_s_times_and_sound(cast, api, clip):
    started = api(cast.clara).post(address(clip))
    assert started.status_code == 202
    assert started.json()["run"]["state"] == "detecting"

    work_off()

    told = api(cast.vera).get(address(clip)).json()["run"]
    assert (told["state"], told["failure_code"]) == ("done", "")
    report = told["report"]
    assert report["frames"] == clip.frame_count
    assert (report["width"], report["height"]) == (clip.width, clip.height)
    assert set(report["residual"]["subjects"]) == {"faces", "plates"}
    with scope(cast.harbour.id):
        copy = services.redacted_object(clip)
    with open_object(tenant=cast.harbour.id, object_id=copy.object_id) as reader:
        again = probe(reader)
    assert again.accepted
    assert (again.frame_count, again.has_audio) == (clip.frame_count, clip.has_audio)
    gate = {"policy": 0, "exceeded": [], "override": None, "checked": None}
    assert copy.report == {**report, "gate": gate}


def test_masks_and_copy_are_derived_from_the_source_and_go_with_it(cast, api, bare_clip):
    api(cast.clara).post(address(bare_clip))
    work_off()
    done = the_run(bare_clip)
    with scope(cast.harbour.id):
        children = Derivation.objects.filter(parent_id=bare_clip.source_id)
        made = {done.masks_id, done.output_id, done.findings_id}
        assert set(children.values_list("child_id", flat=True)) == made

    erase(
        tenant=cast.harbour.id,
        object_id=bare_clip.source_id,
        actor=Actor.system("test"),
        reason="client_request",
    )

    with scope(cast.harbour.id):
        kinds = {"masks", "redacted"}
        assert not StoredObject.objects.filter(kind__in=kinds, erased_at=None).exists()


def test_the_log_and_the_outbox_tell_of_start_and_end(cast, api, bare_clip):
    api(cast.clara).post(address(bare_clip))
    work_off()
    (start,) = entries(cast.harbour, "redaction.started")
    (end,) = entries(cast.harbour, "redaction.finished")
    assert start["actor"]["id"] == str(cast.clara.id)
    assert end["actor"]["id"] == "redaction"
    done = the_run(bare_clip)
    assert end["details"]["sha256"] == bytes(done.output.sha256).hex()
    event = Event.objects.get(topic="clip.redacted")
    assert event.data["object"] == str(done.output_id)


def test_the_policy_decides_subjects_and_sound(cast, api, clip):
    body = {"faces": False, "plates": False, "heads": True, "audio": "drop", "mode": "fast"}
    answer = api(cast.clara).put(policy_address(clip), body, format="json")
    assert answer.status_code == 200
    assert answer.json() == {**REST, **body, "number": 1}

    api(cast.clara).post(address(clip))
    work_off()

    done = the_run(clip)
    assert done.policy["audio"] == "drop"
    assert done.report["audio"] == "dropped"
    assert set(done.report["residual"]["subjects"]) == {"heads"}
    (entry,) = entries(cast.harbour, "redaction.policy_set")
    assert entry["details"]["audio"] == "drop"


def test_a_later_policy_does_not_change_a_run_under_way(cast, api, bare_clip):
    api(cast.clara).post(address(bare_clip))
    api(cast.clara).put(policy_address(bare_clip), {"audio": "drop"}, format="json")
    work_off()
    assert the_run(bare_clip).report["audio"] == "copied"


def test_a_project_without_a_policy_hides_faces_and_plates(cast, api, clip):
    assert api(cast.vera).get(policy_address(clip)).json() == {
        "faces": True,
        "plates": True,
        "heads": False,
        "audio": "keep",
        "mode": "quality",
        "number": 0,
        **REST,
    }


@pytest.mark.parametrize(
    "body",
    [
        {"keep_tags": ["owner"]},
        {"audio": "louder"},
        {"mode": "careful"},
        {"overlays": [[1, 2, 3]]},
        {"overlays": [[10, 0, 5, 5]]},
        {"overlays": "clock"},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(cast, api, clip, body):
    answer = api(cast.clara).put(policy_address(clip), body, format="json")
    assert answer.status_code == 400
    assert api(cast.vera).get(policy_address(clip)).json()["overlays"] == []


def test_only_one_run_at_a_time(cast, api, bare_clip):
    assert api(cast.clara).post(address(bare_clip)).status_code == 202
    second = api(cast.clara).post(address(bare_clip))
    assert second.status_code == 409
    assert "already" in second.json()["detail"]


def test_a_clip_that_is_not_ready_waits(cast, api, clip):
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(state=Clip.State.PREPARING)
    assert api(cast.clara).post(address(clip)).status_code == 409


def test_nothing_may_leave_before_it_is_measured(cast, api, bare_clip):
    with scope(cast.harbour.id), pytest.raises(Conflict):
        services.redacted_object(bare_clip)
    api(cast.clara).post(address(bare_clip))
    for kind in STEPS[:2]:
        run(Job.objects.get(kind=kind).id, beat=False)
    assert the_run(bare_clip).state == "measuring"
    with scope(cast.harbour.id), pytest.raises(Conflict):
        services.redacted_object(bare_clip)


def test_each_step_that_runs_twice_changes_nothing(cast, api, bare_clip):
    api(cast.clara).post(address(bare_clip))
    work_off()
    before = the_run(bare_clip)
    with scope(cast.harbour.id):
        count = StoredObject.objects.count()
    Job.objects.filter(kind__in=STEPS).update(state="open")
    work_off()
    after = the_run(bare_clip)
    assert (after.output_id, after.masks_id) == (before.output_id, before.masks_id)
    with scope(cast.harbour.id):
        assert StoredObject.objects.count() == count
    assert len(entries(cast.harbour, "redaction.finished")) == 1


def test_a_source_that_cannot_be_read_fails_the_run_with_a_reason(cast, api):
    clip = ready_clip(cast.harbour)
    with create_object(tenant=cast.harbour.id, kind="source") as writer:
        writer.write(b"not a film at all" * 1000)
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(source=writer.stored)
    api(cast.clara).post(address(clip))

    work_off()

    told = api(cast.vera).get(address(clip)).json()["run"]
    assert told["state"] == "failed"
    assert told["failure_code"] == "media_refused"
    assert told["failure_message"]
    (entry,) = entries(cast.harbour, "redaction.failed")
    assert entry["details"]["step"] == "detecting"
    # Another run may be started once the reason is gone.
    assert api(cast.clara).post(address(clip)).status_code == 202


def fail_at(run_id, tenant, attempt):
    """Let a worker take the first step on its `attempt`-th try, without the outbox around it."""
    ctx = JobContext(id=uuid4(), tenant=tenant.id, token=1, attempt=attempt)
    jobs.detect(ctx, run=str(run_id))


def test_a_detector_that_keeps_dying_fails_the_run_after_the_last_try(cast, api, clip, monkeypatch):
    monkeypatch.setattr(process, "CHILD", "workforce.redaction.no_such_child")
    api(cast.clara).post(address(clip))
    run_id = the_run(clip).id
    for attempt in (1, 2):
        with pytest.raises(Unavailable):
            fail_at(run_id, cast.harbour, attempt)
        assert the_run(clip).state == "detecting"
    fail_at(run_id, cast.harbour, jobs.ATTEMPTS)
    assert the_run(clip).failure_code == "unavailable"


def test_a_source_that_was_erased_meanwhile_ends_the_run(cast, api, clip):
    api(cast.clara).post(address(clip))
    erase(
        tenant=cast.harbour.id,
        object_id=clip.source_id,
        actor=Actor.system("test"),
        reason="client_request",
    )
    work_off()
    assert the_run(clip).failure_code == "gone"


def test_a_clip_never_redacted_has_no_run(cast, api, clip):
    assert api(cast.vera).get(address(clip)).json() == {"run": None}


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_client_s_clip_is_not_there(cast, api, clip, method):
    assert getattr(api(cast.mila), method)(address(clip)).status_code == 404
    assert getattr(api(cast.mila), method)(address(clip, "museum")).status_code == 404


@pytest.mark.parametrize("method", ["get", "put"])
def test_another_client_s_policy_is_not_there(cast, api, clip, method):
    assert getattr(api(cast.mila), method)(policy_address(clip, "museum")).status_code == 404


def test_viewers_read_and_do_not_start(cast, api, clip):
    assert api(cast.vera).post(address(clip)).status_code == 403
    assert api(cast.vera).put(policy_address(clip), {}, format="json").status_code == 403
