"""Consensus: labelled twice unseen, compared with identities in view, a third person chooses."""

from uuid import uuid4

import pytest

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip, walker
from tests.cast import sign_in
from workforce.labels.tracks import Flag

HARBOUR = "/api/v1/t/harbour"


@pytest.fixture
def task(cast, api):
    """One task of a project in which everything is labelled twice, and reviewed by no sample."""
    hire(cast, cast.anna, cast.amir, cast.rita)
    clip = make_clip(cast, frames=50)
    with scope(cast.harbour.id):
        clip.project.review_share = 0
        clip.project.save()
    body = {
        "pass_mark": 0.7, "gold_rate_min": 0, "gold_rate_max": 0, "consensus_share": 1,
        "consensus_mark": 0.8,
    }  # fmt: skip
    url = f"{HARBOUR}/projects/{clip.project_id}/quality"
    assert api(cast.clara).put(url, body, format="json").status_code == 200
    return cut(cast, clip)[0]


def pull(client, work="annotate"):
    return client.post("/api/v1/t/northlight/lease", {"work": work}, format="json")


@pytest.fixture
def label(api, run_jobs):
    """Pull the next task, hand these tracks in, run what follows; give what the person saw."""

    def label(person, tracks, events=()) -> dict:
        client = api(person)
        leased = pull(client).json()
        url = f"{HARBOUR}/tasks/{leased['task']['id']}"
        body = {"token": leased["lease"]["token"], "tracks": tracks, "events": list(events)}
        assert client.patch(f"{url}/tracks", body, format="json").status_code == 200
        assert client.post(f"{url}/submit", body, format="json").status_code == 201
        run_jobs()
        return leased

    return label


def state_of(cast, task) -> str:
    with scope(cast.harbour.id):
        task.refresh_from_db()
        return task.state


@pytest.fixture
def differing(cast, label):
    """Anna sees one person, Amir another."""
    label(cast.anna, [walker()])
    label(cast.amir, [walker(left=300.0)])


def choose(client, task, token, choice, reasons=()):
    body = {"token": token, "choice": choice, "reasons": list(reasons)}
    return client.post(f"{HARBOUR}/tasks/{task.id}/consensus", body, format="json")


def test_a_second_person_labels_the_same_frames_unseen(cast, api, task, label):
    first = label(cast.anna, [walker()])
    assert state_of(cast, task) == "submitted"
    assert pull(api(cast.anna)).status_code == 204, "not the author"

    second = label(cast.amir, [walker(left=11.0)])

    assert first.keys() == second.keys()
    assert first["task"].keys() == second["task"].keys()
    assert first["task"]["id"] != second["task"]["id"]
    for name in ("clip", "start_frame", "end_frame", "project", "ontology", "state", "task_type"):
        assert first["task"][name] == second["task"][name]
    assert first["lease"]["token"] == second["lease"]["token"]
    assert state_of(cast, task) == "accepted", "they agree"


def test_the_copy_is_in_no_list_and_no_release(cast, api, task, label):
    label(cast.anna, [walker()])
    label(cast.amir, [walker()])

    listed = api(cast.clara).get(f"{HARBOUR}/tasks").json()["results"]

    assert [row["id"] for row in listed] == [str(task.id)]


def test_where_they_differ_a_third_person_is_asked(cast, api, task, differing):
    assert state_of(cast, task) == "submitted"
    rita = api(cast.rita)
    leased = pull(rita, "review").json()

    shown = rita.get(f"{HARBOUR}/tasks/{task.id}/consensus").json()

    assert leased["task"]["id"] == str(task.id)
    assert shown["agreement"]["HOTA"] == 0
    assert {(d["kind"], d["start"], d["end"]) for d in shown["disagreements"]} == {
        ("only_a", 0, 49),
        ("only_b", 0, 49),
    }
    assert len(shown["a"]["tracks"]) == len(shown["b"]["tracks"]) == 1
    told = str(shown)
    assert str(cast.anna.id) not in told
    assert str(cast.amir.id) not in told


def test_neither_of_the_two_decides(cast, api, task, differing):
    from core.access.models import Membership

    for person in (cast.anna, cast.amir):
        Membership.objects.create(user=person, organization=cast.northlight, role="reviewer")
        assert pull(api(person), "review").status_code == 204


@pytest.mark.parametrize("whose", ["anna", "amir"])
def test_what_is_chosen_is_the_task_s(cast, api, task, differing, run_jobs, whose):
    from workforce.labels.store import latest_label_set

    rita = api(cast.rita)
    token = pull(rita, "review").json()["lease"]["token"]
    shown = rita.get(f"{HARBOUR}/tasks/{task.id}/consensus").json()
    left = 10.0 if whose == "anna" else 300.0
    side = next(s for s in "ab" if shown[s]["tracks"][0]["keyframes"][0][2][0] == left)

    chosen = choose(rita, task, token, side)
    run_jobs()

    assert chosen.status_code == 201
    assert state_of(cast, task) == "accepted"
    with scope(cast.harbour.id):
        assert latest_label_set(task.id).author_id == getattr(cast, whose).id
    tracks = api(cast.clara).get(f"{HARBOUR}/tasks/{task.id}/tracks").json()["tracks"]
    assert [track["keyframes"][0][2][0] for track in tracks] == [left]


def test_neither_sends_the_task_back_with_reasons(cast, api, task, differing):
    rita = api(cast.rita)
    token = pull(rita, "review").json()["lease"]["token"]
    assert choose(rita, task, token, "neither").status_code == 400

    reason = {"frame": 3, "track": None, "text": "Both miss the cyclist."}
    assert choose(rita, task, token, "neither", [reason]).status_code == 201

    assert state_of(cast, task) == "open"
    assert pull(api(cast.amir)).json()["task"]["id"] == str(task.id)


def test_an_ordinary_review_does_not_decide_between_two(cast, api, task, differing):
    rita = api(cast.rita)
    token = pull(rita, "review").json()["lease"]["token"]
    body = {"token": token, "outcome": "accept"}

    refused = rita.post(f"{HARBOUR}/tasks/{task.id}/review", body, format="json")

    assert refused.status_code == 409
    assert "two" in refused.json()["detail"]
    assert choose(api(cast.amir), task, token, "a").status_code == 403
    assert api(cast.clara).get(f"{HARBOUR}/tasks/{task.id}/consensus").status_code == 403


def test_a_swap_of_identities_an_attribute_and_an_event_are_told_apart(cast, api, task, label):
    """Both draw the same boxes; one of them follows one object under two names."""
    whole = {**walker(), "attributes": {"age_group": "adult"}}
    left, right = walker(start=0, end=24), walker(start=25, end=49, left=60.0)
    left["keyframes"].append([25, int(Flag.OUTSIDE), left["keyframes"][-1][2]])
    happened = {
        "id": str(uuid4()), "event": "loitering", "start": 10, "end": 29,
        "participants": [whole["id"]], "zones": [], "attributes": {},
    }  # fmt: skip
    label(cast.anna, [whole], [happened])
    label(cast.amir, [left, right])
    rita = api(cast.rita)
    pull(rita, "review")

    shown = rita.get(f"{HARBOUR}/tasks/{task.id}/consensus").json()

    kinds = {d["kind"] for d in shown["disagreements"]}
    assert {"switched", "attribute"} < kinds
    assert kinds & {"event_only_a", "event_only_b"}
    (switch,) = [d for d in shown["disagreements"] if d["kind"] == "switched"]
    assert switch["start"] == 25
    assert shown["agreement"]["events"] == 0


def test_the_page_shows_both_sides_and_takes_the_choice(cast, api, client, task, differing):
    sign_in(client, cast.rita)
    sent = client.post("/t/northlight/work", {"work": "review"})
    page = client.get(sent["Location"], follow=True)

    assert page.redirect_chain == [(f"/t/harbour/adjudicate/{task.id}", 302)]
    text = page.content.decode()
    assert "Only A" in text
    assert "Only B" in text
    assert "Anna" not in text
    empty = client.post(f"/t/harbour/adjudicate/{task.id}", {"choice": "neither"})
    assert empty.status_code == 400
    place = f"/t/harbour/adjudicate/{task.id}"
    done = client.post(place, {"choice": "a"}, follow=True)

    assert done.redirect_chain == [(place, 302)]
    assert state_of(cast, task) == "accepted"
    text = done.content.decode()
    assert "The labels that you chose count as delivered work" in text
    assert 'action="/t/northlight/work"' in text
    assert "Only A" not in text, "both sides are closed to them again"
    nothing = client.post("/t/northlight/work", {"work": "review"}, follow=True)
    assert "There is nothing for you right now." in nothing.content.decode()


def test_what_became_of_a_choice_is_told_to_who_made_it_alone(cast, api, client, task, differing):
    sign_in(client, cast.rita)
    client.post("/t/northlight/work", {"work": "review"})
    place = f"/t/harbour/adjudicate/{task.id}"
    sent_back = {"choice": "neither", "text": "Both miss the van.", "frame": "3"}
    assert "Sent back" in client.post(place, sent_back, follow=True).content.decode()
    assert client.get(place).status_code == 200
    for other in (cast.anna, cast.clara):
        assert api(other).get(place).status_code in {403, 409}
    assert client.post(place, {"choice": "a"}).status_code == 409


@pytest.mark.parametrize("changes", [{"consensus_share": 1.5}, {"consensus_mark": 0}])
def test_a_share_that_makes_no_sense_is_refused(cast, api, task, changes):
    body = {"pass_mark": 0.7, "gold_rate_min": 0, "gold_rate_max": 0, **changes}
    url = f"{HARBOUR}/projects/{task.project_id}/quality"

    assert api(cast.clara).put(url, body, format="json").status_code == 400
