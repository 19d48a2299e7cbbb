"""Gold, end to end over HTTP: drawn unseen, scored, trusted, gated, reinstated."""

import json
from uuid import uuid4

import pytest

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip, walker


@pytest.fixture
def clip(cast):
    """A project whose every lease becomes gold while there is gold that the person has not had."""
    clip = make_clip(cast, frames=250)
    cut(cast, clip)
    hire(cast, cast.anna, cast.amir)
    return clip


def always_gold(clara, clip, **changes):
    policy = {"pass_mark": 0.7, "gold_rate_min": 1, "gold_rate_max": 1, **changes}
    url = f"/api/v1/t/harbour/projects/{clip.project_id}/quality"
    return clara.put(url, policy, format="json")


def add_gold(clara, clip, *, start=0, end=49, tracks=None, of=None, **more):
    body = {
        "clip": str(of or clip.id),
        "start_frame": start,
        "end_frame": end,
        "tracks": [walker(start=start, end=end)] if tracks is None else tracks,
        **more,
    }
    return clara.post("/api/v1/t/harbour/gold", body, format="json")


def pull(client) -> dict:
    response = client.post("/api/v1/t/northlight/lease", {"work": "annotate"}, format="json")
    assert response.status_code == 200, response.content
    return response.json()


def hand_in(client, leased, tracks) -> None:
    url = f"/api/v1/t/harbour/tasks/{leased['task']['id']}"
    token = leased["lease"]["token"]
    saved = client.patch(f"{url}/tracks", {"token": token, "tracks": tracks}, format="json")
    assert saved.status_code == 200, saved.content
    assert client.post(f"{url}/submit", {"token": token}, format="json").status_code == 201


def truthful(task) -> list[dict]:
    """What the gold of these tests holds, under an id of the annotator's own."""
    return [walker(start=task["start_frame"], end=task["end_frame"])]


def work(client, run_jobs, tracks_for, times=1) -> None:
    for _ in range(times):
        leased = pull(client)
        hand_in(client, leased, tracks_for(leased["task"]))
        run_jobs()


def scores(clara) -> list[dict]:
    return clara.get("/api/v1/t/harbour/scores").json()["results"]


def trust(cast, api) -> list[dict]:
    return api(cast.nora).get("/api/v1/t/northlight/trust").json()["results"]


def test_good_work_on_gold_is_scored_and_trusted(cast, api, clara, clip, run_jobs):
    always_gold(clara, clip)
    made = add_gold(clara, clip)
    assert made.status_code == 201

    work(api(cast.anna), run_jobs, truthful)

    (score,) = scores(clara)
    assert score["gold"] == made.json()["id"]
    assert score["person"] == str(cast.anna.id)
    assert score["passed"]
    assert score["metrics"]["HOTA"] == pytest.approx(1)
    assert score["metrics"]["f1_by_label"] == {"person": 1}
    assert score["frame_errors"] == []
    (standing,) = trust(cast, api)
    assert (standing["person"], standing["skill"]) == (str(cast.anna.id), "boxes")
    assert (standing["gold"], standing["gated"], standing["mean"]) == (1, False, 0.6667)
    assert clara.get("/api/v1/t/harbour/gold").json()["results"][0]["exposures"] == 1


def test_bad_work_closes_the_skill_and_a_manager_opens_it_again(cast, api, clara, clip, run_jobs):
    from core.audit.models import AuditEntry

    always_gold(clara, clip)
    for start in (0, 50, 100):
        add_gold(clara, clip, start=start, end=start + 49)
    amir = api(cast.amir)

    work(amir, run_jobs, lambda task: [], times=3)

    (standing,) = trust(cast, api)
    assert standing["gated"]
    refused = amir.post("/api/v1/t/northlight/lease", {}, format="json")
    assert refused.status_code == 409
    assert "vendor manager" in refused.json()["detail"]
    errors = scores(clara)[0]["frame_errors"]
    assert len(errors) == 50
    assert errors[0]["missed"] == 1
    with scope(cast.northlight.id):
        assert AuditEntry.objects.filter(action="trust.gated").count() == 1

    url = f"/api/v1/t/northlight/trust/{standing['id']}/reinstate"
    opened = api(cast.nora).post(url, {"reason": "trained again"}, format="json")

    assert opened.status_code == 200
    assert not opened.json()["gated"]
    assert opened.json()["gold"] == 0
    assert pull(amir)["task"]


def loose(task) -> list[dict]:
    """The right figure, in a box half as wide again: association is perfect, place is not."""
    (track,) = truthful(task)
    for keyframe in track["keyframes"]:
        keyframe[2][0] -= 10
        keyframe[2][2] += 10
    return [track]


def test_each_part_has_a_mark_of_its_own_and_the_person_is_told_which_was_missed(
    cast, api, clara, clip, run_jobs
):
    always_gold(clara, clip, pass_mark=0.5, marks={"LocA": 0.9})
    for start in (0, 50, 100):
        add_gold(clara, clip, start=start, end=start + 49)
    anna = api(cast.anna)

    work(anna, run_jobs, loose, times=3)

    score = scores(clara)[0]
    assert not score["passed"]
    missed = {name for name, verdict in score["gates"].items() if not verdict["passed"]}
    assert missed == {"LocA"}
    assert score["gates"]["LocA"]["mark"] == 0.9
    standing = anna.get("/api/v1/me/scores").json()["results"][0]
    assert standing["missed"] == {"LocA": 3}


def test_attributes_and_events_are_parts_of_gold_too(cast, api, clara, clip, run_jobs):
    figure = {**walker(start=0, end=49), "attributes": {"age_group": "adult"}}
    happened = {
        "id": str(uuid4()),
        "event": "loitering",
        "start": 10,
        "end": 29,
        "participants": [figure["id"]],
        "zones": [],
        "attributes": {},
    }
    always_gold(clara, clip)
    assert add_gold(clara, clip, tracks=[figure], events=[happened]).status_code == 201

    work(api(cast.anna), run_jobs, truthful)

    (score,) = scores(clara)
    assert not score["passed"]
    assert score["gates"]["attributes"] == {"value": 0.0, "mark": 0.7, "passed": False}
    assert score["gates"]["events"] == {"value": 0.0, "mark": 0.5, "passed": False}
    assert score["gates"]["HOTA"]["passed"]


def test_gold_that_enough_people_have_had_is_retired(cast, api, clara, clip, run_jobs):
    always_gold(clara, clip, max_exposures=2)
    add_gold(clara, clip)

    pull(api(cast.anna))
    assert clara.get("/api/v1/t/harbour/gold").json()["results"][0]["state"] == "active"
    pull(api(cast.amir))

    (row,) = clara.get("/api/v1/t/harbour/gold").json()["results"]
    assert (row["state"], row["exposures"]) == ("retired", 2)


def test_gold_looks_like_any_other_task(cast, api, clara, clip, run_jobs):
    """No field, status, header or number of fields of any answer differs."""
    always_gold(clara, clip)
    add_gold(clara, clip)
    anna = api(cast.anna)

    shapes, answers = [], []
    for _ in range(2):
        leased = pull(anna)
        base = f"/api/v1/t/harbour/tasks/{leased['task']['id']}"
        token = leased["lease"]["token"]
        detail = anna.get(base)
        tracks = anna.get(f"{base}/tracks")
        review = anna.get(f"{base}/review")
        handed_in = anna.post(f"{base}/submit", {"token": token}, format="json")
        after = [anna.get(f"{base}{what}") for what in ("", "/tracks", "/review")]
        run_jobs()
        later = [anna.get(f"{base}{what}") for what in ("", "/tracks", "/review")]
        responses = [detail, tracks, review, handed_in, *after, *later]
        shapes.append([(r.status_code, sorted(r.headers), sorted(r.json())) for r in responses])
        answers.append((leased, detail.json()))

    with scope(cast.harbour.id):
        from workforce.tasks.models import Task

        kinds = [Task.objects.get(id=leased["task"]["id"]).is_copy for leased, _ in answers]
    assert kinds == [True, False]
    assert shapes[0] == shapes[1]
    (gold, gold_detail), (real, real_detail) = answers
    assert gold.keys() == real.keys()
    assert gold["task"].keys() == real["task"].keys()
    assert gold["lease"].keys() == real["lease"].keys()
    assert gold_detail.keys() == real_detail.keys()
    for name in ("project", "ontology", "task_type", "state", "ontology_document"):
        assert gold["task"][name] == real["task"][name]
    assert gold["lease"]["token"] == real["lease"]["token"]
    assert "gold" not in json.dumps([gold, gold_detail])


def test_gold_is_in_no_list_of_tasks(cast, api, clara, clip):
    always_gold(clara, clip)
    add_gold(clara, clip)
    leased = pull(api(cast.anna))

    listed = clara.get("/api/v1/t/harbour/tasks").json()["results"]

    assert leased["task"]["id"] not in [task["id"] for task in listed]


def test_nobody_gets_the_same_footage_as_gold_twice(cast, api, clara, clip, run_jobs):
    always_gold(clara, clip)
    first = add_gold(clara, clip).json()["id"]
    add_gold(clara, clip, replaces=first)
    add_gold(clara, clip, start=25, end=60)

    work(api(cast.anna), run_jobs, lambda task: [], times=2)

    assert len(scores(clara)) == 1
    work(api(cast.amir), run_jobs, lambda task: [])
    assert {score["person"] for score in scores(clara)} == {str(cast.anna.id), str(cast.amir.id)}


def test_nobody_gets_frames_as_gold_that_they_have_labelled_as_work(
    cast, api, clara, clip, run_jobs
):
    anna = api(cast.anna)
    work(anna, run_jobs, truthful, times=5)
    always_gold(clara, clip)
    add_gold(clara, clip)
    with scope(cast.harbour.id):
        from workforce.quality.gold import draw_gold

        asked = {"project_id": clip.project_id, "task_type": "boxes"}
        assert draw_gold(person=cast.anna.id, **asked) is None
        assert draw_gold(person=cast.amir.id, **asked) is not None


def test_gold_tells_its_keeper_whether_its_range_could_give_it_away(clara, clip):
    assert add_gold(clara, clip, start=50, end=99).json()["fits_work"]
    assert not add_gold(clara, clip, start=10, end=30).json()["fits_work"]


def test_a_task_where_nothing_is_to_be_seen_is_passed_by_labelling_nothing(
    cast, api, clara, clip, run_jobs
):
    always_gold(clara, clip)
    add_gold(clara, clip, tracks=[])
    add_gold(clara, clip, start=50, end=99, tracks=[])

    work(api(cast.anna), run_jobs, lambda task: [])
    work(api(cast.amir), run_jobs, truthful)

    assert {score["person"]: score["passed"] for score in scores(clara)} == {
        str(cast.anna.id): True,
        str(cast.amir.id): False,
    }


def test_no_gold_is_drawn_where_the_policy_sets_the_rate_to_zero(cast, api, clara, clip):
    always_gold(clara, clip, gold_rate_min=0, gold_rate_max=0)
    add_gold(clara, clip)

    leased = pull(api(cast.anna))

    with scope(cast.harbour.id):
        from workforce.tasks.models import Task

        assert not Task.objects.get(id=leased["task"]["id"]).is_copy


def test_scoring_twice_counts_once(cast, api, clara, clip, run_jobs):
    from workforce.labels.models import LabelSet
    from workforce.quality.scores import score_submission

    always_gold(clara, clip)
    add_gold(clara, clip)
    work(api(cast.anna), run_jobs, truthful)
    with scope(cast.harbour.id):
        label_set = LabelSet.objects.get(kind="copy")

    score_submission(tenant=cast.harbour.id, label_set_id=label_set.id)

    assert len(scores(clara)) == 1
    assert [standing["gold"] for standing in trust(cast, api)] == [1]


def test_trust_can_be_computed_again_from_the_evidence(cast, api, clara, clip, run_jobs):
    from workforce.quality.models import Trust
    from workforce.quality.trust import recompute

    always_gold(clara, clip)
    add_gold(clara, clip)
    work(api(cast.anna), run_jobs, truthful)
    before = trust(cast, api)

    with scope(cast.northlight.id):
        Trust.objects.all().delete()
        recompute(person=cast.anna.id, skill="boxes")

    for name in ("gold", "mean", "low", "high", "gated"):
        assert trust(cast, api)[0][name] == before[0][name]


def test_a_persons_own_standing_moves_in_batches_only(cast, api, clara, clip, run_jobs):
    """If it moved after each gold task, the moment would tell which task was gold."""
    always_gold(clara, clip)
    for start in (0, 50, 100):
        add_gold(clara, clip, start=start, end=start + 49)
    anna = api(cast.anna)
    told = []
    for _ in range(3):
        work(anna, run_jobs, truthful)
        told.append(anna.get("/api/v1/me/scores").json()["results"][0])

    assert told[0] == told[1]
    assert (told[0]["measured"], told[2]["measured"]) == (0, 3)
    assert (told[2]["passed"], told[2]["hota"], told[2]["vendor"]) == (3, 1.0, "northlight")
    assert api(cast.sam).get("/api/v1/me/scores").json() == {"results": [], "next": None}


@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"end": 250}, 400, "frames 0 to 249"),
        ({"start": 60, "end": 50}, 400, "frames 0 to 249"),
        ({"tracks": [walker(start=0, end=60)]}, 400, "use frames 0 to 49"),
        ({"tracks": "x"}, 400, "JSON array"),
        ({"of": uuid4()}, 404, ""),
        ({"replaces": str(uuid4())}, 404, ""),
        ({"task_type": "poems"}, 400, "no task type poems"),
    ],
)
def test_wrong_gold_is_refused(clara, clip, changes, status, told):
    refused = add_gold(clara, clip, **changes)

    assert refused.status_code == status
    assert told in refused.json()["detail"]


def test_gold_needs_a_task_or_a_range(clara, clip):
    refused = clara.post("/api/v1/t/harbour/gold", {"clip": str(clip.id)}, format="json")

    assert refused.status_code == 400
    assert "end_frame, start_frame, tracks" in refused.json()["detail"]


def test_gold_of_a_clip_that_is_not_ready_is_refused(cast, clara, clip):
    with scope(cast.harbour.id):
        clip.state = "preparing"
        clip.save()

    assert add_gold(clara, clip).status_code == 409


def test_retired_gold_is_drawn_no_more_and_replaced_once_only(cast, api, clara, clip):
    always_gold(clara, clip)
    made = add_gold(clara, clip).json()
    url = f"/api/v1/t/harbour/gold/{made['id']}/retire"

    assert clara.post(url).json()["state"] == "retired"
    assert add_gold(clara, clip, replaces=made["id"]).status_code == 409
    assert clara.post(f"/api/v1/t/harbour/gold/{uuid4()}/retire").status_code == 404
    leased = pull(api(cast.anna))
    with scope(cast.harbour.id):
        from workforce.tasks.models import Task

        assert not Task.objects.get(id=leased["task"]["id"]).is_copy


@pytest.mark.parametrize(
    "changes",
    [
        {"pass_mark": 0},
        {"pass_mark": 1.5},
        {"gold_rate_min": 0.6, "gold_rate_max": 0.5},
        {"gold_rate_max": 1.5},
        {"gold_rate_min": "often"},
        {"marks": {"beauty": 0.5}},
        {"marks": {"LocA": 1.5}},
        {"max_exposures": 0},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(clara, clip, changes):
    assert always_gold(clara, clip, **changes).status_code == 400


def test_the_policy_has_defaults_until_it_is_set(clara, clip):
    url = f"/api/v1/t/harbour/projects/{clip.project_id}/quality"

    assert clara.get(url).json() == {
        "pass_mark": 0.7,
        "gold_rate_min": 0.05,
        "gold_rate_max": 0.5,
        "marks": {},
        "max_exposures": 50,
        "sampling": "share",
        "aql": "2.5",
        "level": "II",
        "lot_size": 50,
        "lot_hours": 24,
        "consensus_share": 0,
        "consensus_mark": 0.8,
    }
    assert clara.get(f"/api/v1/t/harbour/projects/{uuid4()}/quality").status_code == 404


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("/api/v1/t/harbour/gold", {"clara"}),
        ("/api/v1/t/harbour/scores", {"clara"}),
        ("/api/v1/t/northlight/trust", {"nora"}),
    ],
)
def test_only_those_who_answer_for_quality_see_it(cast, api, url, allowed):
    for name, person in cast.everyone().items():
        status = api(person).get(url).status_code
        assert (status == 200) == (name in allowed), name
        assert status in {200, 403, 404}


def test_another_clients_gold_and_trust_do_not_exist(cast, api, clara, clip):
    gold_id = add_gold(clara, clip).json()["id"]
    mila = api(cast.mila)

    for url in (
        f"/api/v1/t/museum/gold/{gold_id}/retire",
        f"/api/v1/t/harbour/gold/{gold_id}/retire",
    ):
        assert mila.post(url).status_code == 404
    reinstate = f"/api/v1/t/northlight/trust/{uuid4()}/reinstate"
    assert api(cast.nora).post(reinstate, {"reason": "x"}, format="json").status_code == 404
    assert mila.post(reinstate, {"reason": "x"}, format="json").status_code == 404
