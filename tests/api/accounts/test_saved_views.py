"""Filters of a page that a person keeps under a name: their own, of that page alone."""

import pytest
from django.test import Client

from core.accounts.models import SavedView
from core.accounts.saved_views import MOST
from tests.cast import sign_in

PAGE = "/t/harbour/clips"


@pytest.fixture
def clara(cast):
    client = Client()
    sign_in(client, cast.clara)
    return client


def save(client, name="Refused ones", query="state=refused", page=PAGE):
    return client.post("/account/views", {"page": page, "name": name, "query": query})


def shown(client, page=PAGE) -> list[str]:
    text = client.get(page).content.decode()
    return [view.name for view in SavedView.objects.all() if f">{view.name}</a>" in text]


def test_a_view_is_saved_and_leads_to_the_same_filters(clara):
    assert "Keep these filters" not in clara.get(PAGE).content.decode()
    assert "Keep these filters" in clara.get(f"{PAGE}?state=refused").content.decode()
    assert save(clara)["Location"] == f"{PAGE}?state=refused"
    assert shown(clara) == ["Refused ones"]
    assert "Keep these filters" not in clara.get(f"{PAGE}?state=refused").content.decode()


def test_where_one_is_in_the_list_and_empty_fields_are_no_part_of_it(clara):
    save(clara, query="q=&state=refused&camera=&page=3&order=name")
    assert SavedView.objects.get().query == "state=refused&order=name"


def test_the_same_name_is_replaced(clara):
    save(clara)
    save(clara, name=" Refused  ones ", query="state=erased")
    assert SavedView.objects.get().query == "state=erased"


def test_a_view_is_of_one_page_and_one_person(clara, cast):
    save(clara)
    assert shown(clara, "/t/harbour/releases") == []
    vera = Client()
    sign_in(vera, cast.vera)
    assert shown(vera) == []
    mine = SavedView.objects.get()
    assert vera.post(f"/account/views/{mine.id}/remove").status_code == 404
    assert shown(clara) == ["Refused ones"]


def test_a_view_is_removed_and_comes_back_by_undo(clara):
    save(clara)
    gone = clara.post(f"/account/views/{SavedView.objects.get().id}/remove")
    assert gone["Location"] == PAGE
    toast = clara.get(PAGE).content.decode()
    assert "Refused ones is removed." in toast
    assert 'value="state=refused"' in toast
    assert shown(clara) == []
    save(clara)
    assert shown(clara) == ["Refused ones"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"name": "n" * 61}, {"query": ""}, {"query": "page=2"},
     {"page": "//x.example/"}, {"page": "https://x.example/"}, {"query": "q=" + "x" * 1000}],
    ids=["no name", "long name", "no filter", "only a page", "another host", "a url", "long"],
)  # fmt: skip
def test_what_is_no_view_is_refused(clara, wrong):
    answer = save(clara, **wrong)
    assert answer.status_code == 302
    assert not answer["Location"].startswith(("//", "http"))
    assert not SavedView.objects.exists()


def test_of_one_page_so_many_are_kept(clara):
    for number in range(MOST + 1):
        save(clara, name=f"View {number}")
    assert SavedView.objects.count() == MOST
    assert save(clara, page="/operator/jobs")["Location"].startswith("/operator/jobs?")
