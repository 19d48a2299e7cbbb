"""The log's pages as documents: what the filters select, what a read leaves behind."""

from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.sequencer import sequence_once
from core.tenancy.scope import scope
from tenants.compliance.entries import frames_of
from tenants.compliance.proof_path import proof_path
from tests.api.compliance.test_log_api import write
from tests.cast import sign_in as sign_in_as


def signed_in(person) -> Client:
    client = Client()
    sign_in_as(client, person)
    return client


@pytest.fixture
def arthur(cast):
    return signed_in(cast.arthur)


def log(client, query=""):
    return client.get(f"/t/harbour/log{query}")


def test_filters_of_the_address_select_rows_and_facets_count_the_rest(cast, arthur):
    clip = uuid4()
    anna = Actor.person(cast.anna)
    write(cast.harbour, 3)
    write(cast.harbour, 2, action="footage.frames.serve", subject=("clip", clip), actor=anna,
          details={"gops": [[0, 24], [25, 49]], "purpose": "task"})  # fmt: skip

    page = log(arthur, f"?action=footage.frames.serve&subject=clip:{clip}&actor={cast.anna.id}")

    rows = page.context["rows"]
    assert [(r.who, r.frames, r.purpose) for r in rows] == [
        (f"Person {str(cast.anna.id)[:8]}", "0\u201349", "task")
    ] * 2
    assert [(f.action, f.count, f.chosen) for f in page.context["facets"]] == [
        ("footage.frames.serve", 2, True)
    ]
    assert [name for name, _, _ in page.context["tokens"]] == ["action", "actor", "subject"]
    everything = log(arthur, "?action=upload.finish&action=footage.frames.serve")
    assert len(everything.context["rows"]) == 5


def test_reading_the_log_is_an_entry_and_a_refused_query_is_none(cast, arthur):
    def reads():
        with scope(cast.harbour.id):
            return AuditEntry.objects.filter(action="log.read").count()

    assert log(arthur).status_code == 200
    assert reads() == 1
    for wrong in ("?actor=anna", "?after=yesterday", "?limit=0", "?subject=:"):
        refused = log(arthur, wrong)
        assert refused.status_code == 400
        assert b"This query does not fit" in refused.content
    assert reads() == 1


def test_an_entry_without_index_waits_and_has_no_page_yet(cast, arthur):
    (entry,) = write(cast.harbour)
    shown = log(arthur).content
    assert b"waits" in shown
    assert str(entry).encode() not in shown
    assert arthur.get(f"/t/harbour/log/{entry}").status_code == 404


def test_names_are_shown_for_a_purpose_only(committed_cast):
    cast = committed_cast
    arthur, clara = signed_in(cast.arthur), signed_in(cast.clara)
    (entry,) = write(cast.harbour, actor=Actor.person(cast.anna))
    while sequence_once():
        pass
    url = f"/t/harbour/log/{entry}"
    assert cast.anna.email.encode() not in arthur.get(url).content
    refused = arthur.post(url, {"purpose": "just looking!"})
    assert refused.status_code == 400
    assert cast.anna.email.encode() not in refused.content
    assert cast.anna.email.encode() in arthur.post(url, {"purpose": "access-review"}).content
    # A client's administrator reads the log, and looks behind nobody.
    assert clara.get(url).status_code == 200
    assert clara.post(url, {"purpose": "access-review"}).status_code == 403


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), max_size=12))
def test_ranges_name_every_frame_once_and_never_touch(pairs):
    groups = [[first, first + length] for first, length in pairs]
    named: list[int] = []
    for part in frames_of({"gops": groups}).replace(",", " ").split():
        first, _, last = part.partition("\u2013")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted({f for first, last in groups for f in range(first, last + 1)})


def test_a_dispute_names_its_frames_with_their_clips(cast, arthur):
    pins = [[str(uuid4()), 3], [str(uuid4()), 1200], [str(uuid4()), 3]]
    write(cast.harbour, 1, action="release.disputed", details={"frames": pins, "tasks": []})
    assert log(arthur, "?action=release.disputed").context["rows"][0].frames == "3, 1,200"


def test_details_without_frames_name_none():
    assert frames_of({"purpose": "watch"}) == ""
    assert frames_of({"frames": [7, 1200]}) == "7, 1,200"


@given(st.data())
def test_the_drawn_path_covers_the_tree_but_for_the_entry_itself(data):
    from core.audit.merkle import inclusion_spans

    size = data.draw(st.integers(1, 5_000))
    index = data.draw(st.integers(0, size - 1))
    path = proof_path(index, size, ["h"] * len(inclusion_spans(index, size)))
    covered = sum(n.last - n.first + 1 for n in path.neighbours)
    assert covered == size - 1
    assert all(n.on_left == (n.last < index) for n in path.neighbours)
