"""Pages of quality: a client's projects without names, a vendor's person, one's own in threes."""

from uuid import uuid4

import pytest

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip, walker
from tests.cast import sign_in

HARBOUR = "/api/v1/t/harbour"


@pytest.fixture
def measured(cast, api, run_jobs):
    """Anna had three gold tasks: right, a person called a vehicle, and one of two missed."""
    clip = make_clip(cast, frames=250)
    cut(cast, clip)
    hire(cast, cast.anna, cast.amir)
    clara, anna = api(cast.clara), api(cast.anna)
    body = {"pass_mark": 0.7, "gold_rate_min": 1, "gold_rate_max": 1}
    clara.put(f"{HARBOUR}/projects/{clip.project_id}/quality", body, format="json")
    for start in (0, 50, 100):
        tracks = [
            walker(start=start, end=start + 49),
            walker(start=start, end=start + 49, left=300),
        ]
        gold = {"clip": str(clip.id), "start_frame": start, "end_frame": start + 49}
        made = clara.post(f"{HARBOUR}/gold", {**gold, "tracks": tracks}, format="json")
        assert made.status_code == 201
    for number in range(3):
        leased = anna.post("/api/v1/t/northlight/lease", {}, format="json").json()
        start = leased["task"]["start_frame"]
        both = [walker(start=start, end=start + 49), walker(start=start, end=start + 49, left=300)]
        if number == 1:
            both[0]["label"] = "vehicle"
        url = f"{HARBOUR}/tasks/{leased['task']['id']}"
        body = {"token": leased["lease"]["token"], "tracks": both[: 1 if number == 2 else 2]}
        assert anna.patch(f"{url}/tracks", body, format="json").status_code == 200
        assert anna.post(f"{url}/submit", body, format="json").status_code == 201
        run_jobs()
    return clip


def page(client, person, path):
    sign_in(client, person)
    return client.get(path)


def test_the_client_sees_what_is_taken_for_what_and_nobodys_name(cast, client, measured):
    text = page(client, cast.clara, "/t/harbour/quality").content.decode()

    assert "What is taken for what" in text
    assert "66.7 % of true boxes are right." in text, "50 of 300 wrongly called, 50 missed"
    assert "Errors by camera" in text
    assert "33.3 %" in text
    assert "1 missed, 1 too many" in text
    assert "frame__b--missed" in text
    for person in (cast.anna, cast.amir):
        assert person.name not in text
        assert person.email not in text


def test_the_page_leaves_a_receipt(cast, client, measured):
    from core.audit.models import AuditEntry

    page(client, cast.clara, "/t/harbour/quality")

    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(
            action="quality.scores.read", actor_id=cast.clara.id
        ).exists()


def test_a_client_without_scores_is_told_how_they_come(cast, client):
    assert "Nothing measured yet" in page(client, cast.mila, "/t/museum/quality").content.decode()


def test_the_manager_sees_a_persons_trust_over_time_and_why(cast, client, measured):
    from workforce.people.models import Worker

    with scope(cast.northlight.id):
        worker = Worker.objects.get(user=cast.anna).id
    path = f"/t/northlight/people/{worker}/scores"

    text = page(client, cast.nora, path).content.decode()

    assert "Trust now" in text
    assert "Missed most:" in text
    assert text.count("Missed:") == 1
    assert str(measured.id) not in text, "no client's footage"
    assert page(client, cast.anna, path).status_code == 403
    assert page(client, cast.nora, f"/t/northlight/people/{uuid4()}/scores").status_code == 404


def test_ones_own_scores_come_in_threes(cast, api, client, measured, run_jobs):
    path = "/t/northlight/scores"
    before = page(client, cast.anna, path).content.decode()
    assert "Missed most:" in before
    with scope(cast.northlight.id):
        from workforce.quality.models import Evidence

        row = Evidence.objects.latest("scored_at")
        row.pk, row.score_id, row._state.adding = uuid4(), uuid4(), True
        row.save(force_insert=True)

    after = page(client, cast.anna, path).content.decode()

    assert after == before or after.count("<tr>") == before.count("<tr>")
    assert "No scores yet" in page(client, cast.amir, path).content.decode()
    assert page(client, cast.anna, "/t/harbour/scores").status_code == 404
    assert page(client, cast.nora, path).status_code == 403


def test_the_last_point_is_the_trust_that_is_stored(cast, measured):
    """What is drawn and what the gate looks at come from the same evidence by the same rule."""
    from workforce.quality.history import histories
    from workforce.quality.models import Trust
    from workforce.quality.posterior import Posterior

    with scope(cast.northlight.id):
        (history,) = histories(cast.anna.id)
        trust = Trust.objects.get(person=cast.anna)

    known = Posterior(trust.alpha, trust.beta, trust.gold_count)
    point = history.points[-1]
    assert (point.low, point.mean, point.high) == pytest.approx(
        (known.quantile(0.05), known.mean, known.quantile(0.95)), abs=1e-4
    )


def test_trust_at_an_instant_counts_old_evidence_half_after_half_a_year(cast, measured):
    from datetime import timedelta

    from core.clock import now
    from workforce.quality.posterior import HALF_LIFE
    from workforce.quality.trust import posterior_of

    with scope(cast.northlight.id):
        fresh = posterior_of(cast.anna.id, "boxes", at=now())
        aged = posterior_of(cast.anna.id, "boxes", at=now() + HALF_LIFE)
        before = posterior_of(cast.anna.id, "boxes", at=now() - timedelta(days=1))

    assert aged.alpha - 1 == pytest.approx((fresh.alpha - 1) / 2, rel=1e-3)
    assert aged.beta - 1 == pytest.approx((fresh.beta - 1) / 2, rel=1e-3)
    assert (before.alpha, before.beta, before.gold_count) == (1, 1, 0)


@pytest.mark.parametrize(
    ("parts", "rate", "low", "high"),
    [
        ([(5, 100)], 0.05, None, None),
        ([(5, 100), (5, 100)], 0.05, 0.05, 0.05),
        ([(0, 100), (10, 100)], 0.05, 0.0, 0.148),
    ],
)
def test_an_error_rate_has_its_interval_from_tasks_not_from_boxes(parts, rate, low, high):
    from workforce.quality.insight import rate_of

    found = rate_of("Gate 3", parts)

    assert found.rate == rate
    assert (found.low, found.high) == (
        (None, None)
        if low is None
        else (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    )
