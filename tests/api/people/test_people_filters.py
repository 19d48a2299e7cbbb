"""A vendor's people by skill, level and state, in the list's address and as a view."""

import re

import pytest

from core.tenancy.scope import scope
from workforce.people.models import Skill, Worker
from workforce.people.services import add_worker
from workforce.quality.models import Trust

PAGE = "/t/northlight/people"


def names(client, query=""):
    text = client.get(PAGE + query).content.decode()
    return re.findall(r'class="rowlink" href="/t/northlight/people/[0-9a-f-]*">([^<]+)<', text)


@pytest.fixture
def people(cast):
    """Amir links, Anna boxes at level 3 and links, Rita boxes but rests; Amir's skill is paused."""
    from core.access.actors import Actor

    nora = Actor.person(cast.nora)
    for person, skills in (
        (cast.amir, ["links"]), (cast.anna, ["boxes", "links"]), (cast.rita, ["boxes"]),
    ):  # fmt: skip
        add_worker(actor=nora, vendor=cast.northlight.id, user_id=person.id, skills=skills)
    with scope(cast.northlight.id):
        anna = Worker.objects.get(user=cast.anna)
        Skill.objects.filter(worker=anna, task_type="boxes").update(level=3)
        Worker.objects.filter(user=cast.rita).update(active=False)
        Trust.objects.create(
            tenant=cast.northlight, person=cast.amir, skill="links", alpha=1, beta=9,
            gold_count=9, gated=True,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Amir", "Anna", "Rita"]),
        ("?skill=boxes", ["Anna", "Rita"]),
        ("?skill=links", ["Amir", "Anna"]),
        ("?level=2", ["Anna"]),
        ("?skill=links&level=2", []),
        ("?state=paused", ["Amir"]),
        ("?state=resting", ["Rita"]),
        ("?state=open", ["Anna"]),
        ("?skill=boxes&state=open", ["Anna"]),
    ],
)
def test_people_are_narrowed_by_skill_level_and_state(nora, people, query, found):
    assert names(nora, query) == found
    if not found:
        assert "Nobody is like that" in nora.get(PAGE + query).content.decode()


def test_what_cannot_be_read_is_said_and_narrows_nothing(nora, people):
    text = nora.get(f"{PAGE}?level=9").content.decode()
    assert "Select a valid choice." in text
    assert names(nora, "?level=9") == ["Amir", "Anna", "Rita"]


def test_narrowed_people_are_kept_as_a_view(nora, people):
    view = {"page": PAGE, "name": "Paused", "query": "skill=&state=paused"}
    assert nora.post("/account/views", view)["Location"] == f"{PAGE}?state=paused"
    assert f'href="{PAGE}?state=paused">Paused</a>' in nora.get(PAGE).content.decode()


def test_a_vendor_without_people_has_nobody_to_narrow(nora):
    assert 'class="filters"' not in nora.get(PAGE).content.decode()
