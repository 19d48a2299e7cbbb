"""No sequence of requests of tenant A's people returns, changes or reveals anything of tenant B.

Whatever names something of B is answered like the name of something that does not exist: status,
body, headers and number of queries are the same; and the rows of B stay what they were.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.tenancy.asking import ACTS, BY_LEASE, Ask, places, routes, send
from tests.api.tenancy.stage import fingerprint, set_up


@pytest.fixture
def stage(committed_cast, settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"
    return set_up(committed_cast, tmp_path)


@pytest.fixture
def clients(stage, api):
    made = {name: api(person) for name, person in stage.people.items()}
    for client in made.values():
        client.raise_request_exception = False
        client.get("/api/v1/me")
    return made


def told_apart(clients, ask, stage) -> str:
    """Say what tells B's name from one that nobody has; nothing where nothing does."""
    client = clients[ask.who]
    before, _ = send(client, ask, stage, stranger=True)
    answer, said = send(client, ask, stage, stranger=False)
    if answer != before:
        # Something else may have moved between the two (A's own work): ask once more.
        after, _ = send(client, ask, stage, stranger=True)
        if answer != after:
            return f"{ask}: {_differing(answer, after)}"
    leaked = [secret for secret in stage.secrets if secret in said]
    if leaked:
        return f"{ask}: shows {leaked[:3]}"
    if answer.status >= 500:
        return f"{ask}: {answer}"
    named = ask.where in {"path", "slug"}
    if named and answer.status not in {400, 404} and not _shut(ask, answer):
        return f"{ask}: {answer.status}"
    return ""


def _differing(answer, other) -> str:
    mine, others = vars(answer), vars(other)
    return "; ".join(f"{k}: {v} but {others[k]}" for k, v in mine.items() if v != others[k])


def _shut(ask, answer) -> bool:
    """Say whether the door shut before any id was looked at: by A's own role, or by the lease."""
    by_lease = ask.route.endswith(BY_LEASE) and answer.status in {200, 409}
    return ask.where == "path" and (answer.status == 403 or by_lease)


def everything(stage):
    """Each route and method once for each place of a name, as somebody of A with the role."""
    for route, method, stands_for, allowed in routes():
        able = [who for who in stage.people if who in allowed] or ["clara"]
        for where in places(route):
            name = route.rpartition("<uuid:")[2].partition(">")[0]
            yield Ask(route, method, stands_for, able[0], where, stage.their(name)[0])


def test_every_route_answers_for_b_s_names_as_for_none(stage, clients):
    kept = fingerprint(stage)
    asks = list(everything(stage))
    assert len(asks) > 300
    wrong = [said for ask in asks if (said := told_apart(clients, ask, stage))]
    assert not wrong, "\n".join(wrong)
    assert fingerprint(stage) == kept


def asks(stage):
    """Any route, method and person of A, naming anything of B, with fields left out."""
    rows = routes()

    @st.composite
    def one(draw):
        route, method, stands_for, _ = draw(st.sampled_from(rows))
        return Ask(
            route, method, stands_for,
            who=draw(st.sampled_from(sorted(stage.people))),
            where=draw(st.sampled_from(places(route))),
            theirs=draw(st.sampled_from(sorted(stage.all_ids()))),
            act=draw(st.sampled_from(ACTS)),
            without=draw(st.frozensets(st.sampled_from(["task", "clip", "tracks", "replaces",
                "pins", "people", "person", "site", "project", "client"]), max_size=3)),
        )  # fmt: skip

    return one()


def test_no_sequence_of_requests_reaches_over(stage, clients):
    kept = fingerprint(stage)

    @settings(
        max_examples=25, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(asks(stage), min_size=1, max_size=6))
    def hold(sequence):
        wrong = [said for ask in sequence if (said := told_apart(clients, ask, stage))]
        assert not wrong, "\n".join(wrong)
        assert fingerprint(stage) == kept

    hold()
