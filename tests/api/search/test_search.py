"""People find what they may see, by the beginnings of words, and nothing else; by an index."""

from decimal import Decimal

import pytest

from core.access.models import Membership
from core.search.finding import by_words, read_query
from core.search.models import SearchWord
from core.tenancy.scope import scope
from tenants.intake.models import Batch, Clip
from tenants.projects.models import Project
from tests.api.search.things import make_clip, make_project


def found(client, q, organization="harbour"):
    answer = client.get(f"/api/v1/t/{organization}/search", {"q": q})
    assert answer.status_code == 200
    return [(row["kind"], row["title"]) for row in answer.json()["results"]]


@pytest.fixture
def north(cast):
    return make_project(cast.harbour, "Quay north")


def test_a_clip_is_found_by_the_beginning_of_any_word_of_its_name(cast, clara, north):
    clip = make_clip(north, "Gate-7_Übersicht 2026-11-02.mp4")

    for q in ("gate", "GATE 7", "über", "2026 gat", "mp4"):
        assert ("Footage", clip.filename) in found(clara, q), q
    for q in ("ate", "gate 8", "bersicht", "%", "_", ""):
        assert ("Footage", clip.filename) not in found(clara, q), q


def test_a_name_that_changed_is_found_by_the_new_one_only_and_an_erased_one_by_none(
    cast, clara, north
):
    clip = make_clip(north, "lobby.mp4")
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(filename="stairs.mp4")
    assert found(clara, "lobby") == []
    assert found(clara, "stairs") == [("Footage", "stairs.mp4")]
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(filename="")
        assert not SearchWord.objects.filter(object_id=clip.id).exists()


def test_things_are_found_by_the_beginning_of_their_id(cast, clara, north):
    clip = make_clip(north, "lobby.mp4")
    assert found(clara, str(clip.id)) == [("Footage", "lobby.mp4")]
    assert ("Footage", "lobby.mp4") in found(clara, str(clip.id)[:8])
    assert found(clara, str(clip.id)[:4]) == []


def test_nobody_finds_what_is_another_organization_s(cast, api, north):
    make_clip(north, "secret lobby.mp4")
    other = make_project(cast.museum, "Secret hall")
    make_clip(other, "secret vault.mp4")

    mila = api(cast.mila)
    assert found(mila, "secret", "museum") == [
        ("Projects", "Secret hall"), ("Footage", "secret vault.mp4"),
    ]  # fmt: skip
    assert mila.get("/api/v1/t/harbour/search", {"q": "secret"}).status_code == 404
    html = mila.get("/search", {"q": "secret", "t": "harbour"}).content.decode()
    assert "secret vault.mp4" in html
    assert "lobby" not in html
    # Whose permissions end before a kind of thing finds none of it.
    assert "secret" not in api(cast.nora).get("/search", {"q": "secret"}).content.decode().replace(
        'value="secret"', ""
    )
    for worker in (cast.anna, cast.rita):
        answer = api(worker).get("/search", {"q": "secret", "t": "harbour"})
        assert "mp4" not in answer.content.decode()


def test_what_a_role_may_not_open_it_does_not_find(cast, api, clara, olga):
    assert ("Pages", "Invoices") in found(clara, "inv")
    assert found(api(cast.vera), "inv") == []
    assert ("Members", "Umar") in found(clara, "um")
    assert found(api(cast.vera), "um") == []
    html = olga.get("/search", {"q": "harb"}).content.decode()
    assert f"/operator/organizations/{cast.harbour.id}" in html
    assert "operator" not in clara.get("/search", {"q": "harb"}).content.decode()


def test_batches_releases_invoices_and_people_are_found(cast, api, clara, nora, north):
    from billing.invoicing.models import Invoice
    from tests.api.search.things import make_invoice
    from workforce.delivery.models import Release
    from workforce.people.services import add_worker

    with scope(cast.harbour.id):
        Batch.objects.create(tenant=cast.harbour, project=north, name="Week 48")
        for number in (1, 2, 3):
            Release.objects.create(
                tenant=cast.harbour, project=north, number=number, formats=[], clips=[]
            )
    make_invoice(cast.harbour, "harbour-2026-0042", Decimal("12.50"))
    with scope(cast.harbour.id):
        assert Invoice.objects.count() == 1

    assert ("Batches", "Week 48") in found(clara, "week")
    assert found(clara, "quay 3") == [("Releases", "Version 3 of Quay north")]
    assert found(clara, "v2") == [("Releases", "Version 2 of Quay north")]
    assert found(clara, "0042") == [("Invoices", "harbour-2026-0042")]
    add_worker(actor=_manager(cast), vendor=cast.northlight.id, user_id=cast.anna.id)
    assert ("People", "Anna") in found(nora, "ann", "northlight")


def _manager(cast):
    from core.access.actors import Actor

    return Actor.person(cast.nora)


def test_the_page_says_what_was_found_and_what_was_not(cast, clara, north):
    make_clip(north, "<script>alert(1)</script>.mp4")
    html = clara.get("/search", {"q": "script", "t": "harbour"}).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.mp4" in html
    assert "Nothing found" in clara.get("/search", {"q": "zzz"}).content.decode()
    assert "What do you look for?" in clara.get("/search").content.decode()
    fragment = clara.get("/search?fragment&q=script&t=harbour").content.decode()
    assert "<html" not in fragment
    assert "hits__i" in fragment


def test_who_left_finds_nothing(cast, clara, north):
    make_clip(north, "lobby.mp4")
    Membership.objects.filter(user=cast.clara).delete()
    assert "lobby.mp4" not in clara.get("/search", {"q": "lobby", "t": "harbour"}).content.decode()


@pytest.mark.parametrize("text", ["\x00", "a" * 5000, "' or 1=1 --", "\\", "{}", "…", "ſ"])
def test_any_text_is_answered(cast, clara, text):
    assert clara.get("/search", {"q": text.replace("\x00", " ")}).status_code == 200
    read_query(text)


def test_words_are_found_by_the_index_under_row_level_security(cast):
    """LIKE would read every row of the table here, because it is not leakproof."""
    with scope(cast.harbour.id):
        SearchWord.objects.bulk_create(
            SearchWord(tenant=cast.harbour, word=f"{n:05}", kind="clip", object_id=cast.harbour.id)
            for n in range(20_000)
        )
        plan = by_words("clip", ("0004",)).explain()
    assert "search_by_word" in plan, plan
    assert "Index Cond" in plan
    condition = plan.partition("Index Cond")[2].partition("\n")[0]
    assert "word" in condition, plan


def test_projects_are_written_into_the_index_by_whatever_writes_them(cast):
    with scope(cast.harbour.id):
        Project.objects.bulk_create([Project(tenant=cast.harbour, slug="bulk", name="Bulk made")])
        assert set(SearchWord.objects.values_list("word", flat=True)) >= {"bulk", "made"}
