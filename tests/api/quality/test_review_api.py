"""Review: what was handed in is accepted, or sent back with reasons pinned to frames."""

from uuid import uuid4

import pytest

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker


@pytest.fixture
def task(cast):
    hire(cast, cast.anna, cast.amir, cast.rita)
    return cut(cast, make_clip(cast, frames=50))[0]


@pytest.fixture
def url(task):
    return f"/api/v1/t/harbour/tasks/{task.id}"


@pytest.fixture
def handed_in(cast, api, task, url, run_jobs):
    """Anna hands the task in."""

    def hand_in() -> None:
        token = lease(cast.anna, task.id)
        body = {"token": token, "tracks": [walker()]}
        assert api(cast.anna).patch(f"{url}/tracks", body, format="json").status_code == 200
        assert api(cast.anna).post(f"{url}/submit", body, format="json").status_code == 201
        run_jobs()

    hand_in()
    return hand_in


def state_of(cast, task) -> str:
    with scope(cast.harbour.id):
        task.refresh_from_db()
        return task.state


def decide(client, url, token, outcome="accept", reasons=()):
    body = {"token": token, "outcome": outcome, "reasons": list(reasons)}
    return client.post(f"{url}/review", body, format="json")


def test_a_reviewer_is_given_the_task_and_accepts_it(cast, api, task, url, handed_in):
    rita = api(cast.rita)
    leased = rita.post("/api/v1/t/northlight/lease", {"work": "review"}, format="json").json()
    assert leased["task"]["id"] == str(task.id)
    assert len(rita.get(f"{url}/tracks").json()["tracks"]) == 1

    decided = decide(rita, url, leased["lease"]["token"])

    assert decided.status_code == 201
    assert state_of(cast, task) == "accepted"
    assert rita.get(f"{url}/tracks").status_code == 404


def test_what_is_sent_back_comes_round_again_with_its_reasons(
    cast, api, task, url, handed_in, run_jobs
):
    rita, anna = api(cast.rita), api(cast.anna)
    reason = {"frame": 12, "track": str(uuid4()), "text": "The box leaves out the feet."}
    token = lease(cast.rita, task.id, work="review")

    sent = decide(rita, url, token, "send_back", [reason])

    assert sent.status_code == 201
    assert state_of(cast, task) == "open"
    again = anna.post("/api/v1/t/northlight/lease", {}, format="json").json()
    assert again["task"]["id"] == str(task.id)
    (told,) = anna.get(f"{url}/review").json()["results"]
    assert told["reasons"] == [reason]
    assert len(anna.get(f"{url}/tracks").json()["tracks"]) == 1

    anna.post(f"{url}/submit", {"token": again["lease"]["token"]}, format="json")
    run_jobs()
    assert state_of(cast, task) == "submitted"
    token = lease(cast.rita, task.id, work="review")
    assert decide(rita, url, token).status_code == 201
    with scope(cast.harbour.id):
        assert task.label_sets.count() == 2
        assert [row.outcome for row in task.reviews.order_by("decided_at")] == [
            "send_back",
            "accept",
        ]


def test_nobody_reviews_their_own_work(cast, api, task, handed_in):
    from core.access.models import Membership

    Membership.objects.create(user=cast.anna, organization=cast.northlight, role="reviewer")

    given = api(cast.anna).post("/api/v1/t/northlight/lease", {"work": "review"}, format="json")

    assert given.status_code == 204


@pytest.mark.parametrize(
    ("reasons", "field", "told"),
    [
        ([], "reasons", "at least one reason"),
        ([{"frame": 50, "text": "x"}], "reasons[0].frame", "use frames 0 to 49"),
    ],
)
def test_reasons_are_pinned_to_frames_of_the_task(
    cast, api, task, url, handed_in, reasons, field, told
):
    token = lease(cast.rita, task.id, work="review")

    refused = decide(api(cast.rita), url, token, "send_back", reasons)

    assert refused.status_code == 400
    assert refused.json()["field"] == field
    assert told in refused.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "maybe"},
        {"outcome": "send_back", "reasons": [{"frame": -1, "text": "x"}]},
        {"outcome": "send_back", "reasons": [{"frame": 1, "text": ""}]},
        {"outcome": "send_back", "reasons": [{"text": "x"}]},
        {"outcome": "send_back", "reasons": "x"},
    ],
)
def test_a_malformed_decision_is_refused(cast, api, task, url, handed_in, body):
    token = lease(cast.rita, task.id, work="review")

    refused = api(cast.rita).post(f"{url}/review", {"token": token, **body}, format="json")

    assert refused.status_code == 400


def test_a_decision_needs_a_live_review_lease(cast, api, task, url, handed_in):
    rita = api(cast.rita)
    old = lease(cast.rita, task.id, work="review")
    assert decide(rita, url, old + 1).json()["code"] == "lease_lost"
    assert decide(rita, url, old).status_code == 201
    assert decide(rita, url, old).json()["code"] == "lease_lost"


def test_a_review_lease_does_not_let_one_draw(cast, api, task, url, handed_in):
    token = lease(cast.rita, task.id, work="review")

    refused = api(cast.rita).patch(f"{url}/tracks", {"token": token, "tracks": []}, format="json")

    assert refused.json()["code"] == "lease_lost"


def test_who_may_decide(cast, api, task, url, handed_in):
    token = lease(cast.rita, task.id, work="review")

    for name, status in {"anna": 403, "clara": 403, "nora": 403, "mila": 404, "sam": 404}.items():
        assert decide(api(getattr(cast, name)), url, token).status_code == status, name


def test_what_the_sample_passes_over_is_accepted_unseen(cast, api, task, url, run_jobs):
    from workforce.tasks.models import QueueEntry

    with scope(cast.harbour.id):
        task.project.review_share = 0
        task.project.save()
    token = lease(cast.anna, task.id)

    api(cast.anna).post(f"{url}/submit", {"token": token}, format="json")
    run_jobs()

    assert state_of(cast, task) == "accepted"
    assert not QueueEntry.objects.filter(task_id=task.id, work="review").exists()
    (told,) = api(cast.clara).get(f"{url}/review").json()["results"]
    assert told["outcome"] == "accept"


def test_the_same_submission_is_routed_once(cast, api, task, handed_in):
    from workforce.labels.store import latest_label_set
    from workforce.quality.review import route_submission
    from workforce.tasks.models import QueueEntry

    token = lease(cast.rita, task.id, work="review")
    decide(api(cast.rita), f"/api/v1/t/harbour/tasks/{task.id}", token)
    with scope(cast.harbour.id):
        label_set = latest_label_set(task.id)

    route_submission(tenant=cast.harbour.id, label_set_id=label_set.id)

    assert state_of(cast, task) == "accepted"
    assert QueueEntry.objects.get(task_id=task.id, work="review").state == "done"


def test_accepted_labels_can_become_gold_and_others_cannot(cast, api, task, url, handed_in):
    clara = api(cast.clara)
    body = {"task": str(task.id)}
    assert clara.post("/api/v1/t/harbour/gold", body, format="json").status_code == 409

    decide(api(cast.rita), url, lease(cast.rita, task.id, work="review"))
    made = clara.post("/api/v1/t/harbour/gold", body, format="json")

    assert made.status_code == 201
    assert (made.json()["start_frame"], made.json()["end_frame"]) == (0, 49)


def corrected(track, by=10.0):
    """The same track, each shape moved to the right."""
    frames = [[f, g, [x + by if i % 2 == 0 else x for i, x in enumerate(box)]] for f, g, box in
              track["keyframes"]]  # fmt: skip
    return {**track, "keyframes": frames}


def correct(client, url, token, tracks, **more):
    body = {"token": token, "outcome": "correct", "tracks": tracks, **more}
    return client.post(f"{url}/review", body, format="json")


def test_a_reviewer_mends_the_labels_and_they_are_accepted_as_the_next_round(
    cast, api, task, url, handed_in
):
    from workforce.labels.models import LabelSet

    rita = api(cast.rita)
    token = lease(cast.rita, task.id, work="review")
    (drawn,) = rita.get(f"{url}/tracks").json()["tracks"]
    drawn.pop("revision")
    why = {"frame": 3, "track": drawn["id"], "text": "Too far left.", "kind": "loose_shape"}

    mended = correct(rita, url, token, [corrected(drawn)], reasons=[why])

    assert mended.status_code == 201, mended.json()
    assert state_of(cast, task) == "accepted"
    with scope(cast.harbour.id):
        first, second = task.label_sets.order_by("round")
        assert (second.kind, second.author_id) == (LabelSet.Kind.REVIEW, cast.rita.id)
        assert second.vendor_id == first.vendor_id
        decision = task.reviews.get()
        assert (decision.outcome, decision.label_set_id) == ("correct", first.id)
        assert decision.reasons == [why]


def test_a_correction_needs_a_change_a_lease_and_no_other_outcome(cast, api, task, url, handed_in):
    rita = api(cast.rita)
    token = lease(cast.rita, task.id, work="review")
    (drawn,) = rita.get(f"{url}/tracks").json()["tracks"]
    drawn.pop("revision")

    assert "nothing is corrected" in correct(rita, url, token, [drawn]).json()["detail"]
    body = {"token": token, "outcome": "accept", "tracks": [corrected(drawn)]}
    assert rita.post(f"{url}/review", body, format="json").json()["field"] == "outcome"
    assert decide(rita, url, token, "correct").json()["field"] == "outcome"

    late = correct(rita, url, token + 1, [corrected(drawn)])
    assert late.json()["code"] == "lease_lost"
    (kept,) = rita.get(f"{url}/drafts").json()["results"]
    assert kept["tracks"][0]["id"] == drawn["id"]
    assert state_of(cast, task) == "submitted"


def test_a_reviewer_reads_what_changed_since_the_last_hand_in(
    cast, api, task, url, handed_in, run_jobs
):
    rita, anna = api(cast.rita), api(cast.anna)
    token = lease(cast.rita, task.id, work="review")
    assert rita.get(f"{url}/review/changes").json()["results"] == []
    reason = {"frame": 12, "text": "One is missing, one is loose.", "kind": ""}
    decide(rita, url, token, "send_back", [reason])
    token = lease(cast.anna, task.id)
    (first,) = anna.get(f"{url}/tracks").json()["tracks"]
    first.pop("revision")
    body = {"token": token, "tracks": [corrected(first), {**walker(), "id": str(uuid4())}]}
    anna.post(f"{url}/submit", body, format="json")
    run_jobs()

    lease(cast.rita, task.id, work="review")
    found = {row["id"]: row for row in rita.get(f"{url}/review/changes").json()["results"]}

    assert found.pop(first["id"]) == {
        "id": first["id"], "change": "changed", "what": ["moved"], "first": 0, "last": 49,
        "before": first,
    }  # fmt: skip
    (new,) = found.values()
    assert (new["change"], new["before"]) == ("added", None)
    assert api(cast.anna).get(f"{url}/review/changes").status_code == 403


def test_the_queue_shows_what_waits_and_todays_numbers_but_never_ones_own_work(
    cast, api, client, task, url, handed_in
):
    from tests.cast import sign_in

    sign_in(client, cast.rita)
    page = client.get("/t/northlight/reviews").content.decode()
    assert "One review waits." in page
    assert "open to you" in page

    decide(api(cast.rita), url, lease(cast.rita, task.id, work="review"))

    page = client.get("/t/northlight/reviews").content.decode()
    assert "Nothing waits for review." in page
    assert '<dt>Accepted</dt><dd class="tn">1</dd>' in page
