"""The gate: a release of which too much is exposed is refused until the administrator says why."""

import pytest
from django.test import Client

from core.audit.models import AuditEntry
from core.outbox.jobs import run
from core.outbox.models import Job
from core.tenancy.scope import scope
from tests import dock
from workforce.redaction.models import RedactionRun
from workforce.redaction.residual import size_bins


@pytest.fixture
def clip(cast, run_jobs):
    dock.sign(cast)
    return dock.finished(cast, run_jobs)


def leave(clip, *, hits=50, exposed=5, seconds=2.0):
    """What the witness saw of faces in the clip's copy."""
    sizes = {name: {"hits": 0, "exposed": 0} for name in size_bins()}
    sizes["under 16 px"] = {"hits": hits, "exposed": exposed}
    faces = {
        "hits": hits,
        "exposed": exposed,
        "by_size": sizes,
        "tracks": 4,
        "tracks_never_exposed": 3,
        "exposed_stretches": 1,
        "longest_exposed_frames": 50,
        "longest_exposed_seconds": seconds,
    }
    with scope(clip.tenant_id):
        row = RedactionRun.objects.get(clip_id=clip.id)
        row.report = {**row.report, "residual": {"subjects": {"faces": faces}}}
        row.save()


def limit(clara, clip, **limits):
    place = f"/api/v1/t/harbour/projects/{clip.project_id}/redaction-policy"
    answer = clara.put(place, limits, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()["number"]


def refused(client, clip) -> dict:
    """Order a version and let its build fail; other jobs stay where they are."""
    place = "/api/v1/t/harbour/releases"
    ordered = client.post(place, {"project": str(clip.project_id)}, format="json").json()
    job = Job.objects.get(kind="delivery.build", state="open")
    assert run(job.id, beat=False)
    told: dict = client.get(f"{place}/{ordered['id']}").json()
    assert told["state"] == "failed"
    return told


def redaction(client, clip):
    return client.get(f"/api/v1/t/harbour/clips/{clip.id}/redaction").json()


def allow(client, clip, reason="Nobody of the staff is to be seen."):
    place = f"/api/v1/t/harbour/clips/{clip.id}/redaction/override"
    return client.post(place, {"reason": reason}, format="json")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"most_exposed_share": 0.05}, "10.0 % of the faces seen are exposed; the policy allows 5"),
        ({"most_exposed_seconds": 1.5}, "one is exposed for 2 s; the policy allows 1.5 s"),
    ],
)
def test_a_release_above_a_limit_is_refused_and_says_which(clara, clip, limits, said):
    leave(clip)
    limit(clara, clip, **limits)

    assert said in refused(clara, clip)["failure"]
    assert said in redaction(clara, clip)["gate"]["exceeded"][0]


@pytest.mark.parametrize(
    "limits",
    [{}, {"most_exposed_share": 0.1, "most_exposed_seconds": 2.0}],
    ids=["no limit", "at the limit"],
)
def test_a_release_within_the_limits_passes_and_sums_the_residual(clara, clip, run_jobs, limits):
    leave(clip)
    number = limit(clara, clip, **limits)

    manifest = dock.release_of(clara, clip, run_jobs)["manifest"]

    faces = manifest["release"]["residual"]["faces"]
    assert (faces["hits"], faces["exposed"], faces["tracks_never_exposed"]) == (50, 5, 3)
    assert faces["by_size"]["under 16 px"] == {"hits": 50, "exposed": 5}
    (entry,) = manifest["clips"]
    assert entry["footage"]["redaction"]["gate"] == {
        "policy": number,
        "exceeded": [],
        "override": None,
        "checked": None,
    }


def test_the_administrator_lets_a_copy_pass_with_a_reason_that_is_kept(cast, clara, clip, run_jobs):
    leave(clip)
    limit(clara, clip, most_exposed_share=0.01)
    refused(clara, clip)

    assert allow(clara, clip).status_code == 201

    built = dock.release_of(clara, clip, run_jobs)
    assert built["state"] == "ready", built["failure"]
    gate = built["manifest"]["clips"][0]["footage"]["redaction"]["gate"]
    assert gate["override"]["reason"] == "Nobody of the staff is to be seen."
    assert gate["exceeded"]
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="redaction.gate_overridden").count() == 1
    assert allow(clara, clip).status_code == 409


def test_what_is_allowed_is_one_copy_and_no_later_one(clara, clip):
    leave(clip)
    limit(clara, clip, most_exposed_share=0.01)
    allow(clara, clip)
    with scope(clip.tenant_id):
        first = RedactionRun.objects.get(clip_id=clip.id)
        RedactionRun.objects.create(
            tenant_id=clip.tenant_id,
            clip=first.clip,
            policy={},
            state=RedactionRun.State.DONE,
            output=first.output,
            report=first.report,
        )
    refused(clara, clip)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 401])
def test_no_reason_is_no_override(clara, clip, reason):
    leave(clip)
    limit(clara, clip, most_exposed_share=0.01)
    assert allow(clara, clip, reason).status_code == 400
    assert redaction(clara, clip)["gate"]["override"] is None


def test_what_the_gate_does_not_hold_needs_no_override(clara, clip):
    leave(clip)
    assert allow(clara, clip).status_code == 409


def test_only_the_administrator_of_this_client_lets_pass(cast, api, clara, clip):
    leave(clip)
    limit(clara, clip, most_exposed_share=0.01)
    assert allow(api(cast.vera), clip).status_code == 403
    assert allow(api(cast.mila), clip).status_code == 404


def test_each_policy_is_a_version(cast, api, clara, clip):
    assert [limit(clara, clip, padding=share) for share in (0.2, 0.5)] == [1, 2]
    place = f"/api/v1/t/harbour/projects/{clip.project_id}/redaction-policy"
    told = api(cast.vera).get(place).json()
    assert (told["number"], told["padding"]) == (2, 0.5)


@pytest.mark.parametrize(
    "body",
    [
        {"cover": "emoji"},
        {"padding": 0.0},
        {"padding": 3},
        {"least_score": -0.1},
        {"most_exposed_share": 1.5},
        {"most_exposed_seconds": -1},
        {"most_exposed_share": "nan"},
    ],
)
def test_a_policy_out_of_bounds_is_refused(clara, clip, body):
    place = f"/api/v1/t/harbour/projects/{clip.project_id}/redaction-policy"
    assert clara.put(place, body, format="json").status_code == 400
    assert clara.get(place).json()["number"] == 0


def test_the_page_lists_what_is_held_and_takes_the_reason(cast, clara, clip):
    leave(clip)
    limit(clara, clip, most_exposed_share=0.01)
    place = f"/t/harbour/projects/{clip.project_id}/redaction"
    browser = Client()
    browser.force_login(cast.clara)

    assert "10.0 % of the faces seen are exposed" in browser.get(place).content.decode()
    refused_page = browser.post(place, {"clip": str(clip.id), "reason": " "})
    assert refused_page.status_code == 400
    assert "Say why" in refused_page.content.decode()
    assert browser.post(place, {"clip": str(clip.id), "reason": "Staged."}).status_code == 302

    assert "Staged." in browser.get(place).content.decode()
    assert redaction(clara, clip)["gate"]["override"]["reason"] == "Staged."
