"""The operator looks at jobs, runs dead ones again or drops them; the log tells of it."""

from uuid import uuid4

import pytest

from core.audit.models import AuditEntry, PersonalValue
from core.outbox.models import Job
from core.tenancy.scope import scope

JOBS = "/api/v1/operator/jobs"


@pytest.fixture
def dead(cast):
    return Job.objects.create(
        tenant_id=cast.harbour.id,
        kind="clip.prepare",
        args={"clip": "c1"},
        state="dead",
        attempts=3,
        error="  core/media/probe.py:12 in probe\nMediaFailed: it broke",
    )


def logged(cast, action: str) -> list[AuditEntry]:
    with scope(cast.provider.id):
        return list(AuditEntry.objects.filter(action=action))


def test_jobs_are_listed_by_state_kind_and_organization(cast, olga, dead):
    Job.objects.create(kind="storage.rewrap", state="done")
    everything = olga.get(JOBS).json()
    assert everything["counts"] == {"open": 0, "running": 0, "done": 1, "dead": 1, "dropped": 0}
    assert everything["total"] == 2
    for query in ("state=dead", "kind=clip.prepare", "tenant=harbour"):
        (found,) = olga.get(f"{JOBS}?{query}").json()["results"]
        assert (found["id"], found["tenant"], found["attempts"]) == (str(dead.id), "harbour", 3)
    assert olga.get(f"{JOBS}?tenant=museum").json()["results"] == []


def test_a_long_list_comes_in_pages(olga):
    Job.objects.all().delete()
    for _ in range(3):
        Job.objects.create(kind="x")
    first = olga.get(f"{JOBS}?limit=2").json()
    last = olga.get(f"{JOBS}?limit=2&cursor={first['next']}").json()
    assert (len(first["results"]), len(last["results"]), last["next"]) == (2, 1, None)
    assert (first["total"], last["total"]) == (3, 3)


@pytest.mark.parametrize("query", ["state=odd", "tenant=nobody", "cursor=0", "limit=1000"])
def test_a_filter_that_makes_no_sense_is_refused(olga, query):
    assert olga.get(f"{JOBS}?{query}").status_code == 400


def test_a_dead_job_runs_again_and_the_log_tells_who_wanted_it(cast, olga, dead):
    answer = olga.post(f"{JOBS}/{dead.id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    (entry,) = logged(cast, "job.retried")
    assert (entry.actor_id, entry.subject_id) == (cast.olga.id, str(dead.id))
    assert olga.post(f"{JOBS}/{dead.id}/retry").status_code == 409
    assert olga.post(f"{JOBS}/{uuid4()}/retry").status_code == 404


def test_all_dead_jobs_of_a_kind_run_again(cast, olga, dead):
    Job.objects.create(kind="clip.prepare", state="dead")
    other = Job.objects.create(kind="storage.rewrap", state="dead")
    answer = olga.post(f"{JOBS}/retry", {"kind": "clip.prepare"}, format="json")
    assert answer.json() == {"opened": 2}
    assert len(logged(cast, "job.retried")) == 2
    other.refresh_from_db()
    assert other.state == "dead"
    assert olga.post(f"{JOBS}/retry", {"kind": "clip.prepare"}, format="json").status_code == 404


def test_a_dropped_job_keeps_its_error_and_the_reason_is_erasable(cast, olga, dead):
    url = f"{JOBS}/{dead.id}/drop"
    assert olga.post(url, {"reason": " "}, format="json").status_code == 400
    answer = olga.post(url, {"reason": "Clara sent the clip anew."}, format="json")
    assert (answer.json()["state"], "it broke" in answer.json()["error"]) == ("dropped", True)
    (entry,) = logged(cast, "job.dropped")
    assert b"Clara" not in bytes(entry.body)
    with scope(cast.provider.id):
        value = PersonalValue.objects.get(entry_id=entry.id, name="reason").value
    assert value == "Clara sent the clip anew."
    assert olga.post(url, {"reason": "again"}, format="json").status_code == 409


def test_the_desk_shows_a_dead_job_with_its_error_and_runs_it_again(cast, olga, dead):
    page = olga.get("/operator/jobs").content.decode()
    assert "One job is dead" in page
    assert "MediaFailed: it broke" in page
    detail = olga.get(f"/operator/jobs/{dead.id}").content.decode()
    assert "core/media/probe.py:12 in probe" in detail
    assert olga.post(f"/operator/jobs/{dead.id}", {"decision": "retry"}).status_code == 302
    dead.refresh_from_db()
    assert dead.state == "open"
    assert olga.get(f"/operator/jobs/{uuid4()}").status_code == 404


def test_the_desk_drops_a_job_only_with_a_reason(cast, olga, dead):
    url = f"/operator/jobs/{dead.id}"
    refused = olga.post(url, {"decision": "drop", "reason": ""})
    assert refused.status_code == 400
    assert b"why this work is not to be done" in refused.content
    assert olga.post(url, {"decision": "drop", "reason": "sent anew"}).status_code == 302
    assert b"Dropped" in olga.get(url).content


def test_the_desk_runs_a_kind_again_and_filters(cast, olga, dead):
    assert olga.post("/operator/jobs", {"kind": "clip.prepare"}).status_code == 302
    assert olga.post("/operator/jobs", {"kind": "clip.prepare"}).status_code == 404
    assert b"No job is dead" in olga.get("/operator/jobs").content
    assert b"No job is like that" in olga.get("/operator/jobs?state=running").content
    assert b"There is no organization nobody" in olga.get("/operator/jobs?tenant=nobody").content
