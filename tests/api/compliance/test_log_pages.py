"""The log's pages as documents: what the filters select, what a read leaves behind."""

import json
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.sequencer import sequence_once
from core.tenancy.scope import scope
from tenants.compliance import counting
from tenants.compliance.entries import frames_of
from tenants.compliance.proof_path import proof_path
from tenants.intake.models import Batch, Clip
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
    assert facet(page, "action") == [("footage.frames.serve", 2, True)]
    assert facet(page, "role") == [
        (role, 2 if role == "annotator" else 0, False)
        for role in ("annotator", "auditor", "client_admin", "client_uploader", "client_viewer",
                     "operator", "reviewer", "vendor_manager")
    ]  # fmt: skip
    assert {token.name for token in page.context["tokens"]} == {"action", "who", "what"}
    everything = log(arthur, "?action=upload.finish&action=footage.frames.serve")
    assert len(everything.context["rows"]) == 5


def test_where_not_all_is_counted_the_numbers_say_so(cast, arthur, monkeypatch):
    anna = Actor.person(cast.anna)
    write(cast.harbour, 4)
    write(cast.harbour, 1, action="clip.prepared", actor=anna)
    told = "The numbers count the newest 4 entries; older ones are not in them."
    whole = log(arthur)
    assert "The numbers count the newest" not in whole.content.decode()

    monkeypatch.setattr(counting, "COUNTED", 4)
    text = log(arthur).content.decode()
    assert text.index("<h2>Filters</h2>") < text.index(told) < text.index('class="facet"')
    assert "<b>At least 4 entries</b>, of which the newest 4 are counted" in text
    # One entry is all there is here; the actions beside it are counted without this filter.
    text = log(arthur, "?action=clip.prepared").content.decode()
    assert "<b>1 entry</b>" in text
    assert told in text
    assert told not in log(arthur, f"?actor={cast.anna.id}&action=clip.refused").content.decode()


def facet(page, name):
    """Value, count and whether it is chosen, of one facet."""
    (found,) = [facet for facet in page.context["facets"] if facet.name == name]
    return [(one.value, one.count, one.chosen) for one in (*found.first, *found.more)]


@pytest.fixture
def watched(cast):
    """Anna saw two clips for a task, Rita one for a review; a part of the system wrote thrice."""
    from tenants.projects.services import add_camera, add_site
    from tests.api.labels.floor import make_clip

    clara = Actor.person(cast.clara)
    where = {"actor": clara, "tenant": cast.harbour.id}
    site = add_site(**where, name="North", time_zone="Europe/Brussels")
    camera = add_camera(**where, site_id=site.id, name="Gate 3")
    first, second = make_clip(cast), make_clip(cast)
    with scope(cast.harbour.id):
        Clip.objects.filter(id=first.id).update(camera=camera, filename="gate-3-a.mp4")
        Clip.objects.filter(id=second.id).update(filename="quay-7.mp4")
    for person, clip, purpose in [
        (cast.anna, first, "task"), (cast.anna, second, "task"), (cast.rita, first, "review"),
    ]:  # fmt: skip
        details = {"gops": [[0, 24]], "purpose": purpose}
        write(cast.harbour, 1, action="footage.frames.serve", actor=Actor.person(person),
              subject=("clip", clip.id), details=details)  # fmt: skip
    write(cast.harbour, 3)
    return first.id, second.id, camera.id


SERVED = "action=footage.frames.serve"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (SERVED, ["anna", "anna", "rita"]),
        (f"{SERVED}&why=task", ["anna", "anna"]),
        (f"{SERVED}&not_why=task", ["rita"]),
        (f"{SERVED}&role=reviewer", ["rita"]),
        (f"{SERVED}&not_role=reviewer,client_admin", ["anna", "anna"]),
        (f"{SERVED}&camera={{camera}}", ["anna", "rita"]),
        (f"{SERVED}&not_camera={{camera}}", ["anna"]),
        (f"{SERVED}&not_actor={{anna}}", ["rita"]),
        (f"{SERVED}&not_subject=clip:{{second}}", ["anna", "rita"]),
        ("role=annotator,reviewer", ["anna", "anna", "rita"]),
        ("subject=clip&role=system", ["tests", "tests", "tests"]),
        ("action=upload.finish&not_role=annotator", ["tests", "tests", "tests"]),
        ("action=upload.finish&why=none", ["tests", "tests", "tests"]),
    ],
)
def test_each_filter_selects_and_leaves_out(cast, arthur, watched, query, found):
    _first, second, camera = watched
    page = log(arthur, "?" + query.format(camera=camera, anna=cast.anna.id, second=second))
    people = {str(cast.anna.id): "anna", str(cast.rita.id): "rita"}
    assert sorted(people.get(r.actor_id, r.who) for r in page.context["rows"]) == found


def test_what_a_read_asked_for_is_in_its_own_entry(cast, arthur, watched):
    log(arthur, f"?role=annotator&not_why=task&camera={watched[2]}")
    with scope(cast.harbour.id):
        body = AuditEntry.objects.filter(action="log.read").latest("time").body
    details = json.loads(bytes(body))["details"]
    assert details["role"] == ["annotator"]
    assert details["camera"] == [str(watched[2])]
    assert details["body__purpose__outside"] == ["task"]


def test_a_batch_selects_entries_on_its_clips_by_its_name(cast, arthur, watched):
    first, second, camera = watched
    with scope(cast.harbour.id):
        clip = Clip.objects.get(id=second)
        batch = Batch.objects.create(tenant=cast.harbour, project=clip.project, name="Monday")
        Clip.objects.filter(id=second).update(batch=batch)
    page = log(arthur, f"?{SERVED}&batch={batch.id}")
    assert [row.subject for row in page.context["rows"]] == [f"clip:{second}"]
    assert ("batch", "Monday") in [(one.name, one.value) for one in page.context["tokens"]]
    assert log(arthur, f"?{SERVED}&batch={batch.id}&camera={camera}").context["rows"] == []
    with scope(cast.harbour.id):
        Clip.objects.filter(id=first).update(batch=batch)
    both = log(arthur, f"?{SERVED}&batch={batch.id}&camera={camera}").context["rows"]
    assert {row.subject for row in both} == {f"clip:{first}"}
    assert log(arthur, f"?batch={uuid4()}").context["rows"] == []
    assert log(arthur, "?batch=Monday").status_code == 400


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("footage.frames.serve -purpose:task", "action=footage.frames.serve&not_why=task"),
        ('camera:"Gate 3"', "camera={camera}"),
        ("gate-3", "subject=clip:{first}"),
        ("quay not clip:gate-3-a.mp4", "subject=clip:{second}&not_subject=clip:{first}"),
        ("who:{anna8}", "actor={anna}"),
        ("role:annotator role:reviewer", "role=annotator,reviewer"),
        ("after:2026-11-19", "after=2026-11-19T00:00:00%2B00:00"),
    ],
)
def test_a_typed_line_becomes_the_address(cast, arthur, watched, typed, query):
    first, second, camera = watched
    anna = str(cast.anna.id)
    known = {"first": first, "second": second, "camera": camera, "anna": anna, "anna8": anna[:8]}
    answer = arthur.get("/t/harbour/log", {"q": typed.format(**known)})
    assert answer.status_code == 302
    assert answer["Location"] == f"/t/harbour/log?{query.format(**known)}"


def test_a_typed_batch_is_found_by_its_name_or_id(cast, arthur, watched):
    with scope(cast.harbour.id):
        clip = Clip.objects.get(id=watched[0])
        one, two, _ = [
            Batch.objects.create(tenant=cast.harbour, project=clip.project, name=name)
            for name in ("Night 7", "Twice", "TWICE")
        ]
    for typed, answer in (
        ('batch:"night 7"', f"batch={one.id}"),
        (f"batch:{two.id}", f"batch={two.id}"),
    ):
        assert log(arthur, f"?q={quote(typed)}").headers["Location"].endswith(answer)
    for typed, said in (
        ("batch:Twice", "Several batches are called"),
        ("batch:none", "No batch is called"),
        (f"-batch:{one.id}", "can&#x27;t be excluded"),
    ):
        page = log(arthur, f"?q={quote(typed)}")
        assert page.status_code == 400
        assert said in page.content.decode()


def test_a_typed_line_adds_to_the_filters_in_force(arthur, watched):
    answer = arthur.get(
        "/t/harbour/log", {"q": "role:reviewer", "role": "annotator", "cursor": "x"}
    )
    assert answer["Location"] == "/t/harbour/log?role=annotator,reviewer"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("colour:red", "“colour” is no field of the log: take action, who"),
        ("who:nobody", "“nobody” is no id of an account"),
        ("who:", "“who:” has no value"),
        ("camera:Gate-9", "No camera is called “Gate-9”"),
        ("mp4", "Several clips fit “mp4”: gate-3-a.mp4, quay-7.mp4"),
        ("after:soon", "“soon” is no time"),
        ("-after:2026-11-19", "“after” can&#x27;t be excluded"),
    ],
)
def test_a_line_that_is_no_query_says_which_part_and_stays(arthur, watched, typed, said):
    answer = arthur.get("/t/harbour/log", {"q": typed, "role": "annotator"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert f'value="{typed}"' in page
    assert '<input type="hidden" name="role" value="annotator">' in page


def test_who_saw_a_clip_and_what_a_person_saw(cast, arthur, watched):
    first, _, _ = watched
    seen = log(arthur, f"?{SERVED}&subject=clip:{first}&group=actor").context["top"]
    assert {(line.note, line.count) for line in seen} == {("annotator", 1), ("reviewer", 1)}
    saw = log(arthur, f"?{SERVED}&actor={cast.anna.id}&group=subject").context["top"]
    assert {(line.label, line.count) for line in saw} == {("gate-3-a.mp4", 1), ("quay-7.mp4", 1)}
    (by_camera,) = log(arthur, f"?{SERVED}&group=camera").context["top"]
    assert (by_camera.label, by_camera.count) == ("Gate 3", 2)
    without = log(arthur, f"?{by_camera.without}")
    assert [r.what for r in without.context["rows"]] == ["quay-7.mp4"]


def test_the_picture_counts_what_the_query_selects(cast, arthur, watched):
    page = log(arthur, f"?{SERVED}")
    picture = page.context["picture"]
    assert sum(bar.count for bar in picture.bars) == 3
    assert [name for name, _ in picture.legend] == ["annotators", "reviewers"]
    assert len(log(arthur, f"?{picture.bars[0].query}").context["rows"]) == picture.bars[0].count
    assert log(arthur, "?action=never.happened").context["picture"] is None


def test_a_clip_s_name_is_text_and_no_markup(cast, arthur, watched):
    from tenants.intake.models import Clip

    with scope(cast.harbour.id):
        Clip.objects.update(filename='<b title="x">gate</b>.mp4')
    text = log(arthur, "?action=footage.frames.serve").content.decode()
    assert "&lt;b title=&quot;x&quot;&gt;gate&lt;/b&gt;.mp4" in text
    assert "<b title" not in text


def test_an_erased_clip_reads_as_such(cast, arthur, watched):
    from tenants.intake.models import Clip

    with scope(cast.harbour.id):
        Clip.objects.filter(id=watched[1]).update(filename="")
    page = log(arthur, f"?subject=clip:{watched[1]}")
    assert page.context["rows"][0].what == f"clip {str(watched[1])[:8]}, name erased"


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


def test_the_panel_is_the_entry_without_its_frame(committed_cast):
    (entry,) = write(committed_cast.harbour)
    while sequence_once():
        pass
    panel = signed_in(committed_cast.arthur).get(f"/t/harbour/log/{entry}?panel").content.decode()
    assert "<html" not in panel
    assert "panel-proof" in panel


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
